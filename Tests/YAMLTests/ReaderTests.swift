import KubernetesModel
import Testing

@testable import YAML

private func json(_ text: String, _ duplicates: YAMLDuplicateKeys = .error) throws -> [JSONValue] {
    try YAML.documents(parsing: Array(text.utf8), duplicateKeys: duplicates).map { try $0.json(.goYAML3) }
}

@Suite("Reading YAML")
struct ReaderTests {
    @Test(
        "reads documents",
        arguments: [
            ("", []), ("# only a comment\n", []), ("---\n", [.null]), ("a: 1", [["a": 1]]),
            ("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n  y\r\n", [["a": 1, "b": "x\ny\n"]]),
            ("a: 1\n---\nb: 2\n...\n---\n- c\n", [["a": 1], ["b": 2], ["c"]]),
            ("{\"a\": [1, \"x\", null, true, -0.5]}", [["a": [1, "x", .null, true, -0.5]]]),
            ("a: &x {b: 1}\nc: *x\nd: [*x]", [["a": ["b": 1], "c": ["b": 1], "d": [["b": 1]]]]),
            ("- &a\n- *a", [[.null, .null]]),
        ] as [(String, [JSONValue])])
    func documents(text: String, expected: [JSONValue]) throws {
        #expect(try json(text) == expected)
    }

    @Test(
        "merges as go-yaml does: own keys first, then the earlier mapping",
        arguments: [
            ("x: &x {a: 1, b: 1}\ny:\n  <<: *x\n  b: 2\n  c: 2", ["a": 1, "b": 2, "c": 2]),
            ("p: &p {a: 1}\nq: &q {a: 2, b: 2}\ny:\n  <<: [*p, *q]", ["a": 1, "b": 2]),
            ("p: &p {a: 1}\nq: &q {<<: *p, b: 2}\ny: {<<: *q}", ["a": 1, "b": 2]),
            ("y: {\"<<\": 1}", ["<<": 1]),
        ] as [(String, JSONValue)])
    func merges(text: String, expected: JSONValue) throws {
        #expect(try json(text)[0]["y"] == expected)
    }

    @Test(
        "names the place and a remedy, never the text",
        arguments: [
            ("a: 1\n\tsecret: 2", .syntax, 2), ("a: secret: x", .syntax, 1), ("a: \"secret", .syntax, 1),
            ("a: 1\nb: 2\na: secret", .duplicateKey, 3), ("a: *secret", .alias, 1), ("a: &x [*x]", .alias, 1),
            ("? [secret]\n: 1", .value, 1), ("a: 1\n<<: secret", .alias, 2), ("a: \u{1}secret", .syntax, 1),
            ("a: 1\nb: !!int secret", .value, 2), ("a:\n  1: secret", .value, 2), ("a: .inf", .value, 1),
        ] as [(String, YAMLError.Code, Int)])
    func faults(text: String, code: YAMLError.Code, line: Int) throws {
        let error = try #require(throws: YAMLError.self) { try json(text) }
        #expect(error.code == code)
        #expect(error.line == line)
        #expect(!error.inFile("f.yaml").message.contains("secret"))
        #expect(error.inFile("f.yaml").message.hasPrefix("f.yaml:\(line):"))
    }

