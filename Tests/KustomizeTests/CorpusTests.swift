import Core
import Kustomize
import Testing

@Suite("The corpus")
struct CorpusTests {
    @Test("renders what kustomize 5.8.1 renders, to the byte", arguments: CorpusCase.all)
    func matches(_ sample: CorpusCase) {
        do {
            let result = try Kustomize.build(sample.tree, path: sample.directory == "." ? "" : sample.directory)
            let text = String(decoding: Kustomize.text(of: result), as: UTF8.self)
            if let expected = sample.expected {
                #expect(text == String(decoding: expected, as: UTF8.self))
            } else {
                Issue.record("kustomize fails here, and we print:\n\(text)")
            }
        } catch {
            if sample.expected != nil { Issue.record("kustomize renders this: \(error)") }
            #expect(!error.problem.isEmpty)
        }
    }

    @Test("is there, and large")
    func isThere() {
        #expect(CorpusCase.all.count >= 300)
    }

    @Test("is reused by the cache until something that was read changes")
    func cached() throws {
        let cache = RenderCache()
        for sample in CorpusCase.all where sample.expected != nil {
            let path = sample.directory == "." ? "" : sample.directory
            let before = cache.counters
            let first = try cache.render(sample.tree, path: path)
            let second = try cache.render(sample.tree, path: path)
            #expect(first.manifests == second.manifests, "\(sample.name)")
            #expect(cache.counters.hits >= before.hits + 1, "\(sample.name)")
        }
    }
}
