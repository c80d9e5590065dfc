internal import ControllerRuntime
internal import Core
internal import Glibc
internal import HTTP
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import Synchronization
internal import Testing

/// Against the API server of `SLUICE_TEST_KUBECONFIG`, in a namespace and with a kind of its own.
@Suite("The controller runtime on a real API server", .enabled(if: Cluster.kubeconfig != nil), .serialized)
struct ControllerRuntimeIntegrationTests {
    @Test("writes statuses and finalizers under the server's own rules", .timeLimit(.minutes(2)))
    func statusAndFinalizers() async throws {
        try await Cluster.with { cluster in
            let store = ResourceStore(client: cluster.client, resource: cluster.widgets, fieldManager: "sluice")
            let created = try await cluster.client.create(cluster.widgets, cluster.widget("one"))
            let writer = StatusWriter(store: store, logger: cluster.logger) { _, violations in
                Issue.record("the status breaks conventions: \(violations)")
            }
            let first = try #require(try await writer.write(cluster.status("False", "Working"), to: created))
            #expect(first.json["status"]?["phase"] == "Working")
            #expect(first.generation == created.generation)

            // The cache still shows the object as it was created: nothing is lost and nothing is sent twice.
            let before = cluster.counters.total()
            #expect(try await writer.write(cluster.status("False", "Working"), to: created) == first)
            #expect(cluster.counters.total() == before)

            // Another writer changes the spec; the write that was based on the old version goes through.
            _ = try await cluster.client.patch(
                cluster.widgets, namespace: cluster.namespace, name: "one", .merge(["spec": ["size": 2]]))
            let second = try #require(try await writer.write(cluster.status("True", "Ready"), to: first))
            #expect(second.json["spec"]?["size"] == 2)
            #expect(second.json["status"]?["phase"] == "Ready")

            // Another writer changes the status; ours gives way.
            _ = try await cluster.client.patch(
                cluster.widgets, namespace: cluster.namespace, name: "one", .merge(["status": ["phase": "Theirs"]]),
                options: WriteOptions(subresource: "status"))
            let error = await #expect(throws: StatusError.self) {
                try await writer.write(cluster.status("True", "Ours"), to: second)
            }
            #expect(error?.code == .conflict)

            let step = FinalizerStep(name: "sluice.dev/test", store: store)
            let other = FinalizerStep(name: "sluice.dev/other", store: store)
            let held = try #require(try await step.ensure(on: created))
            #expect(try await other.ensure(on: created)?.finalizers == ["sluice.dev/test", "sluice.dev/other"])
            try await cluster.client.delete(cluster.widgets, namespace: cluster.namespace, name: "one")
            let left = try #require(try await step.remove(from: held))
            #expect(left.finalizers == ["sluice.dev/other"])
            try await other.remove(from: left)
            #expect(try await store.read(created.namespacedName) == nil)
            #expect(try await step.remove(from: held) == nil)

            // Another object takes the name: what was meant for the first does not reach it.
            _ = try await cluster.client.create(cluster.widgets, cluster.widget("one"))
            #expect(try await writer.write(cluster.status("True", "Better"), to: created) == nil)
            #expect(try await store.read(created.namespacedName)?.json["status"] == nil)
        }
    }

    @Test("hears of one Secret's changes and of no other", .timeLimit(.minutes(2)))
    func references() async throws {
        try await Cluster.with { cluster in
            let (changes, changed) = AsyncStream<Set<String>>.makeStream()
            let watcher = ReferenceWatcher<String>(source: ClusterReferences(client: cluster.client)) {
                changed.yield($0)
            }
            let reference = Reference(.secret, namespace: cluster.namespace, name: "git")
            #expect(try await watcher.content(of: reference, for: "env") == nil)
            var iterator = changes.makeAsyncIterator()
            _ = try await cluster.client.apply(.secrets, cluster.secret("other", "eA=="), fieldManager: "test")
            _ = try await cluster.client.apply(.secrets, cluster.secret("git", "aHVudGVyMg=="), fieldManager: "test")
            #expect(await iterator.next() == ["env"])
            #expect(try await watcher.content(of: reference, for: "env")?.text("token") == "hunter2")
            _ = try await cluster.client.apply(.secrets, cluster.secret("git", "aHVudGVyMw=="), fieldManager: "test")
            #expect(await iterator.next() == ["env"])
            #expect(try await watcher.content(of: reference, for: "env")?.text("token") == "hunter3")
            try await cluster.client.delete(.secrets, namespace: cluster.namespace, name: "git")
            #expect(await iterator.next() == ["env"])
            #expect(try await watcher.content(of: reference, for: "env") == nil)
            #expect(cluster.counters.total(verb: "list", resource: "secrets") == 1)
            watcher.retain([], for: "env")
            #expect(watcher.watchCount == 0)
        }
    }

    @Test("hands the lease over when the leader has finished, faster than it would expire", .timeLimit(.minutes(2)))
    func handOver() async throws {
        try await Cluster.with { cluster in
            let elector = { @Sendable (identity: String) in
                LeaseElector(
                    client: cluster.client, namespace: cluster.namespace, name: "sluice", identity: identity)
            }
            let (starts, started) = AsyncStream<String>.makeStream()
            let leaders = Leaders()
            let replica = { @Sendable (identity: String) in
                Task {
                    await Leadership(elector(identity)).run { _ in
                        #expect(leaders.begin(identity))
                        started.yield(identity)
                        try? await Task.sleep(for: .seconds(600))
                        leaders.end(identity)
                    }
                }
            }
            var iterator = starts.makeAsyncIterator()
            let first = replica("a")
            #expect(await iterator.next() == "a")
            let second = replica("b")
            let begin = ContinuousClock.now
            first.cancel()
            await first.value
            #expect(await iterator.next() == "b")
            #expect(ContinuousClock.now - begin < .seconds(5))
            second.cancel()
            await second.value
        }
    }
}

