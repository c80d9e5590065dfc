package import KubernetesClient
package import KubernetesModel

/// The objects of one resource, through a client.
package struct ResourceStore: ObjectStore {
    private let client: KubernetesClient
    private let resource: APIResource
    private let fieldManager: String

    /// - Parameter fieldManager: the name under which the server records the fields that are written.
    package init(client: KubernetesClient, resource: APIResource, fieldManager: String) {
        self.client = client
        self.resource = resource
        self.fieldManager = fieldManager
    }

    package func read(_ name: NamespacedName) async throws -> Manifest? {
        try await client.getIfPresent(resource, namespace: name.namespace, name: name.name)
    }

    package func merge(_ patch: JSONValue, into name: NamespacedName, status: Bool) async throws -> WriteAnswer {
        do throws(KubernetesError) {
            return .written(
                try await client.patch(
                    resource, namespace: name.namespace, name: name.name, .merge(patch),
                    options: WriteOptions(fieldManager: fieldManager, subresource: status ? "status" : nil)))
        } catch {
            if error.isConflict { return .conflict }
            if error.isNotFound { return .gone }
            throw error
        }
    }
}
