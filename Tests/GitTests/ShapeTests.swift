import Core
import FoundationEssentials
import Testing

@testable import Git

/// Repositories of unusual shape: deep, wide, with moved tags and with parts that are elsewhere.
@Suite struct ShapeTests {
    /// A repository made of a stream for `git fast-import`.
    private func imported(_ stream: String, limits change: (inout GitLimits) -> Void = { _ in }) throws
        -> (GitFixture, GitRepository)
    {
        let fixture = try GitFixture()
        try Data(stream.utf8).write(to: URL(fileURLWithPath: fixture.folder / "stream"))
        try run(["sh", "-c", "git fast-import --quiet <../stream"], in: fixture.server)
        var limits = GitLimits()
        limits.allowFile = true
        change(&limits)
        let mirror = GitRepository(
            url: try GitURL("file://" + fixture.server, limits: limits), credentials: .anonymous,
            directory: fixture.folder / "m", transport: NoTransport(), limits: limits, clock: FixedClock())
        return (fixture, mirror)
    }

    private static let head = "commit refs/heads/main\ncommitter t <t@example.com> 1600000000 +0000\ndata 1\nx\n"

    private func code(_ body: () async throws -> Void) async -> FileTreeError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? FileTreeError)?.code
        }
    }

    @Test func `a path deeper than the limit is not there, and what is beside it can be read`() async throws {
        let deep = [String](repeating: "d", count: 2000).joined(separator: "/")
        let (fixture, mirror) = try imported(
            Self.head + "M 100644 inline \(deep)/file\ndata 1\n1\nM 100644 inline apps/a\ndata 1\n2\n")
        defer { withExtendedLifetime(fixture) {} }
        let commit = try await mirror.fetch(.branch("main")).commit
        #expect(try await mirror.withTree(of: commit) { try $0.read("apps/a") } == Array("2".utf8))
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: deep + "/file") } == nil)
        let shallow = [String](repeating: "d", count: 63).joined(separator: "/")
        #expect(try await mirror.withTree(of: commit) { try $0.children(of: shallow).count } == 1)
        await expect(.invalidInput) {
            _ = try await mirror.commit(
                onto: commit, edits: [deep + "/file": .write([1])], message: "m", author: author)
        }
        // A commit elsewhere does not need the deep folder to be short.
        let next = try await mirror.commit(onto: commit, edits: ["apps/a": .write([51])], message: "m", author: author)
        #expect(try await mirror.withTree(of: next) { try $0.read("apps/a") } == [51])
    }

    @Test(arguments: [0, 3, 100_000])
    func `what a path leads to does not depend on how many folders stay open`(openEntries: Int) async throws {
        let paths = (0..<4).flatMap { app in (0..<3).map { "apps/app-\(app)/overlays/o-\($0)/file" } }
        let files = paths.enumerated().map { "M 100644 inline \($1)\ndata \("\($0)".utf8.count)\n\($0)\n" }
        let (fixture, mirror) = try imported(Self.head + files.joined()) { $0.openEntries = openEntries }
        defer { withExtendedLifetime(fixture) {} }
        let commit = try await mirror.fetch(.branch("main")).commit
        let read = try await mirror.withTree(of: commit) { tree in
            // Twice, and in an order that leaves folders and comes back to them.
            try (paths + paths.reversed()).map { String(decoding: try tree.read($0), as: UTF8.self) }
        }
        let numbers = paths.indices.map(String.init)
        #expect(read == numbers + numbers.reversed())
        try await mirror.withTree(of: commit) { (tree: GitTree) throws -> Void in
            #expect(try tree.children(of: "").map(\.path) == ["apps"])
            #expect(try tree.children(of: "apps/app-1/overlays").map(\.name) == ["o-0", "o-1", "o-2"])
            #expect(try tree.entry(at: "apps/app-9/overlays") == nil)
            #expect(try tree.entry(at: paths[0] + "/below") == nil)
        }
        for (path, expected) in [(paths[0], FileTreeError.Code.notADirectory), ("none", .notFound)] {
            let found = await code { _ = try await mirror.withTree(of: commit) { try $0.children(of: path) } }
            #expect(found == expected)
        }
    }

    @Test func `a path longer than the limit is not there and cannot be written`() async throws {
        let name = String(repeating: "n", count: 200)
        let long = [String](repeating: name, count: 21).joined(separator: "/")
        let (fixture, mirror) = try imported(Self.head + "M 100644 inline a\ndata 1\n1\n")
        defer { withExtendedLifetime(fixture) {} }
        let commit = try await mirror.fetch(.branch("main")).commit
        #expect(long.utf8.count > GitLimits().pathBytes)
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: long) } == nil)
        await expect(.invalidInput) {
            _ = try await mirror.commit(onto: commit, edits: [long: .write([1])], message: "m", author: author)
        }
    }

    @Test func `a folder with more entries than the limit is not listed`() async throws {
        var stream = Self.head
        for index in 0..<2000 { stream += "M 100644 inline many/f\(index)\ndata 1\n1\n" }
        let (fixture, mirror) = try imported(stream + "M 100644 inline few/f\ndata 1\n1\n") { $0.folderEntries = 1999 }
        defer { withExtendedLifetime(fixture) {} }
        let commit = try await mirror.fetch(.branch("main")).commit
        #expect(await code { _ = try await mirror.withTree(of: commit) { try $0.children(of: "many") } } == .tooLarge)
        #expect(try await mirror.withTree(of: commit) { try $0.children(of: "few").count } == 1)
        #expect(try await mirror.withTree(of: commit) { try $0.read("many/f1") } == Array("1".utf8))
    }

    @Test func `a moved tag is a rewritten history, a higher version is not`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.git("tag", "v1.0.0")
        try fixture.git("checkout", "-q", "--orphan", "other")
        let second = try fixture.commit(["a": "2"])
        try fixture.git("push", "-q", "origin", "v1.0.0")
        let mirror = try fixture.mirror()
        let range = try #require(VersionRange("1.x"))
        _ = try await mirror.fetch(.tag("v1.0.0"))
        _ = try await mirror.fetch(.semver(range))
        try fixture.git("tag", "v1.1.0")
        try fixture.git("push", "-q", "origin", "v1.1.0")
        let higher = try await mirror.fetch(.semver(range))
        #expect(higher.commit.hex == second)
        #expect(!higher.historyRewritten)
        try fixture.git("tag", "-f", "v1.0.0")
        try fixture.git("push", "-q", "-f", "origin", "v1.0.0")
        let moved = try await mirror.fetch(.tag("v1.0.0"))
        #expect(moved.commit.hex == second)
        #expect(moved.historyRewritten)
    }

    @Test func `a branch that is not born yet is told from one that is gone`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        // The server's HEAD names a branch that has no commit, while another branch has.
        try fixture.push("other")
        let mirror = try fixture.mirror()
        await expect(.branchNotFound) { _ = try await mirror.fetch(.branch("main")) }
        #expect(try await mirror.fetch(.branch("other")).commit == (try fixture.head("other")))
        let commit = try fixture.head("other")
        try await mirror.push(commit, to: "main", expecting: nil)
        #expect(try await mirror.fetch(.branch("main")).commit == commit)
    }

    @Test func `a path through a submodule says so`() async throws {
        let fixture = try GitFixture()
        let head = try fixture.commit(["a": "1"])
        try fixture.git("update-index", "--add", "--cacheinfo", "160000,\(head),vendor/lib")
        try fixture.git("commit", "-q", "-m", "submodule")
        try fixture.push()
        let mirror = try fixture.mirror()
        let commit = try await mirror.fetch(.branch("main")).commit
        do {
            _ = try await mirror.withTree(of: commit) { try $0.resolve("../vendor/lib/base", from: "apps") }
            Issue.record("the submodule was entered")
        } catch {
            #expect("\(error)".contains("vendor/lib is a Git submodule"), "\(error)")
        }
    }
}
