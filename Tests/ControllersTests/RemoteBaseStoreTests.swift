import Core
import Git
import HTTP
import KubernetesModel
import Kustomize
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Controllers

private let one = String(repeating: "1", count: 40)
private let two = String(repeating: "2", count: 40)
private let production = NamespacedName(namespace: "shop", name: "production")

/// The store fetches what it may, once, with nobody else's credentials, and holds nobody up.
@Suite struct RemoteBaseStoreTests {
    private static func tree(_ resource: String) -> MemoryFileTree {
        MemoryFileTree([
            "kustomization.yaml": "resources: ['\(resource)']\n",
            "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ])
    }

    private static let base = "https://git.example.com/acme/bases?ref=\(one)"

    private let clock = ManualClock()
    private let server = BaseServer()

    private func withStore(
        _ allowed: [String] = ["git.example.com"], patience: Duration? = .seconds(5),
        _ body: (RemoteBaseStore) async throws -> Void
    ) async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: NamespacedName.self)
        server.arrivals = arrivals
        try await body(
            RemoteBaseStore(
                allowed: try RemoteAllowList(allowed), repositories: server, limits: GitLimits(), clock: clock,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), patience: patience,
                arrived: { arrived.yield($0) }))
    }

    @discardableResult
    private func render(
        _ store: RemoteBaseStore, _ tree: MemoryFileTree, beside repository: GitRepository? = nil
    ) async throws -> [String] {
        try await store.rendering(for: production, beside: repository) { remote in
            try Kustomize.build(tree, path: "", remote: remote).manifests.map(\.manifest.name)
        }
    }

    @Test func `a base is fetched once for each commit, and so is what it builds upon`() async throws {
        server.put("https://git.example.com/acme/bases", one, Self.tree("https://git.example.com/b/c?ref=\(two)"))
        server.put("https://git.example.com/b/c", two, Self.tree("cm.yaml"))
        try await withStore { store in
            for _ in 0..<3 {
                let names = try await render(store, Self.tree(Self.base))
                #expect(names == ["a"])
            }
            #expect(
                server.fetches == ["https://git.example.com/acme/bases \(one)", "https://git.example.com/b/c \(two)"])
        }
    }

    @Test func `what is not on the list is neither opened nor fetched, whoever names it`() async throws {
        server.put("https://git.example.com/acme/bases", one, Self.tree("https://evil.example.com/b/c?ref=\(two)"))
        try await withStore(["git.example.com/acme"]) { store in
            for resource in [
                Self.base, "https://evil.example.com/b/c?ref=\(two)", "https://git.example.com/b/c?ref=\(two)",
            ] {
                let error = try await #require(throws: KustomizeError.self) {
                    try await render(store, Self.tree(resource))
                }
                #expect(error.code == .refused)
            }
            #expect(server.opened.allSatisfy { $0.hasPrefix("https://git.example.com/acme/bases ") })
        }
        try await withStore([]) { store in
            await #expect(throws: KustomizeError.self) { try await render(store, Self.tree(Self.base)) }
        }
    }

    @Test(arguments: [
        ("https://git.example.com/acme/gitops", true), ("https://git.example.com:8443/acme/gitops", false),
        ("https://other.example.com/acme/gitops", false), ("ssh://git@git.example.com/acme/gitops", false),
    ])
    func `credentials go to the server that they are for, and to no other`(url: String, isSame: Bool) async throws {
        server.put("https://git.example.com/acme/bases", one, Self.tree("cm.yaml"))
        let credentials = GitCredentials(.bearer(token: "secret"))
        let own = GitRepository(
            url: try GitURL(url), credentials: credentials, directory: "/nonexistent/sluice",
            transport: ScriptedTransport(), clock: clock)
        try await withStore { store in
            try await render(store, Self.tree(Self.base), beside: own)
            let identity = isSame ? credentials.identity : GitCredentials.anonymous.identity
            #expect(Set(server.opened) == ["https://git.example.com/acme/bases \(identity)"])
        }
    }

    @Test func `a server that does not answer holds a render up for seconds, and it is called when it does`()
        async throws
    {
        server.put("https://git.example.com/acme/bases", one, Self.tree("cm.yaml"))
        server.isStalled = true
        try await withStore { store in
            let first = Task { try await render(store, Self.tree(Self.base)) }
            await clock.untilSlept(for: .seconds(5))
            clock.advance(by: .seconds(5))
            let error = await #expect(throws: KustomizeError.self) { try await first.value }
            #expect(error?.code == .remoteUnavailable)
            #expect(error?.disposition == .transient)
            #expect(server.fetches.count == 1)
            // Who comes later does not wait all over again.
            await #expect(throws: KustomizeError.self) { try await render(store, Self.tree(Self.base)) }
            #expect(server.fetches.count == 1)
            server.isStalled = false
            var arrivals = server.arrivals?.makeAsyncIterator()
            #expect(await arrivals?.next() == production)
            let names = try await render(store, Self.tree(Self.base))
            #expect(names == ["a"])
            #expect(server.fetches.count == 1)
        }
    }

    @Test func `what fails is told, and tried again after a pause that grows`() async throws {
        try await withStore { store in
            var arrivals = server.arrivals?.makeAsyncIterator()
            for pause in [2, 4, 8] {
                for _ in 0..<2 {
                    let error = await #expect(throws: KustomizeError.self) {
                        try await render(store, Self.tree(Self.base))
                    }
                    #expect(
                        error?.message.contains("kustomization.yaml:1: resources[0]: git.example.com/acme/bases")
                            == true)
                    #expect(error?.message.contains("no such commit") == true)
                }
                let due: Duration = clock.now() + .seconds(pause)
                await clock.untilSlept(for: due)
                clock.advance(by: .seconds(pause))
                #expect(await arrivals?.next() == production)
            }
            #expect(server.fetches.count == 3)
            server.put("https://git.example.com/acme/bases", one, Self.tree("cm.yaml"))
            let names = try await render(store, Self.tree(Self.base))
            #expect(names == ["a"])
        }
    }

    @Test func `a tag is refused with the commit that it leads to now`() async throws {
        server.names["v1"] = two
        try await withStore(patience: nil) { store in
            for _ in 0..<2 {
                let error = await #expect(throws: KustomizeError.self) {
                    try await render(store, Self.tree("https://git.example.com/acme/bases?ref=v1"))
                }
                #expect(error?.code == .refused)
                #expect(error?.message.contains("write ?ref=\(two), which it leads to now") == true)
            }
            #expect(server.fetches == ["https://git.example.com/acme/bases v1"])
        }
    }

    @Test func `a mirror that nobody asks anything of for a day goes`() async throws {
        server.put("https://git.example.com/acme/bases", one, Self.tree("cm.yaml"))
        server.put("https://git.example.com/acme/other", one, Self.tree("cm.yaml"))
        try await withStore(patience: nil) { store in
            try await render(store, Self.tree(Self.base))
            clock.advance(by: .seconds(86_401))
            #expect(server.forgotten == [])
            try await render(store, Self.tree("https://git.example.com/acme/other?ref=\(one)"))
            #expect(server.forgotten == ["https://git.example.com/acme/bases"])
        }
    }
}

