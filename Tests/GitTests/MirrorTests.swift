import Core
import FoundationEssentials
import Testing

@testable import Git

@Suite struct MirrorTests {
    @Test func `a fetch brings the branch and its tree`() async throws {
        let fixture = try GitFixture()
        let commit = try fixture.commit(["apps/cart/a.yaml": "one\n", "z.txt": "z", "apps.txt": "x"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let result = try await mirror.fetch(.branch("main"))
        #expect(result.commit.hex == commit)
        #expect(result.previous == nil)
        #expect(!result.historyRewritten)
        let names = try await mirror.withTree(of: result.commit) { tree in
            try tree.children(of: "").map(\.path) + tree.children(of: "apps/cart").map(\.path)
        }
        #expect(names == ["apps", "apps.txt", "z.txt", "apps/cart/a.yaml"])
        let text = try await mirror.withTree(of: result.commit) { try $0.read("apps/../apps/cart/a.yaml") }
        #expect(String(decoding: text, as: UTF8.self) == "one\n")
        let id = try await mirror.withTree(of: result.commit) { try $0.entry(at: "apps/cart/a.yaml")?.id }
        #expect(Hex.encode(id?.bytes ?? []) == (try fixture.git("rev-parse", "HEAD:apps/cart/a.yaml")))
    }

    @Test func `a second fetch says what was before, and a force-push is reported`() async throws {
        let fixture = try GitFixture()
        let first = try fixture.commit(["a": "1"])
        let second = try fixture.commit(["a": "2"])
        try fixture.push()
        let mirror = try fixture.mirror()
        _ = try await mirror.fetch(.branch("main"))
        let third = try fixture.commit(["a": "3"])
        try fixture.push()
        let forward = try await mirror.fetch(.branch("main"))
        #expect(forward.previous?.hex == second)
        #expect(forward.commit.hex == third)
        #expect(!forward.historyRewritten)
        try fixture.git("reset", "-q", "--hard", first)
        let other = try fixture.commit(["a": "other"])
        try fixture.push()
        let forced = try await mirror.fetch(.branch("main"))
        #expect(forced.commit.hex == other)
        #expect(forced.previous?.hex == third)
        #expect(forced.historyRewritten)
    }

    @Test func `tags, version ranges and commits are found`() async throws {
        let fixture = try GitFixture()
        let first = try fixture.commit(["a": "1"])
        try fixture.git("tag", "v1.2.0")
        let second = try fixture.commit(["a": "2"])
        try fixture.git("tag", "-a", "-m", "annotated", "v1.10.0")
        try fixture.commit(["a": "3"])
        try fixture.git("tag", "v2.0.0-rc.1")
        try fixture.push()
        try fixture.git("push", "-q", "origin", "--tags")
        let mirror = try fixture.mirror()
        #expect(try await mirror.fetch(.tag("v1.2.0")).commit.hex == first)
        let range = try #require(VersionRange(">=1.0 <3"))
        #expect(try await mirror.fetch(.semver(range)).commit.hex == second)
        let other = try fixture.mirror("other.git")
        let id = try #require(CommitID(hex: first))
        #expect(try await other.fetch(.commit(id)).commit == id)
        let listed = try await mirror.listRemote()
        #expect(listed["refs/tags/v1.10.0"]?.hex == second)
        #expect(listed["refs/heads/main"] == (try fixture.head()))
    }

    @Test func `what is not there has a clear reason`() async throws {
        let fixture = try GitFixture()
        let mirror = try fixture.mirror()
        await expect(.emptyRepository) { _ = try await mirror.fetch(.branch("main")) }
        try fixture.commit(["a": "1"])
        try fixture.push()
        await expect(.branchNotFound) { _ = try await mirror.fetch(.branch("gone")) }
        await expect(.branchNotFound) { _ = try await mirror.fetch(.tag("v1")) }
        await expect(.invalidInput) { _ = try await mirror.fetch(.branch("../../etc")) }
        let unknown = try #require(CommitID(hex: String(repeating: "ab", count: 20)))
        await expect(.commitNotFound) { _ = try await mirror.fetch(.commit(unknown)) }
        await expect(.commitNotFound) { try await mirror.withTree(of: unknown) { _ in } }
        var limits = GitLimits()
        limits.allowFile = true
        let nowhere = GitRepository(
            url: try GitURL("file:///nonexistent/x.git", limits: limits), credentials: .anonymous,
            directory: fixture.folder / "n.git", transport: NoTransport(), limits: limits, clock: FixedClock())
        await expect(.repositoryNotFound) { _ = try await nowhere.fetch(.branch("main")) }
    }

    @Test func `a branch that gives way to a folder of branches is followed`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push("feature")
        let mirror = try fixture.mirror()
        _ = try await mirror.fetch(.branch("feature"))
        try fixture.git("push", "-q", "origin", ":feature")
        let next = try fixture.commit(["a": "2"])
        try fixture.push("feature/x")
        #expect(try await mirror.fetch(.branch("feature/x")).commit.hex == next)
    }

    @Test(arguments: ["objects", "HEAD", "all"])
    func `a damaged mirror is cloned again unnoticed`(damage: String) async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a/b": "1", "c": String(repeating: "long ", count: 1000)])
        try fixture.push()
        let mirror = try fixture.mirror()
        let result = try await mirror.fetch(.branch("main"))
        let path = fixture.folder / "mirror.git/1"
        switch damage {
        case "objects":
            let pack = path + "/objects/pack"
            for name in try FileManager.default.contentsOfDirectory(atPath: pack) where name.hasSuffix(".pack") {
                try run(["chmod", "u+w", pack + "/" + name], in: fixture.folder.path)
                try Data(repeating: 7, count: 200).write(to: URL(fileURLWithPath: pack + "/" + name))
            }
        case "HEAD": try Data("junk".utf8).write(to: URL(fileURLWithPath: path + "/HEAD"))
        default: try FileManager.default.removeItem(atPath: path)
        }
        // A new process finds the damage; the handles of the old one may still read what was deleted.
        let again = try fixture.mirror()
        #expect(try await again.fetch(.branch("main")).commit == result.commit)
        let text = try await again.withTree(of: result.commit) { try $0.read("a/b") }
        #expect(text == Array("1".utf8))
    }