/// Who leads at the moment.
private final class Leaders: Sendable {
    private let names = Mutex<Set<String>>([])

    /// Whether nobody else leads.
    func begin(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted && $0.count == 1 } }
    func end(_ name: String) { names.withLock { _ = $0.remove(name) } }
}

/// A namespace and a kind on the test's cluster.
private struct Cluster: Sendable {
    static var kubeconfig: String? { getenv("SLUICE_TEST_KUBECONFIG").map { String(cString: $0) } }

    let client: KubernetesClient
    let counters = RequestCounters()
    let namespace: String
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let widgets = APIResource(
        gvk: GroupVersionKind(group: "runtime.test.sluice.dev", version: "v1", kind: "Widget"), plural: "widgets",
        namespaced: true)

    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let transport = try CurlTransport()
        defer { transport.shutdown() }
        let cluster = try Cluster(transport)
        try await cluster.setUp()
        do {
            try await body(cluster)
        } catch {
            try? await cluster.tearDown()
            throw error
        }
        try await cluster.tearDown()
    }

    private init(_ transport: CurlTransport) throws {
        let path = try #require(Self.kubeconfig)
        client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: path), transport: transport, observer: counters)
        namespace = "runtime-\(UInt32.random(in: 0 ... .max))"
    }

    private func setUp() async throws {
        _ = try await client.create(
            .namespaces, Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]))
        let any: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        _ = try await client.apply(
            .customResourceDefinitions,
            Manifest([
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": ["name": "widgets.runtime.test.sluice.dev"],
                "spec": [
                    "group": "runtime.test.sluice.dev", "scope": "Namespaced",
                    "names": ["plural": "widgets", "kind": "Widget"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                            "schema": [
                                "openAPIV3Schema": ["type": "object", "properties": ["spec": any, "status": any]]
                            ],
                        ]
                    ],
                ],
            ]), fieldManager: "test")
        for _ in 0..<100 {
            let crd = try await client.get(
                .customResourceDefinitions, namespace: nil, name: "widgets.runtime.test.sluice.dev")
            let established = crd.json["status"]?["conditions"]?.arrayValue?.contains {
                $0["type"] == "Established" && $0["status"] == "True"
            }
            if established == true, (try? await client.list(widgets)) != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func tearDown() async throws {
        try await client.delete(.namespaces, namespace: nil, name: namespace)
    }

    func widget(_ name: String) -> Manifest {
        Manifest([
            "apiVersion": "runtime.test.sluice.dev/v1", "kind": "Widget",
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": ["size": 1],
        ])
    }

    func secret(_ name: String, _ token: String) -> Manifest {
        Manifest([
            "apiVersion": "v1", "kind": "Secret",
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "data": ["token": .string(token)],
        ])
    }

    func status(_ ready: String, _ phase: String) -> JSONValue {
        let now = SystemClock().now().wholeSeconds.rfc3339
        return [
            "observedGeneration": 1, "phase": .string(phase),
            "conditions": [
                [
                    "type": "Ready", "status": .string(ready), "reason": .string(phase), "message": "",
                    "observedGeneration": 1, "lastTransitionTime": .string(now),
                ]
            ],
        ]
    }
}
