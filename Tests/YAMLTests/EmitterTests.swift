import Core
import KubernetesModel
import Testing

@testable import YAML

/// The corpus that `Corpus/record` sends through kustomize.
private enum Corpus {
    static let names = ["values", "items", "keys", "deep", "numbers", "order"]

    static func read(_ name: String) throws -> [UInt8]? {
        let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Corpus"
        let tree = DirectoryFileTree(root: folder)
        return try tree.entry(at: name).map { try tree.contents(of: $0) }
    }

    static func input(_ name: String) throws -> YAMLNode {
        let bytes = try #require(try read("\(name).json") ?? read("\(name).in.yaml"))
        return try #require(try YAML.resources(parsing: bytes).first)
    }

    static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

@Suite("Writing YAML as kustomize does")
struct EmitterTests {
    @Test("matches kustomize to the byte", arguments: Corpus.names)
    func corpus(name: String) throws {
        let expected = try #require(try Corpus.read("\(name).expected.yaml"))
        let actual = try YAMLEmitter.bytes(of: Corpus.input(name))
        guard actual != expected else { return }
        for (index, pair) in zip(Corpus.lines(actual), Corpus.lines(expected)).enumerated() where pair.0 != pair.1 {
            Issue.record("\(name) line \(index + 1): \(pair.0.debugDescription), kustomize: \(pair.1.debugDescription)")
            return
        }
        Issue.record("\(name): \(actual.count) bytes, kustomize: \(expected.count)")
    }

    @Test("reads and writes what kustomize reads and writes")
    func reader() throws {
        let cases = try JSONValue(parsing: try #require(try Corpus.read("reader.json"))).arrayValue ?? []
        #expect(cases.count > 200)
        for item in cases {
            let name = item["name"]?.stringValue ?? ""
            let output = try? YAML.resources(parsing: Array((item["input"]?.stringValue ?? "").utf8)).map {
                String(decoding: try YAMLEmitter.bytes(of: $0), as: UTF8.self)
            }.joined(separator: "---\n")
            #expect(output == item["output"]?.stringValue, "\(name)")
        }
    }

    @Test("JSON comes out as the node it was read from", arguments: ["values", "items", "keys", "deep", "order"])
    func json(name: String) throws {
        let node = try Corpus.input(name)
        #expect(try YAMLEmitter.bytes(of: node.json(.goYAML3)) == YAMLEmitter.bytes(of: node))
    }

    @Test("reads back as the same JSON", arguments: Corpus.names)
    func roundTrip(name: String) throws {
        // NEL, LS and PS are line ends to YAML 1.1, which kustomize's output does not survive either.
        guard name == "numbers" || name == "order" else { return }
        let json = try Corpus.input(name).json(.goYAML3)
        let text = YAMLEmitter.bytes(of: json)
        #expect(try YAML.document(parsing: text).json(.yaml11) == json)
    }

    @Test("separates documents")
    func documents() throws {
        var emitter = YAMLEmitter()
        emitter.add(["a": "x\n"])
        emitter.add(["b": 1])
        emitter.add("c")
        #expect(String(decoding: emitter.finish(), as: UTF8.self) == "a: |\n  x\n---\nb: 1\n---\nc\n")
    }

    @Test("keeps the given order if asked")
    func given() throws {
        let node = try YAML.document(parsing: Array("b: 1\na: 2\n".utf8))
        #expect(String(decoding: try YAMLEmitter.bytes(of: node, keyOrder: .given), as: UTF8.self) == "b: 1\na: 2\n")
        #expect(String(decoding: try YAMLEmitter.bytes(of: node), as: UTF8.self) == "a: 2\nb: 1\n")
    }

    @Test(
        "refuses what kustomize refuses",
        arguments: [
            ("a: \"\\x7f\"", .value), ("\"\\x7f\": a", .value),
            ("? " + String(repeating: "k", count: 1023) + "\n: a", .value), ("a: \"\\u0085\"", .value),
            ("a: \"\\uFFFE\"", .value), ("a: .nan", .value),
            ("1: a", .value), ("\"<<\": a", .value), ("true: a", .value), ("a: !!int b", .value),
            ("a: 1\na: 2", .duplicateKey),
        ] as [(String, YAMLError.Code)])
    func refuses(text: String, code: YAMLError.Code) throws {
        let node = try YAML.documents(parsing: Array(text.utf8), duplicateKeys: .keep)[0]
        let error = try #require(throws: YAMLError.self) { try YAMLEmitter.bytes(of: node, file: "f") }
        #expect(error.code == code)
        #expect(error.line != nil)
    }
}
