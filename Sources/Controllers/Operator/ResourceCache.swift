internal import Core
package import KubernetesClient
package import KubernetesModel
package import SluiceAPI

/// The objects of one of this project's kinds as the API server has them, typed.
package struct ResourceCache<R: CustomResource>: Sendable {
    /// An object, and what it reads as; one that cannot be read is kept, so that its status can say so.
    package struct Entry: Sendable {
        package let manifest: Manifest
        package let object: Result<R, FieldError>

        package init(_ manifest: Manifest) {
            self.manifest = manifest
            do throws(FieldError) {
                object = .success(try R(manifest: manifest))
            } catch {
                object = .failure(error)
            }
        }
    }

    package let cache: ObjectCache<Entry>

    /// - Parameter changed: told of each object that appeared, changed or went. Must not block.
    package init(changed: @escaping @Sendable (NamespacedName) -> Void) {
        cache = ObjectCache(transform: { Entry($0) }, onChange: { changed($0.name) })
    }

    package func get(_ name: NamespacedName) -> Entry? { cache.get(name) }

    /// The readable objects of a namespace, oldest first.
    package func all(in namespace: String) -> [R] {
        cache.filter { $0.manifest.namespace == namespace }
            .compactMap { try? $0.object.get() }
            .sorted {
                ($0.metadata.creationTimestamp?.microseconds ?? 0, $0.metadata.name) < (
                    $1.metadata.creationTimestamp?.microseconds ?? 0, $1.metadata.name
                )
            }
    }

    package var names: [NamespacedName] { cache.names }
}
