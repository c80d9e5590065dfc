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

    /// What changed of an object.
    package enum Change: Sendable {
        /// Nothing but its status, which only this operator writes.
        case status
        /// Anything else: it appeared, or has another spec or other metadata.
        case whole
        /// It is there no longer.
        case gone
    }

    package let cache: ObjectCache<Entry>

    /// - Parameter changed: told of each object that appeared, changed or went. Must not block.
    package init(changed: @escaping @Sendable (NamespacedName, Change) -> Void) {
        cache = ObjectCache(
            transform: { Entry($0) },
            onChange: { change in
                guard let new = change.new else { return changed(change.name, .gone) }
                let isStatus = change.old.map { new.manifest.differsInStatusOnly(from: $0.manifest) }
                changed(change.name, isStatus ?? false ? .status : .whole)
            })
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

    /// Every readable object, in no order.
    package var all: [R] { cache.filter { _ in true }.compactMap { try? $0.object.get() } }
}

extension Manifest {
    /// Whether two versions of one object differ in nothing that anybody but the writer of its status has set.
    package func differsInStatusOnly(from other: Manifest) -> Bool {
        func rest(_ manifest: Manifest) -> JSONValue {
            var json = manifest.json
            json["status"] = nil
            var metadata = manifest.metadata
            metadata["resourceVersion"] = nil
            metadata["managedFields"] = nil
            json["metadata"] = .object(metadata)
            return json
        }
        return rest(self) == rest(other)
    }
}
