internal import Core
package import KubernetesClient
internal import KubernetesModel
package import Logging
internal import SluiceAPI
internal import Sync

/// Registers this project's CRDs and waits until they are served.
package struct CRDRegistration: Sendable {
    private static let resource = APIResource(
        gvk: GroupVersionKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition"),
        plural: "customresourcedefinitions", namespaced: false)
    /// How long the API server may take to serve a new definition, in seconds.
    private static let patience = 30

    private let client: KubernetesClient
    private let logger: Logger

    package init(client: KubernetesClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Returns once all of them are served. A definition that stands as it would be applied is not written again.
    package func run() async throws {
        let definitions = SluiceAPI.crds(withRules: try await knowsRules())
        do throws(KubernetesError) {
            for definition in try await register(definitions) { try await waitUntilEstablished(definition) }
        } catch {
            guard error.isForbidden else { throw error }
            throw ChangeError(
                error.reason,
                "\(error.message); grant that, or register the CRDs of crds/ yourself and run with --skip-crds")
        }
        logger.info("CRDs are registered", metadata: .init([.count: definitions.count]))
    }

    private func register(_ definitions: [Manifest]) async throws(KubernetesError) -> [Manifest] {
        var registered: [Manifest] = []
        for definition in definitions {
            let live = try await client.getIfPresent(Self.resource, namespace: nil, name: definition.name)
            if let live, Fingerprint(live: live, manager: FieldManager.name) == Fingerprint(applied: definition) {
                registered.append(live)
            } else {
                registered.append(
                    try await client.apply(Self.resource, definition, fieldManager: FieldManager.name))
            }
        }
        return registered
    }

    /// Whether the server understands rules in the definitions; one that does not would refuse them.
    private func knowsRules() async throws -> Bool {
        let version = try JSONValue(parsing: try await client.raw("GET", path: "/version"))
        return SluiceAPI.knowsRules(
            major: version["major"]?.stringValue ?? "", minor: version["minor"]?.stringValue ?? "")
    }

    private func waitUntilEstablished(_ definition: Manifest) async throws(KubernetesError) {
        guard !Self.isEstablished(definition) else { return }
        let selector = ObjectSelector(fields: "metadata.name=\(definition.name)")
        let events = try await client.watch(
            Self.resource,
            WatchOptions(selector, resourceVersion: definition.resourceVersion, timeoutSeconds: Self.patience))
        for try await event in events where Self.isEstablished(event) { return }
        throw KubernetesError(
            .timeout, "CustomResourceDefinition \(definition.name) is not established after \(Self.patience) s")
    }

    private static func isEstablished(_ event: WatchEvent) -> Bool {
        switch event {
        case .added(let definition), .modified(let definition): isEstablished(definition)
        case .deleted, .bookmark, .initialEventsEnd: false
        }
    }

    private static func isEstablished(_ definition: Manifest) -> Bool {
        (definition.json["status"]?["conditions"]?.arrayValue ?? []).contains {
            $0["type"]?.stringValue == "Established" && $0["status"]?.stringValue == "True"
        }
    }
}
