package import KubernetesModel

/// What the API server said to a conditional write.
package enum WriteAnswer: Sendable, Hashable {
    /// It was done; the object as it is now.
    case written(Manifest)
    /// The object is no longer the one that the write was based on.
    case conflict
    /// There is no such object.
    case gone
}

/// Reads and patches the objects of one resource in one cluster; what status writers and finalizers need of a client.
package protocol ObjectStore: Sendable {
    /// The object as the API server has it now, or nil.
    func read(_ name: NamespacedName) async throws -> Manifest?
    /// Applies a JSON merge patch (RFC 7386) to the object, or to its status when `status` is set.
    ///
    /// A `metadata.resourceVersion` in the patch makes the write conditional.
    func merge(_ patch: JSONValue, into name: NamespacedName, status: Bool) async throws -> WriteAnswer
}
