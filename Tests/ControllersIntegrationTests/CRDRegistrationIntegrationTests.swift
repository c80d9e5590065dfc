import Controllers
import HTTP
import KubernetesClient
import KubernetesModel
import Logging
import Testing

/// What the operator does with its own definitions when it starts.
@Suite(.enabled(if: Site.kubeconfig != nil, "SLUICE_TEST_KUBECONFIG names no cluster"), .serialized)
struct CRDRegistrationIntegrationTests {
    private static let definitions = APIResource(
        gvk: GroupVersionKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition"),
        plural: "customresourcedefinitions", namespaced: false)

    private func register(_ transport: CurlTransport) async throws -> [String: Int] {
        let counters = RequestCounters()
        let client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: Site.kubeconfig), transport: transport,
            observer: counters)
        try await CRDRegistration(client: client, logger: Logger(label: "test")).run()
        return Dictionary(counters.snapshot.map { ($0.key.verb, $0.value) }, uniquingKeysWith: +)
    }

    @Test func `what stands as it should is not written again, and what was changed by hand is put right`() async throws
    {
        let transport = try CurlTransport()
        defer { transport.shutdown() }
        _ = try await register(transport)
        #expect(try await register(transport) == ["raw": 1, "get": 3])

        let client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: Site.kubeconfig), transport: transport)
        _ = try await client.patch(
            Self.definitions, namespace: nil, name: "rollbacks.sluice.dev",
            .merge(["metadata": ["labels": ["app.kubernetes.io/part-of": "something-else"]]]),
            options: WriteOptions(fieldManager: "somebody"))
        #expect(try await register(transport) == ["raw": 1, "get": 3, "apply": 1])
        let mended = try await client.get(Self.definitions, namespace: nil, name: "rollbacks.sluice.dev")
        #expect(mended.label("app.kubernetes.io/part-of") == "sluice")
        #expect(try await register(transport) == ["raw": 1, "get": 3])
    }
}
