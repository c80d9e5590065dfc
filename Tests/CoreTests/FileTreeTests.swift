import Testing

@testable import Core

@Suite("File trees")
struct FileTreeTests {
    private func tree() -> MemoryFileTree {
        var tree = MemoryFileTree(["a/b/file": "1", "top": "2"])
        tree.link("a/up", to: "../top")
        tree.link("a/out", to: "../../x")
        tree.link("a/back", to: "../../self/top")
        tree.link("loop", to: "loop")
        tree.link("dir", to: "a/b")
        return tree
    }

    @Test(
        "follows links inside the tree",
        arguments: [("a/up", "2"), ("dir/file", "1"), ("a/b/../../top", "2"), ("./a/./up", "2")])
    func follows(path: String, content: String) throws {
        #expect(try tree().read(path) == Array(content.utf8))
    }

    @Test(
        "refuses to leave the tree",
        arguments: [
            ("a/out", FileTreeError.Code.leavesTree), ("../x", .leavesTree), ("/top", .leavesTree),
            ("a/back", .leavesTree), ("loop", .symlinkLoop),
        ])
    func refuses(path: String, code: FileTreeError.Code) {
        #expect { try tree().read(path) } throws: { ($0 as? FileTreeError)?.code == code }
    }

    @Test("overlays edits and changes identities only where they lie")
    func overlay() throws {
        let base = tree()
        let edited = OverlayFileTree(base, edits: ["a/b/file": Array("9".utf8), "new/x": []])
        #expect(try edited.read("dir/file") == Array("9".utf8))
        #expect(try edited.children(of: "").map(\.path) == ["a", "dir", "loop", "new", "top"])
        #expect(try edited.entry(at: "a")?.id != base.entry(at: "a")?.id)
        #expect(try edited.entry(at: "top") == base.entry(at: "top"))
    }
}

@Suite("Globs")
struct GlobTests {
    @Test(
        "match whole names",
        arguments: [
            ("*", "", true), ("prod-*", "prod-x", true), ("prod-*", "xprod-x", false), ("a?c", "abc", true),
            ("*a*b", "xaxb", true), ("*a*b", "xaxbc", false), ("", "", true),
        ])
    func matching(pattern: String, text: String, expected: Bool) {
        #expect(Glob(pattern).matches(text) == expected)
    }

    @Test("lists decide by their last match")
    func lists() {
        let list = GlobList(["prod-*", "!prod-db"])
        #expect(list.matches("prod-web"))
        #expect(!list.matches("prod-db"))
        #expect(!GlobList([]).matches("x"))
    }
}

@Suite("Bounded text")
struct BoundedTextTests {
    @Test("never cuts a character apart", arguments: 0...12)
    func cuts(limit: Int) {
        let text = "añb👩‍👩‍👧c".bounded(to: limit)
        #expect(text.utf8.count <= max(limit, 3))
        #expect("añb👩‍👩‍👧c".hasPrefix(text.hasSuffix("…") ? String(text.dropLast()) : text))
    }

    @Test("in memory has identities that follow its content alone")
    func memoryIdentities() {
        var one = MemoryFileTree(["a/b/file": "1", "a/other": "2", "top": "3"])
        var two = MemoryFileTree()
        for (path, text) in [("top", "old"), ("a/other", "2"), ("a/b/file", "1"), ("top", "3")] {
            two[path] = Array(text.utf8)
        }
        #expect(one.entry(at: "")?.id == two.entry(at: "")?.id)
        let before = one.entry(at: "a")?.id
        one["a/b/file"] = Array("changed".utf8)
        #expect(one.entry(at: "a")?.id != before)
        #expect(one.entry(at: "")?.id != two.entry(at: "")?.id)
        one["a/b/file"] = Array("1".utf8)
        #expect(one.entry(at: "a")?.id == before)
        two["a/new"] = []
        #expect(two.entry(at: "a")?.id != before)
        two["a/new"] = nil
        #expect(two.entry(at: "a")?.id == before)
    }
}
