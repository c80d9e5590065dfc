import KubernetesModel
import Testing

@testable import YAML

/// A random kustomization in flow style or JSON, in which some entries set the same image.
private struct RandomFlow {
    /// What stands around the tags: one piece more than there are tags.
    private(set) var pieces = [""]

    init(_ random: inout SplitMix, json: Bool) {
        let lineEnd = random.pick(["\n", "\r\n"])
        func gap(_ random: inout SplitMix) -> String {
            random.pick(["", "", " ", "  ", lineEnd, lineEnd + "    ", lineEnd + "  \t"])
        }
        func text(_ value: String, _ random: inout SplitMix) -> String {
            json ? "\"\(value)\"" : random.pick(["\"\(value)\"", "'\(value)'", value])
        }
        /// `key: value`, the value left out for a tag that is to be set.
        func add(_ key: String, _ value: String?, _ random: inout SplitMix) {
            // A plain key needs a space behind its colon.
            let name = json ? "\"\(key)\"" : random.pick(["\"\(key)\"", key])
            pieces[pieces.count - 1] += name + gap(&random).filter { $0 == " " } + ":" + random.pick([" ", "  "])
            guard let value else {
                let quote = json ? "\"" : random.pick(["\"", "'", ""])
                pieces[pieces.count - 1] += quote
                pieces.append(quote)
                return
            }
            pieces[pieces.count - 1] += text(value, &random)
        }
        func punctuate(_ mark: String, _ random: inout SplitMix) {
            pieces[pieces.count - 1] += gap(&random) + mark + gap(&random)
        }
        if !json { pieces[0] = random.pick(["", "# a comment: {\(lineEnd)", "---\(lineEnd)"]) }
        pieces[0] += "{" + gap(&random)
        add("kind", "Kustomization", &random)
        punctuate(",", &random)
        pieces[pieces.count - 1] += (json ? "\"images\"" : "images") + ": ["
        let entries = Int.random(in: 1...5, using: &random)
        let chosen = Int.random(in: 0..<entries, using: &random)
        for index in 0..<entries {
            if index > 0 { punctuate(",", &random) }
            let isTarget = index == chosen || random.pick([true, false, false])
            pieces[pieces.count - 1] += gap(&random) + "{" + gap(&random)
            var fields: [(String, String?)] = [("name", isTarget ? "target" : "other\(index)")]
            if random.pick([true, false]) { fields.append(("newName", "registry/é\(index)")) }
            if !isTarget, random.pick([true, false]) { fields.append(("digest", "sha256:0\(index)")) }
            fields.insert(
                ("newTag", isTarget ? nil : "v\(index)"), at: Int.random(in: 0...fields.count, using: &random))
            for (offset, field) in fields.enumerated() {
                if offset > 0 { punctuate(",", &random) }
                add(field.0, field.1, &random)
            }
            pieces[pieces.count - 1] += gap(&random) + "}"
        }
        pieces[pieces.count - 1] += gap(&random) + "]"
        if random.pick([true, false]) {
            punctuate(",", &random)
            add("namespace", "x", &random)
        }
        pieces[pieces.count - 1] += gap(&random) + "}" + random.pick(["", lineEnd])
    }

    func text(_ tag: String) -> String { pieces.joined(separator: tag) }
}

/// A random file in block style in which the target stands several times, beside a name, an anchor or a digest.
private struct RandomDuplicates {
    private(set) var pieces = [""]

    init(_ random: inout SplitMix) {
        let lineEnd = random.pick(["\n", "\r\n"])
        let indent = random.pick(["", "  "])
        pieces[0] = "x-note: &note text\t# a tab\(lineEnd)images:\(lineEnd)"
        let entries = Int.random(in: 2...5, using: &random)
        for index in 0..<entries {
            let isTarget = index < 2 || random.pick([true, false])
            var lines = ["name: \(isTarget ? "target" : "other")"]
            if random.pick([true, false]) { lines.append("newName: registry/\(index) # \t\u{1F600}") }
            if !isTarget { lines.append("digest: sha256:0\(index)") }
            if random.pick([true, false]) { lines.append("# between") }
            for (offset, line) in lines.enumerated() {
                pieces[pieces.count - 1] += "\(indent)\(offset == 0 ? "- " : "  ")\(line)\(lineEnd)"
            }
            guard isTarget else { continue }
            pieces[pieces.count - 1] += "\(indent)  newTag: "
            pieces.append(random.pick(["", " # why", "\t# tab"]) + lineEnd)
        }
        pieces[pieces.count - 1] += random.pick(["", "note: *note", "note: *note\(lineEnd)", "\(lineEnd)\(lineEnd)"])
    }

    func text(_ tag: String) -> String { pieces.joined(separator: tag) }
}

@Suite("Edits of unusual files leave the rest alone")
struct FlowEditPropertyTests {
    private func check(_ before: String, _ after: String, _ tag: String) throws {
        let edited = try KustomizationEdit.setImages(in: Array(before.utf8), [ImageEdit(name: "target", newTag: tag)])
        #expect(String(decoding: edited, as: UTF8.self) == after)
        let read = try KustomizationEdit.images(in: edited).filter { $0.name == "target" }
        #expect(!read.isEmpty && read.allSatisfy { $0.newTag == tag })
    }

    @Test("JSON: every byte outside the tags stays", arguments: 0..<300)
    func json(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 30_000)
        let file = RandomFlow(&random, json: true)
        try check(file.text("old"), file.text("v1.2.3-rc.1"), "v1.2.3-rc.1")
    }

    @Test("flow style: every byte outside the tags stays", arguments: 0..<300)
    func flow(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 40_000)
        let file = RandomFlow(&random, json: false)
        try check(file.text("old"), file.text("sha-0f"), "sha-0f")
    }

    @Test("several entries of one image are all set, and nothing else", arguments: 0..<300)
    func duplicates(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 50_000)
        let file = RandomDuplicates(&random)
        try check(file.text("old"), file.text("v2"), "v2")
    }
}
