package import KubernetesClient
internal import KubernetesModel
internal import Synchronization

/// The Secrets and ConfigMaps of a cluster, each through a watch with a field selector on its name, so that a role with
/// `resourceNames` suffices and no other Secret is ever seen.
package struct ClusterReferences: ReferenceSource {
    private let client: KubernetesClient

    package init(client: KubernetesClient) {
        self.client = client
    }

    package func watch(_ reference: Reference, _ handler: @escaping @Sendable (ReferenceEvent) -> Void) async {
        let resource: APIResource =
            switch reference.kind {
            case .secret: .secrets
            case .configMap: .configMaps
            }
        let selector = ObjectSelector(namespace: reference.namespace, fields: "metadata.name=\(reference.name)")
        /// Set while a list runs, to what it has found so far.
        let listed = Mutex<ReferenceContent??>(nil)
        await Reflector(client: client, resource: resource, selector: selector).run { event in
            switch event {
            case .begin:
                listed.withLock { $0 = .some(nil) }
            case .upsert(let object):
                let content = ReferenceContent(object)
                let isListing = listed.withLock { listed in
                    guard listed != nil else { return false }
                    listed = .some(content)
                    return true
                }
                if !isListing { handler(.current(content)) }
            case .delete:
                handler(.current(nil))
            case .finish:
                let content = listed.withLock { listed in
                    defer { listed = nil }
                    return listed ?? nil
                }
                handler(.current(content))
            case .disconnected(let error):
                handler(.failed(error))
            case .connected:
                break
            }
        }
    }
}
