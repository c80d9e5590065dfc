import Core
import HTTP
import KubernetesClient
import KubernetesModel
import TestSupport
import Testing

@testable import Sync

/// Every request of a sync fails once, in each way that there is: the end is right, and nothing is touched that was
/// not to be.
@Suite(LiveCluster.isThere, .serialized) struct TransportFaultIntegrationTests {
    @Test(.timeLimit(.minutes(10)), arguments: FaultyTransport.Fault.allCases)
    func `whichever request fails, the sync comes to the same end`(fault: FaultyTransport.Fault) async throws {
        try await Stage.with { stage in
            let scene = try await Scene(stage)
            defer { scene.shutDown() }
            try await scene.prepare()
            scene.transport.arm(nil)
            #expect(try await scene.upgrade() == 0)
            let total = scene.transport.count
            #expect(total > 15)
            try await scene.expectEnd("without a fault")

            for number in 0..<total {
                try await scene.prepare()
                scene.transport.arm(fault, at: number)
                #expect(try await scene.upgrade() <= 2, "\(fault) at \(number): \(scene.transport.struck ?? "")")
                guard let struck = scene.transport.struck else { continue }
                try await scene.expectEnd("\(fault) at \(number): \(struck)")
            }
        }
    }

    @Test func `a server that puts everything off for a while is borne`() async throws {
        try await Stage.with { stage in
            let scene = try await Scene(stage)
            defer { scene.shutDown() }
            // No time passes for who waits, so one request may meet all the refusals.
            let busy = BusyTransport(try CurlTransport(), refuses: SyncExecutor.refusals)
            let client = KubernetesClient(configuration: try scene.configuration(), transport: busy)
            let clock = HastyClock()
            let sync = ClusterSync(client: client, limiter: FlightLimiter(clock: clock), clock: clock)
            let texts = (0..<40).map { Sample.configMap("c\($0)") }
            let app = try await stage.app(try texts.flatMap(LiveCluster.yaml))
            sync.index.claim(Set(app.objects.map(\.key)), for: stage.environment)
            // What nobody watches would be applied again in each round.
            try await sync.index.watch(app.kinds, for: stage.environment)
            let request = SyncRequest(
                environment: stage.environment, app: app, wanted: Set(app.objects.map(\.key)),
                namespace: NamespaceSetup(name: stage.namespace))
            let outcome = await sync.sync(request)
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            #expect(sync.counters.snapshot.throttled == SyncExecutor.refusals)
            sync.index.forget(stage.environment)
        }
    }
}

/// One app before and after a change that needs every kind of request there is.
private final class Scene {
    let transport: FaultyTransport
    private let stage: Stage
    private let inner: CurlTransport
    private let client: KubernetesClient
    private let clock = HastyClock()
    private let ignore: IgnoreRules
    private var bystanders: [String: String] = [:]

