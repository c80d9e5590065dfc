import Core
import Testing

@testable import Git

@Suite struct HistoryTests {
    @Test func `history lists newest first and stops where it is told`() async throws {
        let fixture = try GitFixture()
        var commits: [String] = []
        for index in 0..<5 {
            commits.append(
                try fixture.commit(["f\(index % 2)": "\(index)"], "c\(index)", environment: dated(index)))
        }
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        #expect(try await mirror.history(from: tip).map(\.id.hex) == commits.reversed())
        #expect(try await mirror.history(from: tip, limit: 2).map(\.subject) == ["c4", "c3"])
        let end = try #require(CommitID(hex: commits[1]))
        #expect(try await mirror.history(from: tip, until: end).map(\.subject) == ["c4", "c3", "c2"])
        #expect(try await mirror.history(from: tip, path: "f1").map(\.subject) == ["c3", "c1"])
        #expect(try await mirror.isAncestor(end, of: tip))
        #expect(try await !mirror.isAncestor(tip, of: end))
    }

    @Test func `a file's history follows the side of a merge that made the content`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["f": "1", "g": "1"], "first", environment: dated(0))
        try fixture.git("checkout", "-q", "-b", "side")
        try fixture.commit(["f": "2"], "on the side", environment: dated(1))
        try fixture.git("checkout", "-q", "main")
        try fixture.commit(["g": "2"], "on main", environment: dated(2))
        try fixture.git("merge", "-q", "--no-ff", "-m", "merge", "side", environment: dated(3))
        try fixture.git("rm", "-q", "f")
        try fixture.commit([:], "remove", environment: dated(4))
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        let changes = try await mirror.fileHistory("f", from: tip)
        #expect(changes.map(\.commit.subject) == ["remove", "on the side", "first"])
        #expect(changes[0].content == nil)
        let content = try #require(changes[1].content)
        #expect(try await mirror.contents(of: content) == Array("2".utf8))
        let expected = try fixture.git("log", "--format=%s", "--", "f").split(separator: "\n").map(String.init)
        #expect(changes.map(\.commit.subject) == expected)
    }

    @Test func `a merge with content of its own counts itself`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["f": "1"], "first", environment: dated(0))
        try fixture.git("checkout", "-q", "-b", "side")
        try fixture.commit(["f": "2"], "side", environment: dated(1))
        try fixture.git("checkout", "-q", "main")
        try fixture.commit(["f": "3"], "main", environment: dated(2))
        _ = try? fixture.git("merge", "-q", "side")
        try fixture.commit(["f": "4"], "merge", environment: dated(3))
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        #expect(
            try await mirror.fileHistory("f", from: tip).map(\.commit.subject) == ["merge", "main", "side", "first"])
    }

    @Test func `a commit is found by its trailers within its bounds`() async throws {
        let fixture = try GitFixture()
        let first = try fixture.commit(["a": "1"], "one\n\nPromotion: shop/p1\nPromotion-Attempt: 1")
        try fixture.commit(["a": "2"], "two\n\nPromotion: shop/p1 in the text\n\nand more text")
        try fixture.commit(["a": "3"], "three\n\nPromotion: shop/p10\nPromotion-Attempt: 1")
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        let wanted = ["Promotion": "shop/p1", "Promotion-Attempt": "1"]
        #expect(try await mirror.findCommit(from: tip, trailers: wanted)?.id.hex == first)
        let end = try #require(CommitID(hex: first))
        #expect(try await mirror.findCommit(from: tip, backTo: end, trailers: wanted) == nil)
        #expect(try await mirror.findCommit(from: tip, limit: 2, trailers: wanted) == nil)
    }
}

/// A commit time that grows with `index`.
func dated(_ index: Int) -> [String: String] {
    let date = "\(1_600_000_000 + index * 60) +0000"
    return ["GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date]
}
