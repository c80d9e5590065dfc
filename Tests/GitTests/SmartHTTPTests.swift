import Core
import FoundationEssentials
import HTTP
import Testing

@testable import Git

@Suite(
    .enabled(if: SmartServer.isInstalled, "nginx, fcgiwrap and git are needed: run hack/bootstrap"), .withSmartServer
) struct SmartHTTPTests {
    /// A repository on the server, filled from a fixture by path.
    private struct Site {
        let fixture: GitFixture
        let server: SmartServer
        let disk: String
        let path: String
        let transport: CurlTransport

        init(_ name: String) throws {
            server = try #require(SmartServer.current)
            (disk, path) = try server.repository(name)
            fixture = try GitFixture()
            try fixture.git("remote", "set-url", "origin", disk)
            transport = try CurlTransport()
        }

        func mirror(
            _ name: String = "m", base: String? = nil, credentials: GitCredentials? = nil,
            limits: GitLimits = GitLimits(), path: String? = nil, transport: (any HTTPTransport)? = nil
        ) throws -> GitRepository {
            GitRepository(
                url: try GitURL((base ?? server.url) + (path ?? self.path)),
                credentials: credentials ?? server.credentials,
                directory: fixture.folder / name, transport: transport ?? self.transport, limits: limits,
                clock: FixedClock())
        }

        func head(_ branch: String = "main") throws -> CommitID {
            try #require(CommitID(hex: try run(["git", "rev-parse", "refs/heads/" + branch], in: disk)))
        }
    }

    @Test func `fetch, commit, push and fetch again over http`() async throws {
        let site = try Site("plain")
        for index in 0..<30 { try site.fixture.commit(["f\(index)": String(repeating: "\(index)\n", count: 200)]) }
        try site.fixture.push()
        let mirror = try site.mirror()
        let base = try await mirror.fetch(.branch("main")).commit
        #expect(base == (try site.head()))
        #expect(try await mirror.history(from: base).count == 30)
        let commit = try await mirror.commit(
            onto: base, edits: ["new": .write([1])], message: "m\n\nPromotion: a/b\n", author: author)
        await expect(.cancelled) {
            try await Fence.$current.withValue(Fence { false }) {
                try await mirror.push(commit, to: "main", expecting: base)
            }
        }
        #expect(try site.head() == base, "this far, and not further, behind a fence that is closed")
        try await mirror.push(commit, to: "main", expecting: base)
        #expect(try site.head() == commit)
        try await mirror.push(commit, to: "sluice/x", expecting: nil)
        #expect(try site.head("sluice/x") == commit)
        try site.fixture.git("pull", "-q", "origin", "main")
        try site.fixture.commit(["after": "x"])
        try site.fixture.push()
        let next = try await mirror.fetch(.branch("main"))
        #expect(next.previous == base)
        #expect(!next.historyRewritten)
        #expect(next.commit == (try site.head()))
        #expect(try await mirror.listRemote()["HEAD"] == next.commit)
        #expect(try run(["git", "fsck", "--strict", "--full", "--no-dangling"], in: site.disk) == "")
    }

    @Test func `https is trusted by the given authority alone`() async throws {
        let site = try Site("tls")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        var credentials = site.server.credentials
        await expect(.untrustedServer) {
            _ = try await site.mirror(base: site.server.tlsURL, credentials: credentials).fetch(.branch("main"))
        }
        credentials.caPEM = try site.server.ca
        let mirror = try site.mirror(base: site.server.tlsURL, credentials: credentials)
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(onto: base, edits: ["a": .write([1])], message: "m", author: author)
        try await mirror.push(commit, to: "main", expecting: base)
        #expect(try site.head() == commit)
    }

    @Test func `wrong credentials, no credentials and no repository are told apart`() async throws {
        let site = try Site("auth")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        let wrong = GitCredentials(.basic(username: "git", password: "hunter2-wrong"))
        do {
            _ = try await site.mirror(credentials: wrong).fetch(.branch("main"))
            Issue.record("let in")
        } catch {
            let error = error as? GitError
            #expect(error?.code == .authenticationFailed)
            #expect(error?.message.contains("hunter2") == false)
        }
        await expect(.authenticationFailed) {
            _ = try await site.mirror(credentials: .anonymous).fetch(.branch("main"))
        }
        await expect(.repositoryNotFound) { _ = try await site.mirror(path: "/none.git").fetch(.branch("main")) }
        let empty = try site.server.repository("empty")
        await expect(.emptyRepository) { _ = try await site.mirror(path: empty.path).fetch(.branch("main")) }
        await expect(.branchNotFound) { _ = try await site.mirror().fetch(.branch("other")) }
    }

    @Test func `a branch of our own is replaced and deleted, but only from where it is thought to be`() async throws {
        let site = try Site("replace")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        let mirror = try site.mirror()
        let base = try await mirror.fetch(.branch("main")).commit
        func make(_ byte: UInt8) async throws -> CommitID {
            try await mirror.commit(onto: base, edits: ["a": .write([byte])], message: "m\(byte)", author: author)
        }
        let (first, second, third) = (try await make(1), try await make(2), try await make(3))
        try await mirror.replace(branch: "sluice/shop/p", with: first, expecting: nil)
        // A sibling, which does not follow it: a plain push refuses, and the wrong expectation does, too.
        await expect(.pushRejected) { try await mirror.push(second, to: "sluice/shop/p", expecting: first) }
        await expect(.pushRejected) { try await mirror.replace(branch: "sluice/shop/p", with: second, expecting: base) }
        await expect(.pushRejected) { try await mirror.replace(branch: "sluice/shop/p", with: second, expecting: nil) }
        #expect(try site.head("sluice/shop/p") == first)
        try await mirror.replace(branch: "sluice/shop/p", with: second, expecting: first)
        #expect(try site.head("sluice/shop/p") == second)
        // Said again, it is done already.
        try await mirror.replace(branch: "sluice/shop/p", with: second, expecting: first)
        // What somebody else put there since is neither replaced nor deleted.
        try run(["git", "update-ref", "refs/heads/sluice/shop/p", base.hex], in: site.disk)
        await expect(.pushRejected) {
            try await mirror.replace(branch: "sluice/shop/p", with: third, expecting: second)
        }
        await expect(.pushRejected) { try await mirror.delete(branch: "sluice/shop/p", expecting: second) }
        #expect(try await mirror.fetch(.branch("sluice/shop/p")).commit == base)
        try await mirror.delete(branch: "sluice/shop/p", expecting: base)
        #expect(try await mirror.listRemote()["refs/heads/sluice/shop/p"] == nil)
        try await mirror.delete(branch: "sluice/shop/p", expecting: base)
        #expect(try site.head() == base)
    }

    @Test func `a hook that refuses is quoted, and nothing moves`() async throws {
        let site = try Site("hook")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        let hook = site.disk + "/hooks/update"
        try Data("#!/bin/sh\necho policy forbids >&2\nexit 1\n".utf8).write(to: URL(fileURLWithPath: hook))
        try run(["chmod", "+x", hook], in: site.disk)
        let mirror = try site.mirror()
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(onto: base, edits: ["a": .write([1])], message: "m", author: author)
        do {
            try await mirror.push(commit, to: "main", expecting: base)
            Issue.record("pushed")
        } catch {
            #expect(error.code == .pushRejected)
            #expect(error.message.contains("hook declined"), "\(error)")
        }
        #expect(try site.head() == base)
    }

    @Test func `of eight writers at once every commit lands exactly once`() async throws {
        let site = try Site("crowd")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        let writers = try (0..<8).map { try site.mirror("writer-\($0)") }
        try await expectEachToLandOnce(writers, seenBy: try site.mirror(), beside: 1)
    }

    @Test(arguments: [true, false])
    func `a push whose answer is lost is asked for`(reachesServer: Bool) async throws {
        let site = try Site("lost-\(reachesServer)")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        let cut = CuttingTransport(inner: site.transport, path: "/git-receive-pack", reachesServer: reachesServer)
        let mirror = try site.mirror(transport: cut)
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(onto: base, edits: ["a": .write([1])], message: "m", author: author)
        if reachesServer {
            try await mirror.push(commit, to: "main", expecting: base)
            #expect(try site.head() == commit)
        } else {
            await expect(.unreachable) { try await mirror.push(commit, to: "main", expecting: base) }
            #expect(try site.head() == base)
        }
    }

    @Test func `a pack over the limit is refused and leaves nothing half-fetched`() async throws {
        let site = try Site("large")
        var noise = SystemRandomNumberGenerator()
        let text = (0..<20_000).map { _ in String(noise.next(), radix: 36) }.joined()
        try site.fixture.commit(["a": text])
        try site.fixture.push()
        var limits = GitLimits()
        limits.packBytes = 50_000
        let mirror = try site.mirror(limits: limits)
        await expect(.tooLarge) { _ = try await mirror.fetch(.branch("main")) }
        #expect(try await site.mirror("roomy").fetch(.branch("main")).commit == (try site.head()))
    }

    @Test func `a deleted branch is told, and one that comes back is followed`() async throws {
        let site = try Site("deleted")
        try site.fixture.commit(["a": "1"])
        try site.fixture.push()
        try site.fixture.push("env")
        let mirror = try site.mirror()
        _ = try await mirror.fetch(.branch("env"))
        try site.fixture.git("push", "-q", "origin", ":env")
        await expect(.branchNotFound) { _ = try await mirror.fetch(.branch("env")) }
        try site.fixture.commit(["a": "2"])
        try site.fixture.push("env")
        let back = try await mirror.fetch(.branch("env"))
        #expect(back.commit == (try site.head("env")))
        #expect(!back.historyRewritten)
    }

    @Test func `a repository with SHA-256 is refused in words`() async throws {
        let site = try Site("sha1")
        let disk = site.server.directory + "/sha256.git"
        try run(
            ["git", "init", "-q", "--bare", "-b", "main", "--object-format=sha256", disk], in: site.server.directory)
        let work = site.fixture.folder / "sha256"
        try run(["git", "init", "-q", "-b", "main", "--object-format=sha256", work], in: site.fixture.folder.path)
        try run(["git", "commit", "-q", "--allow-empty", "-m", "x"], in: work)
        try run(["git", "push", "-q", disk, "HEAD:refs/heads/main"], in: work)
        await expect(.unsupported) { _ = try await site.mirror(path: "/sha256.git").fetch(.branch("main")) }
    }
}

/// A transport that loses the answer to one kind of request, before or after the server acted on it.
private struct CuttingTransport: HTTPTransport {
    let inner: CurlTransport
    let path: String
    let reachesServer: Bool

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse { try await inner.send(request) }
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { try await inner.stream(request) }

    func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        let lost = HTTPError(.connectionLost, "the cable was pulled")
        guard request.url.hasSuffix(path) else { return try inner.open(request, upload: upload) }
        if reachesServer {
            let exchange = try inner.open(request, upload: upload)
            _ = try exchange.head()
            var buffer = [UInt8](repeating: 0, count: 4096)
            func read() throws(HTTPError) -> Int {
                var result: Result<Int, HTTPError> = .success(0)
                buffer.withUnsafeMutableBytes { raw in
                    do throws(HTTPError) { result = .success(try exchange.read(into: raw)) } catch {
                        result = .failure(error)
                    }
                }
                return try result.get()
            }
            while try read() > 0 {}
        }
        throw lost
    }
}
