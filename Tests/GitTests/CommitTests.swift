import Core
import Testing

@testable import Git

@Suite struct CommitTests {
    private func start(_ files: [String: String]) async throws -> (GitFixture, GitRepository, CommitID) {
        let fixture = try GitFixture()
        try fixture.commit(files)
        try fixture.push()
        let mirror = try fixture.mirror()
        return (fixture, mirror, try await mirror.fetch(.branch("main")).commit)
    }

    @Test func `edits change what they name and nothing else, and Git agrees`() async throws {
        let (fixture, mirror, base) = try await start([
            "apps/a/k.yaml": "1", "apps/a/other": "o", "apps/b/k.yaml": "2", "gone/only": "x", "top": "t",
        ])
        let commit = try await mirror.commit(
            onto: base,
            edits: [
                "apps/a/k.yaml": .write(Array("new\r\n".utf8)), "gone/only": .delete, "deep/er/file": .write([0, 255]),
                "missing": .delete,
            ], message: "Subject\n\nBody\n\nPromotion: shop/p1\n", author: author)
        try await mirror.push(commit, to: "main", expecting: base)
        #expect(try fixture.head() == commit)
        try fixture.git("pull", "-q", "--ff-only", "origin", "main")
        #expect(
            try fixture.git("ls-files") == "apps/a/k.yaml\napps/a/other\napps/b/k.yaml\ndeep/er/file\ntop")
        #expect(
            try fixture.git("log", "-1", "--format=%an <%ae> %ct %s")
                == "Sluice <sluice@example.com> 1700000000 Subject")
        #expect(try fixture.git("log", "-1", "--format=%(trailers:key=Promotion,valueonly)") == "shop/p1\n")
        #expect(try run(["git", "fsck", "--strict", "--full", "--no-dangling"], in: fixture.server) == "")
        let info = try await mirror.commitInfo(commit)
        #expect(info.parents == [base])
        #expect(info.trailers["promotion"] == "shop/p1")
        #expect(info.signature == nil)
    }

    @Test func `an executable file stays executable`() async throws {
        let fixture = try GitFixture()
        try fixture.write("run.sh", "1")
        try run(["chmod", "+x", "run.sh"], in: fixture.work)
        try fixture.commit([:])
        try fixture.push()
        let mirror = try fixture.mirror()
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(
            onto: base, edits: ["run.sh": .write(Array("2".utf8))], message: "m", author: author)
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: "run.sh")?.executable } == true)
    }

    @Test func `paths are restored from another commit, and edits below them come on top`() async throws {
        let (fixture, mirror, first) = try await start(["a/x": "1", "a/y": "1", "b": "1"])
        try fixture.git("rm", "-q", "-r", "a")
        try fixture.commit(["b": "2", "c": "2"])
        try fixture.push()
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(
            onto: base,
            edits: ["a": .restore(from: first), "a/y": .write(Array("3".utf8)), "c": .restore(from: first)],
            message: "m", author: author)
        let files = try await mirror.withTree(of: commit) { tree in
            try ["a/x", "a/y", "b"].map { String(decoding: try tree.read($0), as: UTF8.self) }
        }
        #expect(files == ["1", "3", "2"])
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: "c") } == nil)
    }

    @Test(arguments: ["", "/a", "a//b", "../a", "a/./b", "a/.git/config", ".GIT/x", "a\0b", "a/"])
    func `a path that may not be written is refused`(path: String) async throws {
        let (fixture, mirror, base) = try await start(["a": "1"])
        await expect(.invalidInput) {
            _ = try await mirror.commit(onto: base, edits: [path: .write([1])], message: "m", author: author)
        }
        #expect(try fixture.head() == base)
    }

    @Test func `edits that change nothing make no commit`() async throws {
        let (fixture, mirror, base) = try await start(["a": "1"])
        await expect(.nothingToCommit) {
            _ = try await mirror.commit(
                onto: base, edits: ["a": .write(Array("1".utf8))], message: "m", author: author)
        }
        #expect(try fixture.head() == base)
    }

    @Test func `a push onto a branch that moved changes nothing`() async throws {
        let (fixture, mirror, base) = try await start(["a": "1"])
        let mine = try await mirror.commit(
            onto: base, edits: ["a": .write([1])], message: "m", author: author)
        try fixture.commit(["b": "2"])
        try fixture.push()
        let theirs = try fixture.head()
        await expect(.pushRejected) { try await mirror.push(mine, to: "main", expecting: base) }
        #expect(try fixture.head() == theirs)
        await expect(.pushRejected) { try await mirror.push(mine, to: "main", expecting: theirs) }
        #expect(try fixture.head() == theirs)
    }

    @Test func `nothing is pushed once the fence is closed`() async throws {
        let (fixture, mirror, base) = try await start(["a": "1"])
        let mine = try await mirror.commit(
            onto: base, edits: ["a": .write([1])], message: "m", author: author)
        await expect(.cancelled) {
            try await Fence.$current.withValue(Fence { false }) {
                try await mirror.push(mine, to: "main", expecting: base)
            }
        }
        #expect(try fixture.head() == base)
        try await Fence.$current.withValue(Fence { true }) {
            try await mirror.push(mine, to: "main", expecting: base)
        }
        #expect(try fixture.head() == mine)
    }

    @Test func `a branch is created only where there is none`() async throws {
        let (fixture, mirror, base) = try await start(["a": "1"])
        let commit = try await mirror.commit(
            onto: base, edits: ["a": .write([1])], message: "m", author: author)
        try await mirror.push(commit, to: "sluice/shop/p1", expecting: nil)
        #expect(try fixture.head("sluice/shop/p1") == commit)
        await expect(.pushRejected) { try await mirror.push(commit, to: "main", expecting: nil) }
        // Pushing what is there already is success: the first answer may have been lost.
        try await mirror.push(commit, to: "sluice/shop/p1", expecting: nil)
    }

    @Test func `of eight writers at once every commit lands exactly once`() async throws {
        let (fixture, _, _) = try await start(["a": "1"])
        let writers = try (0..<8).map { try fixture.mirror("writer-\($0).git") }
        try await expectEachToLandOnce(writers, seenBy: try fixture.mirror(), beside: 1)
        #expect(try run(["git", "fsck", "--strict", "--full", "--no-dangling"], in: fixture.server) == "")
    }
}
