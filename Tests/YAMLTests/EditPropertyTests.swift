import KubernetesModel
import Testing

@testable import YAML

/// A random kustomization file of which every byte is known, with the place of one tag.
private struct RandomFile {
    var before = ""
    var after = ""
    var quote = ""

    init(_ random: inout SplitMix) {
        let lineEnd = random.pick(["\n", "\n", "\r\n"])
        let indent = random.pick(["", "  ", "    "])
        let gap = random.pick([" ", "  ", "   "])
        quote = random.pick(["", "", "'", "\""])
        var head: [String] = []
        func noise(_ random: inout SplitMix, _ lines: inout [String]) {
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                lines.append(random.pick(["", "# comment: [é] '\"", "  # indented\t😀", "#", "   "]))
            }
        }
        noise(&random, &head)
        if random.pick([true, false]) { head.append("resources: [a, 'b', \"ü\"] # x") }
        noise(&random, &head)
        head.append("images:" + random.pick(["", " ", " # list"]))
        let entries = Int.random(in: 1...4, using: &random)
        let chosen = Int.random(in: 0..<entries, using: &random)
        var tail: [String] = []
        var prefix = ""
        var suffix = ""
        for index in 0..<entries {
            var lines: [String] = []
            noise(&random, &lines)
            let name = index == chosen ? "target" : "other\(index)"
            var fields = ["name: \(name)" + random.pick(["", " # n"])]
            if random.pick([true, false]) { fields.append("newName: r/\(name)") }
            let place = Int.random(in: 0...fields.count, using: &random)
            let comment = random.pick(["", " # é", "\t# tab", "  "])
            if index == chosen { suffix = comment }
            fields.insert("newTag: " + (index == chosen ? "" : "v0" + comment), at: place)
            for (offset, field) in fields.enumerated() {
                if offset > 0 { noise(&random, &lines) }
                let lead = offset == 0 ? indent + "-" + gap : indent + " " + gap.map { _ in " " }
                if index == chosen, offset == place {
                    prefix = (head + tail + lines).map { $0 + lineEnd }.joined() + lead + field
                    tail = []
                    head = []
                    lines = []
                } else {
                    lines.append(lead + field)
                }
            }
            tail += lines
        }
        noise(&random, &tail)
        if random.pick([true, false]) { tail.append("namespace: x") }
        var rest = tail.map { lineEnd + $0 }.joined()
        if random.pick([true, true, false]) { rest += lineEnd }
        before = prefix
        after = suffix + rest
    }

    func text(_ tag: String) -> String { before + quote + tag + quote + after }
}

@Suite("Edits leave the rest alone")
struct EditPropertyTests {
    @Test("every byte outside the tag stays", arguments: 0..<400)
    func tagOnly(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let file = RandomFile(&random)
        let tag = random.pick(["v1", "v1.2.3-rc.1", "sha-0f", "release_7"])
        let edited = try KustomizationEdit.setImages(
            in: Array(file.text("old").utf8), [ImageEdit(name: "target", newTag: tag)])
        #expect(String(decoding: edited, as: UTF8.self) == file.text(tag))
        let read = try KustomizationEdit.images(in: edited)
        #expect(read.filter { $0.name == "target" }.map(\.newTag) == [tag])
    }

    @Test("an added entry only inserts, and setting it again does nothing", arguments: 0..<200)
    func insertOnly(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 10_000)
        let text = Array(RandomFile(&random).text("old").utf8)
        let edit = ImageEdit(name: "absent", newTag: random.pick(["v1", "1.0", "on"]))
        let edited = try KustomizationEdit.setImages(in: text, [edit])
        var rest = edited[...]
        let prefix = zip(text, edited).prefix { $0 == $1 }.count
        rest = rest.dropFirst(prefix)
        #expect(Array(rest.suffix(text.count - prefix)) == Array(text[prefix...]))
        #expect(try KustomizationEdit.images(in: edited).last?.newTag == edit.newTag)
        #expect(try KustomizationEdit.setImages(in: edited, [edit]) == edited)
    }

    @Test("digest and tag take turns and come back to where they began", arguments: 0..<200)
    func turns(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 20_000)
        let file = RandomFile(&random)
        let text = Array(file.text("old").utf8)
        let digest = try KustomizationEdit.setImages(in: text, [ImageEdit(name: "target", digest: "sha256:00")])
        #expect(digest != text)
        let back = try KustomizationEdit.setImages(in: digest, [ImageEdit(name: "target", newTag: "old")])
        #expect(back == text)
    }
}
