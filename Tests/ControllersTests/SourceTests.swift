import Core
import FoundationEssentials
import Git
import Glibc
import HTTP
import KubernetesModel
import Logging
import Synchronization
import Testing

@testable import Controllers

/// A source follows its branch, asks no more than it must, and never goes back behind its own push.
@Suite struct SourceTests {
    /// A bare repository on disk with two branches.
    private struct Repository {
        let folder: String
        var bare: String { folder + "/bare.git" }

        init() throws {
            folder = "/tmp/sluice-source-\(getpid())-\(UInt32.random(in: .min ... .max))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try sh(
                """
                git init -q --bare -b main bare.git && git init -q -b main work && cd work
                git remote add origin ../bare.git && git commit -q --allow-empty -m begin
                git push -q origin HEAD:main HEAD:other
                """)
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }

        @discardableResult
        func commit(_ message: String, to branch: String = "main") throws -> String {
            try sh(
                """
                cd work && git fetch -q origin && git checkout -q -B x origin/\(branch)
                git commit -q --allow-empty -m '\(message)' && git push -q origin HEAD:\(branch)
                """)
            return try head(branch)
        }

        func head(_ branch: String = "main") throws -> String {
            try sh("git -C bare.git rev-parse \(branch) >head")
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/head")), as: UTF8.self)
            return String(text.filter { !$0.isNewline })
        }

        func sh(_ script: String) throws {
            let identity =
                "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@e GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@e; "
            let all = ["/bin/sh", "-ec", identity + "cd \"$0\"; \(script)", folder]
            var words: [UnsafeMutablePointer<CChar>?] = all.map { strdup($0) } + [nil]
            defer { for word in words { free(word) } }
            var pid = pid_t()
            var status: Int32 = 0
            #expect(posix_spawn(&pid, "/bin/sh", nil, nil, &words, environ) == 0)
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            try #require(status == 0, "\(script)")
        }

        func mirrors() -> GitRepositories {
            var limits = GitLimits()
            limits.allowFile = true
            return GitRepositories(
                directory: folder + "/mirrors", transport: NoTransport(), limits: limits, clock: SystemClock())
        }
    }

    private struct NoTransport: HTTPTransport {
        func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse { throw refused }
        func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { throw refused }
        func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
            throw refused
        }
        private var refused: HTTPError { HTTPError(.connectFailed, "this test has no network") }
    }

    private final class Rewrites: Sendable {
        private let seen = Mutex<[FetchResult]>([])
        var all: [FetchResult] { seen.withLock { $0 } }
        func note(_ result: FetchResult) { seen.withLock { $0.append(result) } }
    }

    private let dev = NamespacedName(namespace: "shop", name: "dev")

    private func source(_ repository: GitRepository, _ branch: String = "main", _ rewrites: Rewrites = Rewrites())
        -> Source
    {
        Source(
            repository: repository, reference: .branch(branch), clock: SystemClock(), logger: Logger(label: "test"),
            rewritten: { _, result in rewrites.note(result) }, changed: { _ in })
    }

    @Test func `a force-push is followed and told`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let rewrites = Rewrites()
        let source = source(try repository.mirrors().repository("file://" + repository.bare), "main", rewrites)
        await source.follow(dev, every: .seconds(3600))
        let old = try repository.commit("dropped")
        #expect(await source.refresh().head?.hex == old)
        try repository.sh(
            "cd work && git push -q -f origin other:main 2>/dev/null || git push -q -f origin origin/other:main")
        let new = try repository.commit("another line")
        #expect(await source.refresh().head?.hex == new)
        #expect(rewrites.all.map { $0.previous?.hex } == [old])
        await source.unfollow(dev)
    }

    @Test func `its poll bears no trace of the reconcile that asked first`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let (traces, noted) = AsyncStream<TraceContext?>.makeStream()
        let source = Source(
            repository: try repository.mirrors().repository("file://" + repository.bare), reference: .branch("main"),
            clock: SystemClock(), logger: Logger(label: "test"), rewritten: { _, _ in },
            changed: { _ in noted.yield(TraceContext.current) })
        await TraceContext.$current.withValue(TraceContext()) { await source.follow(dev, every: .seconds(3600)) }
        var first = traces.makeAsyncIterator()
        #expect(await first.next() == .some(nil))
        await source.unfollow(dev)
    }

    @Test func `sources of one repository share what the server listed`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let mirror = try repository.mirrors().repository("file://" + repository.bare)
        let first = try await mirror.fetch(.branch("main"))
        #expect(first.age == .zero)
        #expect(try await mirror.fetch(.branch("other"), listedWithin: .seconds(60)).age > .zero)
        // What was listed before is gone by, whatever the server has now; asked anew, it says so.
        let moved = try repository.commit("later", to: "other")
        #expect(try await mirror.fetch(.branch("other"), listedWithin: .seconds(60)).commit == first.commit)
        #expect(try await mirror.fetch(.branch("other")).commit.hex == moved)
        // A listing that names a commit which is not here yet is no reason not to fetch it.
        let next = try repository.commit("again", to: "main")
        _ = try await mirror.listRemote()
        #expect(try await mirror.fetch(.branch("main"), listedWithin: .seconds(60)).commit.hex == next)
    }

    @Test func `after a push what was listed before it counts no more`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let mirror = try repository.mirrors().repository("file://" + repository.bare)
        let source = source(mirror)
        await source.follow(dev, every: .seconds(3600))
        let base = try #require(await source.refresh().head)
        let commit = try await mirror.commit(
            onto: base, edits: ["a": .write([1])], message: "m", author: CommitAuthor(name: "s", email: "s@e"))
        try await mirror.push(commit, to: "main", expecting: base)
        try await source.pushed(commit)
        #expect(await source.observation.head == commit)
        #expect(try await mirror.fetch(.branch("main"), listedWithin: .seconds(60)).commit == commit)
        // News of an older commit of ours is no news.
        try await source.pushed(base)
        #expect(await source.observation.head == commit)
        await source.unfollow(dev)
    }

    @Test func `a look asked for during another is made after it`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let source = source(try repository.mirrors().repository("file://" + repository.bare))
        for round in 0..<10 {
            async let early = source.refresh()
            let commit = try repository.commit("\(round)")
            #expect(await source.refresh().head?.hex == commit)
            _ = await early
        }
    }

    @Test func `a mirror that nobody follows is given up`() async throws {
        let repository = try Repository()
        defer { repository.remove() }
        let mirrors = repository.mirrors()
        let mirror = try mirrors.repository("file://" + repository.bare)
        _ = try await mirror.fetch(.branch("main"))
        #expect(mirrors.diskUse.first.map { $0.bytes > 0 } == true)
        let folder = repository.folder + "/mirrors"
        func files() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: folder).count }
        #expect(try files() == 1)
        await mirrors.forget(mirror)
        #expect(mirrors.diskUse.isEmpty)
        #expect(try files() == 0)
        // Whoever comes later gets a new one.
        _ = try await mirrors.repository("file://" + repository.bare).fetch(.branch("main"))
        #expect(try files() == 1)
    }
}
