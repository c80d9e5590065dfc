/// A kind of Kubernetes object in one version of its API group.
package struct GroupVersionKind: Sendable, Hashable {
    /// Empty for the core group.
    package let group: String
    package let version: String
    package let kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    package init(apiVersion: String, kind: String) {
        if let slash = apiVersion.firstIndex(of: "/") {
            group = String(apiVersion[..<slash])
            version = String(apiVersion[apiVersion.index(after: slash)...])
        } else {
            group = ""
            version = apiVersion
        }
        self.kind = kind
    }

    /// `v1` or `apps/v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
}

extension GroupVersionKind: CustomStringConvertible {
    /// `apps/v1/Deployment`, `v1/Service`; the form of `status.managedKinds`.
    package var description: String { "\(apiVersion)/\(kind)" }

    /// Reads the form that ``description`` writes.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        switch parts.count {
        case 2: self.init(group: "", version: parts[0], kind: parts[1])
        case 3: self.init(group: parts[0], version: parts[1], kind: parts[2])
        default: return nil
        }
    }
}

/// A kind without its version: what identity, health rules and policy go by.
package struct GroupKind: Sendable, Hashable, CustomStringConvertible {
    package let group: String
    package let kind: String

    package init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    /// `Deployment.apps`, `Service`.
    package var description: String { group.isEmpty ? kind : "\(kind).\(group)" }
}

/// The REST resource that serves a kind.
package struct GroupVersionResource: Sendable, Hashable, CustomStringConvertible {
    package let group: String
    package let version: String
    /// The plural name in lower case, `deployments`.
    package let resource: String

    package init(group: String, version: String, resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    package var description: String { "\(apiVersion)/\(resource)" }
}

/// The name of an object within its cluster, whatever version it is read in.
package struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    package let groupKind: GroupKind
    /// Empty for cluster-scoped objects.
    package let namespace: String
    package let name: String

    package init(groupKind: GroupKind, namespace: String, name: String) {
        self.groupKind = groupKind
        self.namespace = namespace
        self.name = name
    }

    /// `Deployment.apps shop/web`
    package var description: String { "\(groupKind) \(namespace.isEmpty ? "" : namespace + "/")\(name)" }
}

/// A namespaced name.
package struct NamespacedName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `shop/production`
    package var description: String { "\(namespace)/\(name)" }

    package static func < (a: NamespacedName, b: NamespacedName) -> Bool {
        (a.namespace, a.name) < (b.namespace, b.name)
    }
}
