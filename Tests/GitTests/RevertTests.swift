import Core
import Testing

@testable import Git

@Suite struct RevertTests {
    private func read(_ mirror: GitRepository, _ commit: CommitID, _ paths: [String]) async throws -> [String?] {
        try await mirror.withTree(of: commit) { tree in
            try paths.map { path in
                try tree.entry(at: path).map { String(decoding: try tree.contents(of: $0), as: UTF8.self) }
            }
        }
    }

    private func lines(_ changed: [Int: String] = [:]) -> String {
        (0..<20).map { (changed[$0] ?? "line \($0)") + "\n" }.joined()
    }

    @Test func `a commit below others is undone and theirs survive`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": lines(), "b": "1"])
        let bad = try #require(CommitID(hex: try fixture.commit(["a": lines([2: "bad"]), "new": "n"])))
        try fixture.commit(["a": lines([2: "bad", 15: "human"]), "b": "2"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        let outcome = try await mirror.revert([bad], onto: tip, message: "Revert", author: author)
        guard case .reverted(let commit, let restored) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(restored.isEmpty)
        #expect(try await read(mirror, commit, ["a", "b", "new"]) == [lines([15: "human"]), "2", nil])
        #expect(try await mirror.commitInfo(commit).parents == [tip])
        #expect(try await mirror.revert([bad], onto: commit, message: "m", author: author) == .nothingToDo)
    }

    @Test func `several commits are undone in the order of the graph`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": lines()])
        let one = try #require(CommitID(hex: try fixture.commit(["a": lines([3: "x"])], environment: dated(9))))
        // An older clock: the order is the graph's.
        let two = try #require(CommitID(hex: try fixture.commit(["a": lines([3: "y"])], environment: dated(1))))
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        guard
            case .reverted(let commit, _) = try await mirror.revert(
                [one, two], onto: tip, message: "m", author: author)
        else {
            Issue.record("not reverted")
            return
        }
        #expect(try await read(mirror, commit, ["a"]) == [lines()])
    }

    @Test func `a conflict makes no commit, or puts back whole paths`() async throws {
        let fixture = try GitFixture()
        let before = try #require(
            CommitID(hex: try fixture.commit(["apps/a/k": lines(), "apps/a/other": "1", "apps/b/k": lines()])))
        let bad = try #require(
            CommitID(hex: try fixture.commit(["apps/a/k": lines([3: "bad"]), "apps/b/k": lines([3: "bad"])])))
        try fixture.commit(["apps/a/k": lines([3: "human"]), "apps/a/other": "2"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        #expect(
            try await mirror.revert([bad], onto: tip, message: "m", author: author) == .conflict(paths: ["apps/a/k"]))
        let outcome = try await mirror.revert(
            [bad], onto: tip, onConflict: .restore(paths: ["apps/a", "apps/b"], from: before), message: "m",
            author: author)
        guard case .reverted(let commit, let restored) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(restored == ["apps/a"])
        #expect(
            try await read(mirror, commit, ["apps/a/k", "apps/a/other", "apps/b/k"]) == [lines(), "1", lines()])
        #expect(
            try await mirror.revert(
                [bad], onto: tip, onConflict: .restore(paths: ["apps/b"], from: before), message: "m", author: author)
                == .conflict(paths: ["apps/a/k"]))
    }

    @Test func `only the named paths of a commit are undone`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["apps/a/k": "1", "apps/b/k": "1"])
        let train = try #require(CommitID(hex: try fixture.commit(["apps/a/k": "2", "apps/b/k": "2"])))
        try fixture.push()
        let mirror = try fixture.mirror()
        guard
            case .reverted(let commit, _) = try await mirror.revert(
                [train], onto: try await mirror.fetch(.branch("main")).commit, paths: ["apps/a"], message: "m",
                author: author)
        else {
            Issue.record("not reverted")
            return
        }
        #expect(try await read(mirror, commit, ["apps/a/k", "apps/b/k"]) == ["1", "2"])
    }

    @Test func `a merge is undone to its first parent, a root commit to nothing`() async throws {
        let fixture = try GitFixture()
        let root = try #require(CommitID(hex: try fixture.commit(["a": "1"])))
        try fixture.git("checkout", "-q", "-b", "side")
        try fixture.commit(["b": "side"])
        try fixture.git("checkout", "-q", "main")
        try fixture.commit(["c": "main"])
        try fixture.git("merge", "-q", "--no-ff", "-m", "merge", "side")
        let merge = try #require(CommitID(hex: try fixture.git("rev-parse", "HEAD")))
        try fixture.push()
        let mirror = try fixture.mirror()
        _ = try await mirror.fetch(.branch("main"))
        guard case .reverted(let one, _) = try await mirror.revert([merge], onto: merge, message: "m", author: author),
            case .reverted(let two, _) = try await mirror.revert([root], onto: merge, message: "m", author: author)
        else {
            Issue.record("not reverted")
            return
        }
        #expect(try await read(mirror, one, ["a", "b", "c"]) == ["1", nil, "main"])
        #expect(try await read(mirror, two, ["a", "b", "c"]) == [nil, "side", "main"])
    }

    @Test func `a commit of another branch is refused`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        let foreign = try #require(CommitID(hex: try fixture.commit(["a": "2"])))
        try fixture.push("other")
        let mirror = try fixture.mirror()
        let tip = try await mirror.fetch(.branch("main")).commit
        _ = try await mirror.fetch(.branch("other"))
        await expect(.commitNotFound) {
            _ = try await mirror.revert([foreign], onto: tip, message: "m", author: author)
        }
    }
}