    @Test("invalid UTF-8 is an error")
    func invalidUTF8() {
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: [0x61, 0x3A, 0x20, 0xFF, 0x0A]) }
    }

    @Test("repeated keys: error, last wins, or both")
    func duplicates() throws {
        let text = "a: 1\nb: 2\na: 3"
        #expect(throws: YAMLError.self) { try json(text) }
        #expect(try json(text, .lastWins) == [["a": 3, "b": 2]])
        let kept = try YAML.documents(parsing: Array(text.utf8), duplicateKeys: .keep)[0]
        #expect(kept.mapping?.entries.map(\.key.text) == ["a", "b", "a"])
    }

    @Test("repeated keys are noticed in long mappings as well")
    func longDuplicates() throws {
        let lines = (0..<100).map { "k\($0): \($0)\n" }.joined()
        #expect(try json(lines)[0].objectValue?.count == 100)
        let error = try #require(throws: YAMLError.self) { try json(lines + "k50: x\n") }
        #expect(error.line == 101)
        #expect(error.problem.contains("first on line 51"))
        #expect(try json(lines + "k50: x\n", .lastWins)[0]["k50"] == "x")
    }

    @Test("a bomb of aliases stops at the budget")
    func bomb() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<60 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "]\n"
        }
        let error = try #require(throws: YAMLError.self) { try YAML.documents(parsing: Array(text.utf8)) }
        #expect(error.code == .limit)
    }

    @Test("a bomb of merge keys stops at the budget")
    func mergeBomb() throws {
        var limits = YAMLLimits()
        limits.aliasedNodes = 1000
        var text = "base: &b {" + (0..<100).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
        for index in 0..<20 { text += "m\(index): {<<: *b}\n" }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: Array(text.utf8), limits: limits) }
    }

    @Test("aliases do not dodge the limit of depth")
    func deepAliases() throws {
        var limits = YAMLLimits()
        limits.depth = 20
        var text = "a0: &a0 [x]\n"
        for level in 1..<30 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let error = try #require(throws: YAMLError.self) {
            try YAML.documents(parsing: Array(text.utf8), limits: limits)
        }
        #expect(error.code == .limit)
    }

    @Test(
        "each limit holds",
        arguments: [
            ("bytes", "a: 12345678"), ("depth", "[[[[1]]]]"), ("documents", "1\n---\n2\n---\n3"),
            ("nodes", "[1, 2, 3, 4]"), ("scalar", "a: 12345"), ("default", String(repeating: "[", count: 5000)),
            ("default", String(repeating: "- ", count: 5000)),
        ])
    func limits(name: String, text: String) throws {
        var limits = YAMLLimits()
        switch name {
        case "bytes": limits.bytes = 10
        case "depth": limits.depth = 3
        case "documents": limits.documents = 2
        case "nodes": limits.nodes = 4
        case "scalar": limits.scalar = 4
        default: break
        }
        let error = try #require(throws: YAMLError.self) {
            try YAML.documents(parsing: Array(text.utf8), limits: limits)
        }
        #expect(error.code == .limit)
    }
}

@Suite("Chunks of resource files")
struct ChunkTests {
    @Test(
        "splits as kustomize does",
        arguments: [
            ("", []), ("a\n", ["a\n"]), ("---\na\n---\nb", ["---\na\n", "b"]),
            ("a\n--- # c\nb\n", ["a\n", "b\n"]), ("a\n---\n---\nb\n", ["a\n", "---\nb\n"]),
            ("a\r\n---\r\nb\r\n", ["a\r\n", "b\r\n"]), ("a\n---", ["a\n---"]),
        ] as [(String, [String])])
    func chunks(text: String, expected: [String]) throws {
        #expect(try YAML.chunks(of: Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) } == expected)
    }

    @Test("text after a separator is an error", arguments: ["a: 1\n--- b\nc: 1\n", "a: 1\n----\nc: 1\n"])
    func trailing(text: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.chunks(of: Array(text.utf8), file: "f") }
        #expect(error.line == 2)
    }

    @Test("reads the first document of each chunk and keeps the file's lines")
    func resources() throws {
        let text = "a: 1\n---\n---\n# nothing\n---\nb: 1\n...\nlost: 1\n---\n\nc: 1\nc: 2\n"
        let nodes = try YAML.resources(parsing: Array(text.utf8), duplicateKeys: .keep)
        #expect(nodes.map { $0.mapping?.entries.first?.key.text } == ["a", "b", "c"])
        #expect(nodes.map { $0.mark?.line } == [1, 6, 11])
        let error = try #require(throws: YAMLError.self) { try YAML.resources(parsing: Array(text.utf8)) }
        #expect(error.line == 12)
    }

    @Test("anchors do not cross chunks")
    func anchors() {
        #expect(throws: YAMLError.self) { try YAML.resources(parsing: Array("a: &x 1\n---\nb: *x\n".utf8)) }
    }
}
