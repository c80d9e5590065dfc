package import Core
internal import KubernetesModel

/// A pattern of `clusterResources` and `namespacedResources`; `*` globs in both parts.
package struct ResourcePattern: Sendable, Hashable {
    private let group: Glob
    private let kind: Glob

    package init(group: String, kind: String) {
        self.group = Glob(group)
        self.kind = Glob(kind)
    }

    func matches(_ groupKind: GroupKind) -> Bool {
        group.matches(groupKind.group) && kind.matches(groupKind.kind)
    }
}

/// Where an environment may put objects, and which kinds.
package struct ScopePolicy: Sendable, Hashable {
    /// Nil allows every namespace; an empty list allows none.
    package var allowedNamespaces: GlobList?
    /// Cluster-scoped kinds must match one of these.
    package var clusterAllow: [ResourcePattern]
    package var clusterDeny: [ResourcePattern]
    /// Namespaced kinds must match one of these, unless the list is empty, which allows all.
    package var namespacedAllow: [ResourcePattern]
    package var namespacedDeny: [ResourcePattern]

    package init(
        allowedNamespaces: GlobList? = nil,
        clusterAllow: [ResourcePattern] = [ResourcePattern(group: "*", kind: "*")],
        clusterDeny: [ResourcePattern] = [],
        namespacedAllow: [ResourcePattern] = [],
        namespacedDeny: [ResourcePattern] = []
    ) {
        self.allowedNamespaces = allowedNamespaces
        self.clusterAllow = clusterAllow
        self.clusterDeny = clusterDeny
        self.namespacedAllow = namespacedAllow
        self.namespacedDeny = namespacedDeny
    }

    /// Why an object may not be applied, or nil where it may.
    func violation(_ key: ObjectKey, origin: String) -> SyncError? {
        let where_ = origin.isEmpty ? "\(key)" : "\(key) (\(origin))"
        if key.namespace.isEmpty {
            if clusterDeny.contains(where: { $0.matches(key.groupKind) }) {
                return SyncError(
                    .resourceNotAllowed, "\(where_): the kind is denied by destination.clusterResources.deny")
            }
            if !clusterAllow.contains(where: { $0.matches(key.groupKind) }) {
                return SyncError(
                    .resourceNotAllowed, "\(where_): the kind is not allowed by destination.clusterResources.allow")
            }
            // A Namespace object is a way into the namespace that it names.
            if key.groupKind == GroupKind(group: "", kind: "Namespace") {
                return namespaceViolation(key.name, where_)
            }
            return nil
        }
        if namespacedDeny.contains(where: { $0.matches(key.groupKind) }) {
            return SyncError(
                .resourceNotAllowed, "\(where_): the kind is denied by destination.namespacedResources.deny")
        }
        if !namespacedAllow.isEmpty, !namespacedAllow.contains(where: { $0.matches(key.groupKind) }) {
            return SyncError(
                .resourceNotAllowed, "\(where_): the kind is not allowed by destination.namespacedResources.allow")
        }
        return namespaceViolation(key.namespace, where_)
    }

    private func namespaceViolation(_ namespace: String, _ where_: String) -> SyncError? {
        guard let allowedNamespaces, !allowedNamespaces.matches(namespace) else { return nil }
        return SyncError(
            .namespaceNotAllowed, "\(where_): namespace \"\(namespace)\" is not in destination.allowedNamespaces")
    }
}
