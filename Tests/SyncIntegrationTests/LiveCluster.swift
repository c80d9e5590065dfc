import Core
import FoundationEssentials
import HTTP
import KubernetesClient
import KubernetesModel
import SluiceAPI
import Synchronization
import Testing
import YAML

@testable import Sync

/// The cluster of the environment, if there is one.
enum LiveCluster {
    static let kubeconfig = ProcessInfo.processInfo.environment["SLUICE_TEST_KUBECONFIG"]
    static let kubectlPath = ProcessInfo.processInfo.environment["SLUICE_TEST_KUBECTL"]

    /// The trait of every suite here: without a cluster its tests are skipped, and counted as skipped.
    static let isThere: ConditionTrait = .enabled(
        if: kubeconfig != nil, "SLUICE_TEST_KUBECONFIG names no cluster")

    static func yaml(_ text: String) throws -> [Manifest] {
        try YAML.documents(parsing: Array(text.utf8)).map { Manifest(try $0.json(.goYAML3)) }
    }
}

/// One environment in a namespace of its own, with an operator's memory that can be lost.
final class Stage: Sendable {
    let environment: NamespacedName
    let namespace: String
    let client: KubernetesClient
    let requests = RequestCounters()
    /// The environment labels of changes, as they came.
    let changes = Mutex<[LiveIndex.Change]>([])
    private let transport: CurlTransport
    private let cluster: Mutex<ClusterSync>

    /// Runs a test on a stage of its own, and removes it.
    static func with(_ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage()
        do {
            try await body(stage)
        } catch {
            await stage.tearDown()
            throw error
        }
        await stage.tearDown()
    }

    init() throws {
        let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
        namespace = "sync-\(suffix)"
        environment = NamespacedName(namespace: "sync-test", name: "env-\(suffix)")
        transport = try CurlTransport()
        let configuration = try ClusterConfiguration.load(path: LiveCluster.kubeconfig)
        client = KubernetesClient(configuration: configuration, transport: transport, observer: requests)
        cluster = Mutex(ClusterSync(client: client))
        restart()
    }

    var sync: ClusterSync { cluster.withLock { $0 } }

    /// Forgets everything, as a new process would.
    func restart() {
        let fresh = ClusterSync(
            client: client,
            onChange: { [weak self] change in
                self?.changes.withLock { $0.append(change) }
            })
        cluster.withLock { old in
            old.index.forget(environment)
            old = fresh
        }
    }

    /// Removes everything; a test that fails leaves its namespace for people to look at.
    func tearDown() async {
        sync.index.forget(environment)
        _ = try? await client.delete(.namespaces, namespace: nil, name: namespace)
        transport.shutdown()
    }

    func app(
        _ manifests: [Manifest], name: String = "web", ignore: IgnoreRules = IgnoreRules(), revision: String = "r1",
        environment: NamespacedName? = nil, scope: ScopePolicy = ScopePolicy()
    ) async throws -> DesiredApp {
        let kinds = try await sync.kinds(Set(manifests.map(\.gvk)))
        return DesiredApp(
            name: name, revision: revision,
            rendered: manifests.map { RenderedObject($0, origin: "\(name)/\($0.name).yaml") },
            environment: environment ?? self.environment, namespace: namespace, kinds: kinds, scope: scope,
            ignore: ignore)
    }

    /// Syncs one app that is the whole environment, `change` applied to the request.
    @discardableResult
    func run(
        _ app: DesiredApp, ignore: IgnoreRules = IgnoreRules(), also: Set<GroupVersionKind> = [],
        _ change: (inout SyncRequest) -> Void = { _ in }
    ) async throws -> SyncOutcome {
        let environment = app.objects.first?.tracking.environment ?? self.environment
        var request = SyncRequest(
            environment: environment, app: app, wanted: Set(app.objects.map(\.key)),
            namespace: NamespaceSetup(name: namespace))
        change(&request)
        let watched = sync.index.watchedKinds(of: environment)
        sync.index.claim(request.wanted, for: environment)
        try await sync.index.setRules(ignore, for: environment)
        try await sync.index.watch(app.kinds.union(also).union(watched), for: environment)
        return await sync.sync(request)
    }

    /// Waits until `condition` holds, looking often.
    func eventually(
        _ what: String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("did not come to pass: \(what)")
    }

    func get(_ kind: String, _ apiVersion: String, _ name: String) async throws -> Manifest? {
        let resource = try await client.resource(for: GroupVersionKind(apiVersion: apiVersion, kind: kind))
        return try await client.getIfPresent(resource, namespace: namespace, name: name)
    }

    /// Runs kubectl in the stage's namespace; returns what it printed.
    @discardableResult
    func kubectl(_ arguments: [String], input: String = "") throws -> String {
        let path = try #require(LiveCluster.kubectlPath, "SLUICE_TEST_KUBECTL names no kubectl")
        let all = ["--kubeconfig", LiveCluster.kubeconfig ?? "", "--namespace", namespace] + arguments
        return try Command.run(path, all, input: input)
    }
}
