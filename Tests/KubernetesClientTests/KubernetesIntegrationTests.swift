internal import Core
internal import FoundationEssentials
internal import HTTP
internal import KubernetesModel
internal import Logging
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

/// The cluster of the tests, if there is one.
enum TestCluster {
    static let kubeconfig = ProcessInfo.processInfo.environment["SLUICE_TEST_KUBECONFIG"]
    static let missing: Comment = "no cluster: set SLUICE_TEST_KUBECONFIG, or run hack/test"

    static func configuration() throws -> ClusterConfiguration {
        try ClusterConfiguration.load(path: kubeconfig ?? "")
    }
}

@Suite(
    "Against an API server", .serialized, .enabled(if: TestCluster.kubeconfig != nil, TestCluster.missing),
    .timeLimit(.minutes(2)))
struct KubernetesIntegrationTests {
    let transport: CurlTransport
    let counters = RequestCounters()
    let client: KubernetesClient
    let namespace = "client-\(UInt32.random(in: .min ... .max))"

    init() throws {
        transport = try CurlTransport()
        client = KubernetesClient(
            configuration: try TestCluster.configuration(), transport: transport, observer: counters)
    }

    /// Runs with a namespace of its own.
    func withNamespace(_ body: () async throws -> Void) async throws {
        _ = try await client.create(
            .namespaces, Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]))
        do {
            try await body()
        } catch {
            try await client.delete(.namespaces, namespace: nil, name: namespace)
            throw error
        }
        try await client.delete(.namespaces, namespace: nil, name: namespace)
    }

    func configMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) -> Manifest {
        Manifest([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "labels": .object(JSONObject(labels)),
            ],
            "data": .object(JSONObject(data)),
        ])
    }

    @Test("creates, reads, applies, patches, lists and deletes")
    func objects() async throws {
        try await withNamespace {
            let created = try await client.create(.configMaps, configMap("a", ["k": "1"]))
            #expect(!created.uid.isEmpty)
            let again = await #expect(throws: KubernetesError.self) {
                _ = try await client.create(.configMaps, configMap("a"))
            }
            #expect(again?.isAlreadyExists == true)

            let applied = try await client.apply(.configMaps, configMap("b", ["k": "1"]), fieldManager: "one")
            #expect(applied.metadata["managedFields"]?.arrayValue?.count == 1)
            let conflict = await #expect(throws: KubernetesError.self) {
                _ = try await client.apply(
                    .configMaps, configMap("b", ["k": "2"]), fieldManager: "two", force: false)
            }
            #expect(conflict?.isConflict == true)
            #expect(conflict?.causes.map(\.reason) == ["FieldManagerConflict"])
            let dry = try await client.apply(
                .configMaps, configMap("b", ["k": "2"]), fieldManager: "two", dryRun: true)
            #expect(dry.json["data"]?["k"] == "2")
            #expect(
                try await client.get(.configMaps, namespace: namespace, name: "b").json["data"]?["k"] == "1")

            let patched = try await client.patch(
                .configMaps, namespace: namespace, name: "b", .merge(["data": ["k": "3"]]))
            #expect(patched.json["data"]?["k"] == "3")
            let stale = await #expect(throws: KubernetesError.self) {
                _ = try await client.update(.configMaps, applied)
            }
            #expect(stale?.isConflict == true)

            let wrongUID = await #expect(throws: KubernetesError.self) {
                try await client.delete(
                    .configMaps, namespace: namespace, name: "b", options: DeleteOptions(uid: created.uid))
            }
            #expect(wrongUID?.isConflict == true)
            try await client.delete(.configMaps, namespace: namespace, name: "b")
            #expect(try await client.getIfPresent(.configMaps, namespace: namespace, name: "b") == nil)
        }
    }

    @Test("pages through a list")
    func pages() async throws {
        try await withNamespace {
            for index in 0..<7 {
                _ = try await client.create(.configMaps, configMap("m\(index)", labels: ["of": "pages"]))
            }
            var sizes: [Int] = []
            let selector = ObjectSelector(namespace: namespace, labels: "of=pages")
            let version = try await client.listPages(.configMaps, selector, pageSize: 3) { sizes.append($0.count) }
            #expect(sizes == [3, 3, 1])
            #expect(!version.isEmpty)
        }
    }

    @Test("discovers kinds, and says what is not served")
    func discovery() async throws {
        let deployment = try await client.resource(for: Fixture.deployments.gvk)
        #expect(deployment.plural == "deployments" && deployment.subresources.isSuperset(of: ["status", "scale"]))
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await client.resource(for: GroupVersionKind(group: "none.test", version: "v1", kind: "None"))
        }
        #expect(error?.code == .unknownKind)
        #expect(try await client.discovery.versions(ofGroup: "apps").contains("v1"))
    }

    @Test("an invalid object is told with its field, a Secret's without its value")
    func invalid() async throws {
        try await withNamespace {
            let bad = Manifest([
                "apiVersion": "v1", "kind": "Service",
                "metadata": ["name": "s", "namespace": .string(namespace)],
                "spec": ["ports": [["port": 99_999, "protocol": "TCP"]]],
            ])
            let services = try await client.resource(for: bad.gvk)
            let error = await #expect(throws: KubernetesError.self) {
                _ = try await client.apply(services, bad, fieldManager: "sluice")
            }
            #expect(error?.isInvalid == true)
            #expect(error?.causes.contains { $0.field == "spec.ports[0].port" } == true)

            let secret = Manifest([
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": .string(namespace)],
                "type": "kubernetes.io/dockerconfigjson", "data": [".dockerconfigjson": "aHVudGVyMg=="],
            ])
            let leak = await #expect(throws: KubernetesError.self) {
                _ = try await client.apply(.secrets, secret, fieldManager: "sluice")
            }
            #expect(leak?.isInvalid == true)
            #expect(leak.map { "\($0) \($0.causes)".contains("aHVudGVyMg") } == false)
        }
    }

    @Test("reflects changes, and an idle cache sends nothing")
    func reflects() async throws {
        try await withNamespace {
            _ = try await client.create(.configMaps, configMap("a", ["k": "1"], labels: ["of": "cache"]))
            let journal = Journal()
            let cache = ObjectCache<String>(
                transform: { $0.json["data"]?["k"]?.stringValue },
                onChange: { journal.note("\($0.name.name) \($0.old ?? "-")>\($0.new ?? "-")") })
            let reflector = Reflector(
                client: client, resource: .configMaps,
                selector: ObjectSelector(namespace: namespace, labels: "of=cache"))
            let task = Task { await cache.run(reflector) }
            try await cache.waitUntilSynced()
            #expect(cache.values == ["1"])
            _ = try await client.apply(
                .configMaps, configMap("a", ["k": "2"], labels: ["of": "cache"]), fieldManager: "x")
            await journal.until("a 1>2")
            try await client.delete(.configMaps, namespace: namespace, name: "a")
            await journal.until("a 2>-")
            #expect(counters.total(verb: "list") == 1)
            #expect(counters.total(verb: "watch") == 1)
            task.cancel()
            await task.value
        }
    }

    @Test("a watch from a version that is long gone lists anew")
    func compacted() async throws {
        let events = try? await client.watch(
            .configMaps, WatchOptions(ObjectSelector(namespace: "default"), resourceVersion: "1", timeoutSeconds: 5))
        // Either the server refuses at once or in the stream, or it still knows version 1 (a young cluster).
        if let events {
            do throws(KubernetesError) {
                for try await _ in events { break }
            } catch {
                #expect(error.isGone)
            }
        }
    }

    @Test("who is not trusted is refused: a server with another CA, a client without a certificate")
    func trust() async throws {
        var stranger = try TestCluster.configuration()
        stranger.tls.caPEM = nil
        let untrusted = KubernetesClient(configuration: stranger, transport: transport)
        let tls = await #expect(throws: KubernetesError.self) { _ = try await untrusted.raw("GET", path: "/version") }
        #expect(tls?.transportError?.code == .tlsFailed)

        var nobody = try TestCluster.configuration()
        nobody.tls.clientCertificatePEM = nil
        nobody.tls.clientKeyPEM = nil
        let anonymous = KubernetesClient(configuration: nobody, transport: transport)
        let forbidden = await #expect(throws: KubernetesError.self) { _ = try await anonymous.list(.secrets) }
        #expect(forbidden?.isForbidden == true)
        nobody.credentials = .bearer("wrong")
        let wrong = KubernetesClient(configuration: nobody, transport: transport)
        let unauthorized = await #expect(throws: KubernetesError.self) { _ = try await wrong.list(.secrets) }
        #expect(unauthorized?.code == .unauthorized)
        #expect(unauthorized?.message.contains("wrong") == false)
    }

    @Test("the server's name may differ from the host we connect to")
    func serverName() async throws {
        var configuration = try TestCluster.configuration()
        configuration.tls.serverName = "kubernetes.default.svc"
        let named = KubernetesClient(configuration: configuration, transport: transport)
        #expect(try await !named.raw("GET", path: "/version").isEmpty)
        configuration.tls.serverName = "somebody.else"
        let wrong = KubernetesClient(configuration: configuration, transport: transport)
        let error = await #expect(throws: KubernetesError.self) { _ = try await wrong.raw("GET", path: "/version") }
        #expect(error?.transportError?.code == .tlsFailed)
    }

    @Test("acts as another user, whom the server may refuse")
    func impersonation() async throws {
        let nobody = try client.impersonating(user: "nobody", groups: ["system:authenticated"])
        let error = await #expect(throws: KubernetesError.self) { _ = try await nobody.list(.configMaps) }
        #expect(error?.isForbidden == true)
        #expect(error?.message.contains("\"nobody\"") == true)
    }

    @Test("events are written once and then counted")
    func events() async throws {
        try await withNamespace {
            let recorder = EventRecorder(
                client: client, controller: "sluice.dev/test", instance: "test", logger: Logger(label: "test"))
            let task = Task { await recorder.run() }
            let event = ObjectEvent(
                .warning,
                regarding: ObjectReference(apiVersion: "v1", kind: "ConfigMap", namespace: namespace, name: "a"),
                reason: "Tested", action: "Test", note: "as it should be")
            for _ in 0..<3 { recorder.record(event) }
            let resource = try await client.resource(
                for: GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event"))
            var found: [Manifest] = []
            for _ in 0..<100 {
                found = try await client.list(resource, ObjectSelector(namespace: namespace))
                if found.first?.json["series"]?["count"]?.intValue == 3 { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(found.count == 1)
            #expect(found.first?.json["series"]?["count"]?.intValue == 3)
            #expect(found.first?.json["reason"] == "Tested")
            #expect(recorder.lost == 0)
            task.cancel()
            await task.value
        }
    }

    @Test("many requests share few connections")
    func multiplexing() async throws {
        try await withNamespace {
            let client = client
            let namespace = namespace
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    let manifest = configMap("c\(index)", ["k": "v"])
                    group.addTask { _ = try await client.apply(.configMaps, manifest, fieldManager: "sluice") }
                }
                try await group.waitForAll()
            }
            let all = try await client.list(.configMaps, ObjectSelector(namespace: namespace))
            #expect(all.filter { $0.name.hasPrefix("c") }.count == 100)
            // One with HTTP/2; a few more while the first is not yet known to speak it.
            #expect((1...4).contains(transport.connectionsOpened))
        }
    }
}