    init(_ stage: Stage) async throws {
        self.stage = stage
        inner = try CurlTransport()
        transport = FaultyTransport(inner)
        client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: LiveCluster.kubeconfig), transport: transport)
        ignore = IgnoreRules([try IgnoreRule(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])])
    }

    func configuration() throws -> ClusterConfiguration {
        try ClusterConfiguration.load(path: LiveCluster.kubeconfig)
    }

    func shutDown() { inner.shutdown() }

    private func texts(after: Bool) -> [String] {
        let value = after ? "{a: '2'}" : "{a: '1'}"
        let deployment = Sample.deployment.replacing("replicas: 3", "replicas: 0")
        let fixed = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: \(value)"
        let common = [
            Sample.configMap("changed", value), fixed,
            Sample.configMap("held", annotations: "{sluice.dev/prune: 'false'}"),
        ]
        return after
            ? [Sample.configMap("new"), Sample.configMap("adopted"), deployment.replacing("frontend:1", "frontend:2")]
                + common.prefix(2)
            : [Sample.configMap("old"), deployment] + common
    }

    /// Brings the app to where it was before the change; nothing fails in it.
    func prepare() async throws {
        for name in ["new", "adopted"] {
            _ = try? await stage.client.delete(.configMaps, namespace: stage.namespace, name: name)
        }
        let app = try await stage.app(try texts(after: false).flatMap(LiveCluster.yaml))
        stage.restart()
        try await stage.eventually("the app is as it was before") {
            try await stage.run(app) { $0.options.replaceImmutable = true }.isSynced
        }
        // What `kubectl apply` left, as it looks to the server.
        var adopted = try Sample.manifests(Sample.configMap("adopted", "{a: '1', stale: x}"))[0]
        adopted.json["metadata"]?["namespace"] = .string(stage.namespace)
        _ = try await stage.client.create(
            .configMaps, adopted, options: WriteOptions(fieldManager: "kubectl-client-side-apply"))
        if bystanders.isEmpty { try await addBystanders() }
        stage.sync.index.forget(stage.environment)
    }

    private func addBystanders() async throws {
        var stranger = try Sample.manifests(Sample.configMap("stranger"))[0]
        stranger.json["metadata"]?["namespace"] = .string(stage.namespace)
        _ = try await stage.client.create(.configMaps, stranger)
        var copy = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "old")
        copy.json["metadata"] = [
            "name": "copy", "namespace": .string(stage.namespace), "labels": copy.json["metadata"]?["labels"] ?? [:],
            "annotations": copy.json["metadata"]?["annotations"] ?? [:],
        ]
        _ = try await stage.client.create(.configMaps, copy)
        bystanders = try await versions()
    }

    private func versions() async throws -> [String: String] {
        var versions: [String: String] = [:]
        for name in ["stranger", "copy", "held"] {
            versions[name] = try await stage.client.get(.configMaps, namespace: stage.namespace, name: name)
                .resourceVersion
        }
        return versions
    }

    /// Syncs the change as a new process would, trying again as an environment does; returns how many tries failed.
    func upgrade() async throws -> Int {
        let sync = ClusterSync(client: client, limiter: FlightLimiter(clock: clock), clock: clock)
        defer { sync.index.forget(stage.environment) }
        var failures = 0
        var last: SyncOutcome?
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            do {
                let outcome = try await attempt(sync)
                if outcome.isSynced { return failures }
                if !outcome.errors.isEmpty { failures += 1 }
                last = outcome
            } catch is any SluiceError {
                failures += 1
            }
            // The controllers, a deletion, a watch that begins anew: each takes its time.
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record(
            "not synced after \(transport.struck ?? "nothing"): \(String(describing: last?.errors)), \(String(describing: last?.wait)), \(String(describing: last?.objects.filter { $0.status != .synced }))"
        )
        return failures
    }

    private func attempt(_ sync: ClusterSync) async throws -> SyncOutcome {
        let manifests = try texts(after: true).flatMap(LiveCluster.yaml)
        let kinds = try await sync.kinds(Set(manifests.map(\.gvk)))
        let app = DesiredApp(
            name: "web", revision: "r2", rendered: manifests.map { RenderedObject($0, origin: "\($0.name).yaml") },
            environment: stage.environment, namespace: stage.namespace, kinds: kinds, scope: ScopePolicy(),
            ignore: ignore)
        var request = SyncRequest(
            environment: stage.environment, app: app, wanted: Set(app.objects.map(\.key)),
            namespace: NamespaceSetup(name: stage.namespace))
        request.options.replaceImmutable = true
        sync.index.claim(request.wanted, for: stage.environment)
        try await sync.index.setRules(ignore, for: stage.environment)
        try await sync.index.watch(app.kinds, for: stage.environment)
        return await sync.sync(request)
    }

    func expectEnd(_ what: String) async throws {
        var data: [String: JSONValue] = [:]
        for object in try await stage.client.list(.configMaps, ObjectSelector(namespace: stage.namespace))
        where object.name != "kube-root-ca.crt" && object.deletionTimestamp == nil {
            data[object.name] = object.json["data"] ?? .null
        }
        #expect(
            data == [
                "changed": ["a": "2"], "fixed": ["a": "2"], "new": ["a": "1"], "adopted": ["a": "1"],
                "held": ["a": "1"], "stranger": ["a": "1"], "copy": ["a": "1"],
            ], "\(what)")
        let live = try await stage.get("Deployment", "apps/v1", "frontend")
        #expect(live.map(WorkloadImages.of) == ["frontend:2"], "\(what)")
        #expect(live?.json["spec"]?["replicas"] == 0, "\(what)")
        #expect(try await versions() == bystanders, "\(what)")
    }
}

/// A clock for whose sleepers no time passes.
private struct HastyClock: MonotonicClock {
    private let clock = UptimeClock()

    func now() -> Duration { clock.now() }
    func sleep(until deadline: Duration) async throws { try Task.checkCancellation() }
}

/// Refuses the first requests that write, as a server under load does.
private final class BusyTransport: HTTPTransport {
    private let inner: any HTTPTransport
    private let left: Counter

    init(_ inner: any HTTPTransport, refuses: Int) {
        self.inner = inner
        left = Counter(refuses)
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        guard request.method == "PATCH", request.url.contains("configmaps"), left.take() else {
            return try await inner.send(request)
        }
        return HTTPResponse(
            status: 429, headers: HTTPHeaders([("Retry-After", "1")]), body: Array("busy".utf8))
    }

    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { try await inner.stream(request) }

    func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        try inner.open(request, upload: upload)
    }
}