    @Test func `a mirror that somebody deletes while it is open is cloned again`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let first = try await mirror.fetch(.branch("main")).commit
        try FileManager.default.removeItem(atPath: fixture.folder / "mirror.git")
        try fixture.commit(["a": "2"])
        try fixture.push()
        let commit = try fixture.head()
        #expect(try await mirror.fetch(.branch("main")).commit == commit)
        #expect(try await mirror.withTree(of: commit) { try $0.read("a") } == Array("2".utf8))
        #expect(try await mirror.commitInfo(first).id == first)
    }

    @Test func `a commit is read beside another repository, on that one's thread, and damage is mended by a fetch`()
        async throws
    {
        let fixture = try GitFixture()
        let base = try GitFixture()
        try fixture.commit(["a": "1"])
        try base.commit(["b/c": "2"])
        try fixture.push()
        try base.push()
        let (mirror, other) = (try fixture.mirror(), try base.mirror())
        let commit = try await mirror.fetch(.branch("main")).commit
        let wanted = try base.head()
        func both() async throws -> [String] {
            try await mirror.withTree(of: commit) { tree in
                let beside = try other.treeOnThisThread(of: wanted)
                return try [tree.read("a"), beside?.read("b/c") ?? []].map { String(decoding: $0, as: UTF8.self) }
            }
        }
        #expect(try await both() == ["1", ""])
        _ = try await other.fetch(.commit(wanted))
        #expect(try await both() == ["1", "2"])
        let pack = base.folder / "mirror.git/1/objects/pack"
        for name in try FileManager.default.contentsOfDirectory(atPath: pack) where name.hasSuffix(".pack") {
            try run(["chmod", "u+w", pack + "/" + name], in: base.folder.path)
            try Data(repeating: 7, count: 200).write(to: URL(fileURLWithPath: pack + "/" + name))
        }
        // libgit2 keeps a pack open for the whole process by its path, so another name shows what a new process sees.
        let copy = base.folder / "copy.git"
        try run(["cp", "-r", base.folder / "mirror.git", copy], in: base.folder.path)
        let again = try base.mirror("copy.git")
        #expect(try again.treeOnThisThread(of: wanted) == nil)
        _ = try await again.fetch(.commit(wanted))
        #expect(try again.treeOnThisThread(of: wanted)?.read("b/c") == Array("2".utf8))
    }

    @Test(arguments: [
        ("https://git.example.com/a/b", true), ("https://git.example.com:8443/a/b", false),
        ("http://git.example.com/a/b", false), ("https://example.com/a/b", false), ("ssh://git.example.com/a/b", false),
        ("https://git.example.com.evil.com/a/b", false),
    ])
    func `credentials are for one server`(url: String, isSame: Bool) throws {
        var limits = GitLimits()
        limits.allowInsecureHTTP = true
        let credentials = GitCredentials(.bearer(token: "t"), caPEM: [1])
        let repository = GitRepository(
            url: try GitURL("https://git.example.com/x/y"), credentials: credentials, directory: "/nonexistent/sluice",
            transport: NoTransport(), clock: FixedClock())
        #expect(try repository.credentials(for: GitURL(url, limits: limits)) == (isSame ? credentials : .anonymous))
    }

    @Test func `links, modes and submodules are told apart`() async throws {
        let fixture = try GitFixture()
        try fixture.write("run.sh", "#!/bin/sh\n")
        try run(["chmod", "+x", "run.sh"], in: fixture.work)
        try run(["ln", "-s", "../etc/passwd", "link"], in: fixture.work)
        let head = try fixture.commit(["a": "1"])
        try fixture.git("update-index", "--add", "--cacheinfo", "160000,\(head),sub")
        try fixture.git("commit", "-q", "-m", "submodule")
        try fixture.push()
        let mirror = try fixture.mirror()
        let commit = try await mirror.fetch(.branch("main")).commit
        let kinds = try await mirror.withTree(of: commit) { try $0.children(of: "").map { ($0.name, $0.kind) } }
        #expect(kinds.map(\.0) == ["a", "link", "run.sh", "sub"])
        #expect(kinds.map(\.1) == [.file, .symlink, .file, .submodule])
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: "run.sh")?.executable } == true)
        await #expect(throws: FileTreeError.self) { try await mirror.withTree(of: commit) { try $0.read("link") } }
        #expect(try await mirror.withTree(of: commit) { try $0.entry(at: "a\0b") } == nil)
    }

    @Test func `a file that is kept in LFS is told from its content`() async throws {
        let fixture = try GitFixture()
        let digest = String(repeating: "ab", count: 32)
        try fixture.commit(["big": "version https://git-lfs.github.com/spec/v1\noid sha256:\(digest)\nsize 12345\n"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let commit = try await mirror.fetch(.branch("main")).commit
        do {
            _ = try await mirror.withTree(of: commit) { try $0.read("big") }
            Issue.record("the pointer was read as content")
        } catch {
            #expect("\(error)".contains("LFS"))
        }
    }

    @Test func `many small packs and loose objects become few files, and nothing is lost`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["base": "0"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let writer = try fixture.mirror("writer.git")
        var commits: [CommitID] = []
        let rounds = PackHygiene.packLimit + 3
        for round in 0..<rounds {
            let base = try await writer.fetch(.branch("main")).commit
            let commit = try await writer.commit(
                onto: base, edits: ["f\(round)": .write(Array("\(round)".utf8))], message: "m\(round)", author: author)
            try await writer.push(commit, to: "main", expecting: base)
            commits.append(try await mirror.fetch(.branch("main")).commit)
        }
        let packs = fixture.folder / "mirror.git/1/objects/pack"
        func count() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: packs).filter { $0.hasSuffix(".pack") }.count
        }
        _ = try await mirror.fetch(.branch("main"))
        #expect(try count() <= 5)
        let checked = try run(["git", "fsck", "--full", "--no-dangling"], in: fixture.folder / "mirror.git/1")
        #expect(!checked.contains("missing") && !checked.contains("broken") && !checked.contains("error"))
        for (round, commit) in commits.enumerated() {
            #expect(try await mirror.withTree(of: commit) { try $0.read("f\(round)") } == Array("\(round)".utf8))
        }
        #expect(try await mirror.history(from: commits[rounds - 1], limit: 1000).count == rounds + 1)
        #expect(try await mirror.diskUse() > 1000)
    }

    @Test func `a file over the limit is refused before it is read`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["big": String(repeating: "x", count: 2000), "small": "1"])
        try fixture.push()
        var limits = GitLimits()
        limits.allowFile = true
        limits.blobBytes = 1000
        let mirror = GitRepository(
            url: try GitURL("file://" + fixture.server, limits: limits), credentials: .anonymous,
            directory: fixture.folder / "m.git", transport: NoTransport(), limits: limits, clock: FixedClock())
        let commit = try await mirror.fetch(.branch("main")).commit
        do {
            _ = try await mirror.withTree(of: commit) { try $0.read("big") }
            Issue.record("the large file was read")
        } catch let error as FileTreeError {
            #expect(error.code == .tooLarge)
        }
        #expect(try await mirror.withTree(of: commit) { try $0.read("small") } == Array("1".utf8))
    }
}

/// Expects a ``GitError`` with this code.
func expect(
    _ code: GitError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown, \(code) expected", sourceLocation: sourceLocation)
    } catch let error as GitError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}