/// Repositories on a server that can stall, and the mirrors of them.
private final class BaseServer: BaseRepositories {
    private struct State {
        var trees: [String: MemoryFileTree] = [:]
        var names: [String: String] = [:]
        var here: Set<String> = []
        var opened: [String] = []
        var fetches: [String] = []
        var forgotten: [String] = []
        var isStalled = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals: AsyncStream<NamespacedName>?
    }

    private let state = Mutex(State())

    var opened: [String] { state.withLock { $0.opened } }
    var fetches: [String] { state.withLock { $0.fetches.sorted() } }
    var forgotten: [String] { state.withLock { $0.forgotten } }

    var names: [String: String] {
        get { state.withLock { $0.names } }
        set { state.withLock { $0.names = newValue } }
    }

    /// Those who are called.
    var arrivals: AsyncStream<NamespacedName>? {
        get { state.withLock { $0.arrivals } }
        set { state.withLock { $0.arrivals = newValue } }
    }

    /// Whether the server keeps everybody waiting.
    var isStalled: Bool {
        get { state.withLock { $0.isStalled } }
        set {
            let waiting = state.withLock { state in
                state.isStalled = newValue
                defer { if !newValue { state.waiting = [] } }
                return newValue ? [] : state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    func put(_ url: String, _ commit: String, _ tree: MemoryFileTree) {
        state.withLock { $0.trees["\(url) \(commit)"] = tree }
    }

    func base(_ url: GitURL, credentials: GitCredentials) throws(GitError) -> any BaseRepository {
        state.withLock { $0.opened.append("\(url.text) \(credentials.identity)") }
        return Mirror(server: self, url: url.text)
    }

    func forget(_ repository: any BaseRepository) async {
        guard let mirror = repository as? Mirror else { return }
        state.withLock { $0.forgotten.append(mirror.url) }
    }

    private func ask(_ key: String) async {
        await withCheckedContinuation { continuation in
            let isAnswered = state.withLock { state in
                state.fetches.append(key)
                if state.isStalled { state.waiting.append(continuation) }
                return !state.isStalled
            }
            if isAnswered { continuation.resume() }
        }
    }

    private struct Mirror: BaseRepository {
        let server: BaseServer
        let url: String

        func tree(
            of commit: CommitID, onDamage: @escaping @Sendable () -> Void
        ) throws(GitError) -> (any FileTree)? {
            let key = "\(url) \(commit.hex)"
            return server.state.withLock { $0.here.contains(key) ? $0.trees[key] : nil }
        }

        func fetch(_ commit: CommitID) async throws(GitError) {
            let key = "\(url) \(commit.hex)"
            await server.ask(key)
            let isThere = server.state.withLock { state in
                guard state.trees[key] != nil else { return false }
                state.here.insert(key)
                return true
            }
            guard isThere else { throw GitError(.commitNotFound, "no such commit") }
        }

        func commit(of name: String) async throws(GitError) -> CommitID {
            await server.ask("\(url) \(name)")
            guard let commit = server.names[name].flatMap(CommitID.init(hex:)) else {
                throw GitError(.branchNotFound, "no such name")
            }
            return commit
        }
    }
}
