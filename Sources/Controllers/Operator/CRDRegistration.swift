internal import Core
package import KubernetesClient
internal import KubernetesModel
package import Logging
internal import SluiceAPI

/// Registers this project's CRDs and waits until they are served.
package struct CRDRegistration: Sendable {
    private static let resource = APIResource(
        gvk: GroupVersionKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition"),
        plural: "customresourcedefinitions", namespaced: false)
    /// How long the API server may take to serve a new definition.
    private static let patience = 300

    private let client: KubernetesClient
    private let logger: Logger

    package init(client: KubernetesClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Returns once all of them are served.
    package func run() async throws {
        let definitions = SluiceAPI.crds(withRules: try await knowsRules())
        for definition in definitions {
            _ = try await client.apply(Self.resource, definition, fieldManager: FieldManager.name)
        }
        for definition in definitions { try await waitUntilEstablished(definition.name) }
        logger.info("CRDs are registered", metadata: .init([.count: definitions.count]))
    }

    /// Whether the server understands rules in the definitions; one that does not would refuse them.
    private func knowsRules() async throws -> Bool {
        let version = try JSONValue(parsing: try await client.raw("GET", path: "/version"))
        return SluiceAPI.knowsRules(
            major: version["major"]?.stringValue ?? "", minor: version["minor"]?.stringValue ?? "")
    }

    private func waitUntilEstablished(_ name: String) async throws {
        for _ in 0..<Self.patience {
            let definition = try await client.get(Self.resource, namespace: nil, name: name)
            let conditions = definition.json["status"]?["conditions"]?.arrayValue ?? []
            let established = conditions.contains {
                $0["type"]?.stringValue == "Established" && $0["status"]?.stringValue == "True"
            }
            if established { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw ChangeError(
            "NotEstablished", "CustomResourceDefinition \(name) is not established after 30 s", disposition: .transient)
    }
}
