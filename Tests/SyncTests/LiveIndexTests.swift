import Core
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import Sync

@Suite("The live index")
struct LiveIndexTests {
    @Test("a watch bears no trace of the reconcile that asked first")
    func trace() async throws {
        let transport = ScriptedTransport()
        transport.allow(
            "GET", "/api/v1",
            .json(
                """
                {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[{"name":"configmaps",\
                "singularName":"configmap","namespaced":true,"kind":"ConfigMap","verbs":["list","watch"]}]}
                """))
        transport.allow("GET", "/version", .json(#"{"major":"1","minor":"30","gitVersion":"v1.30.0"}"#))
        let traces = Mutex<[TraceContext?]>([])
        transport.expect("GET", "/api/v1/configmaps", .status(403, "Forbidden")) { _ in
            traces.withLock { $0.append(TraceContext.current) }
        }
        transport.allow("GET", "/api/v1/configmaps", .status(403, "Forbidden"))
        let index = LiveIndex(
            client: KubernetesClient(
                configuration: ClusterConfiguration(server: "https://server.test:6443", credentials: .none),
                transport: transport))
        await #expect(throws: KubernetesError.self) {
            try await TraceContext.$current.withValue(TraceContext()) {
                try await index.watch(
                    [GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")], for: Fixture.environment)
            }
        }
        #expect(traces.withLock { $0 } == [nil])
        transport.finish()
    }
}
