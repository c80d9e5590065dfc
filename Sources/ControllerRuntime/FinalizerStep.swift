package import KubernetesModel

/// Adds and removes one finalizer of an object, and leaves those of others alone.
///
/// Every write is conditional on the version it was computed from, so two that work on the list at once do not undo
/// each other; a conflict reads the object again and is tried again a few times.
package struct FinalizerStep: Sendable {
    /// The finalizer's name, `domain/name`.
    package let name: String
    private let store: any ObjectStore

    package init(name: String, store: any ObjectStore) {
        self.name = name
        self.store = store
    }

    /// Sees to it that the finalizer is there and returns the object as it is then.
    ///
    /// An object that is being deleted gets none, as the API server would refuse it. Nil if the object is gone.
    @discardableResult
    package func ensure(on object: Manifest) async throws -> Manifest? {
        try await change(object) { current in
            guard current.deletionTimestamp == nil, !current.finalizers.contains(name) else { return nil }
            return current.finalizers + [name]
        }
    }

    /// Sees to it that the finalizer is not there; the last one of an object that is being deleted ends it.
    @discardableResult
    package func remove(from object: Manifest) async throws -> Manifest? {
        try await change(object) { current in
            current.finalizers.contains(name) ? current.finalizers.filter { $0 != name } : nil
        }
    }

    private func change(_ object: Manifest, _ finalizers: (Manifest) -> [String]?) async throws -> Manifest? {
        var current = object
        for _ in 0..<5 {
            guard let wanted = finalizers(current) else { return current }
            let patch: JSONValue = [
                "metadata": [
                    "resourceVersion": .string(current.resourceVersion), "uid": .string(current.uid),
                    "finalizers": wanted.isEmpty ? .null : .array(wanted.map(JSONValue.string)),
                ]
            ]
            switch try await store.merge(patch, into: current.namespacedName, status: false) {
            case .written(let result): return result
            case .gone: return nil
            case .conflict:
                guard let now = try await store.read(current.namespacedName), now.uid == object.uid else { return nil }
                current = now
            }
        }
        throw StatusError(.conflict, object: object.namespacedName.description)
    }
}
