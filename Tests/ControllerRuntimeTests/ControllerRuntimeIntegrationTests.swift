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

    @Test("hands its shards over when their work has ended, faster than they would expire", .timeLimit(.minutes(2)))
    func handOver() async throws {
        try await Cluster.with { cluster in
            let (starts, started) = AsyncStream<String>.makeStream()
            let workers = Workers()
            let replica = { @Sendable (name: String) in
                Task {
                    await cluster.election(name, shards: 1).run { term in
                        #expect(workers.begin(name, term.shard))
                        started.yield(name)
                        try? await Task.sleep(for: .seconds(600))
                        workers.end(term.shard)
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
            let took = ContinuousClock.now - begin
            print("handed over in \(took)")
            #expect(took < .seconds(10))
            second.cancel()
            await second.value
            let left = Roster(try await cluster.client.get(.leases, namespace: cluster.namespace, name: "sluice"))
            #expect(left.members.isEmpty && left.holders.isEmpty, "both have left")
        }
    }

    @Test("replicas that come and go share what there is", .timeLimit(.minutes(2)))
    func rebalance() async throws {
        try await Cluster.with { cluster in
            let workers = Workers()
            func join(_ name: String) -> Task<Void, Never> {
                let election = cluster.election(name, shards: 7)
                return Task {
                    await election.run { term in
                        #expect(workers.begin(name, term.shard))
                        try? await Task.sleep(for: .seconds(600))
                        workers.end(term.shard)
                    }
                }
            }
            var replicas: [Task<Void, Never>] = []
            for (name, shares) in [("a", [7]), ("b", [3, 4]), ("c", [2, 2, 3])] {
                replicas.append(join(name))
                let took = try await workers.until(shares)
                print("\(name) has come: \(shares) after \(took)")
            }
            replicas[0].cancel()
            let took = try await workers.until([3, 4])
            print("a has gone: [3, 4] after \(took)")
            let lease = try await cluster.client.get(.leases, namespace: cluster.namespace, name: "sluice")
            let holder = lease.json["spec"]?["holderIdentity"]?.stringValue ?? ""
            #expect(holder.hasPrefix("b (") && holder.contains(", c ("), "\(holder)")
            for replica in replicas {
                replica.cancel()
                await replica.value
            }
        }
    }
}

/// Who works on which shard at the moment.
private final class Workers: Sendable {
    private let names = Mutex<[Shard: String]>([:])

    /// Whether nobody else works on it.
    func begin(_ name: String, _ shard: Shard) -> Bool { names.withLock { $0.updateValue(name, forKey: shard) == nil } }

    func end(_ shard: Shard) { names.withLock { $0[shard] = nil } }

    /// Waits until the replicas have so many shards each, in order of number, and returns how long that took.
    func until(_ shares: [Int]) async throws -> Duration {
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(60) {
            let held = names.withLock { names in Dictionary(grouping: names.values, by: { $0 }).values.map(\.count) }
            if held.sorted() == shares { return ContinuousClock.now - begin }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the shares never were \(shares)")
        throw CancellationError()
    }
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

    /// A replica's part in the election.
    func election(_ name: String, shards: Int) -> ShardElection {
        ShardElection(
            client: client, lease: NamespacedName(namespace: namespace, name: "sluice"), name: name, shards: shards,
            logger: logger)
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
