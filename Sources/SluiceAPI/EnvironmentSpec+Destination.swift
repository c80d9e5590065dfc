extension EnvironmentSpec {
    /// Where the apps are deployed, and what they may touch there.
    package struct Destination: Sendable, Hashable, Codable {
        /// A Secret with the key kubeconfig: another cluster. Exec plugins and insecure TLS are refused. Without it,
        /// the operator's own cluster.
        package var kubeconfigRef: LocalReference?
        /// The namespace for objects that name none; {app} stands for the app's name. Empty: the Environment's own
        /// namespace.
        package var namespace: String
        /// Creates the namespace where it is missing.
        package var createNamespace: Bool
        /// Labels and annotations for the namespaces that are created.
        package var namespaceMetadata: NamespaceMetadata
        /// The service account, in the Environment's namespace, in whose name objects are read and written. Empty: the
        /// operator's own rights.
        package var serviceAccountName: String
        /// Globs over namespaces that objects may live in; ! negates, the last match decides. Empty: only the
        /// destination namespace.
        package var allowedNamespaces: [String]
        /// Which objects without a namespace may be applied.
        package var clusterResources: ClusterResources
        /// Which objects in namespaces may be applied.
        package var namespacedResources: NamespacedResources
        /// Whether objects in the destination namespaces that no manifest names are reported.
        package var orphans: OrphanPolicy

        package init(
            kubeconfigRef: LocalReference? = nil, namespace: String = "", createNamespace: Bool = true,
            namespaceMetadata: NamespaceMetadata = NamespaceMetadata(), serviceAccountName: String = "",
            allowedNamespaces: [String] = [], clusterResources: ClusterResources = ClusterResources(),
            namespacedResources: NamespacedResources = NamespacedResources(), orphans: OrphanPolicy = .ignore
        ) {
            self.kubeconfigRef = kubeconfigRef
            self.namespace = namespace
            self.createNamespace = createNamespace
            self.namespaceMetadata = namespaceMetadata
            self.serviceAccountName = serviceAccountName
            self.allowedNamespaces = allowedNamespaces
            self.clusterResources = clusterResources
            self.namespacedResources = namespacedResources
            self.orphans = orphans
        }
    }

    /// Labels and annotations for the namespaces that are created.
    package struct NamespaceMetadata: Sendable, Hashable, Codable {
        /// Labels for the namespaces.
        package var labels: [String: String]
        /// Annotations for the namespaces.
        package var annotations: [String: String]

        package init(
            labels: [String: String] = [:], annotations: [String: String] = [:]
        ) {
            self.labels = labels
            self.annotations = annotations
        }
    }

    /// Which objects without a namespace may be applied.
    package struct ClusterResources: Sendable, Hashable, Codable {
        /// What may be applied; an empty list means nothing.
        package var allow: [KindPattern]
        /// What may not be applied, whatever the other list says.
        package var deny: [KindPattern]

        package init(
            allow: [KindPattern] = [KindPattern(group: "*", kind: "*")], deny: [KindPattern] = []
        ) {
            self.allow = allow
            self.deny = deny
        }
    }

    /// Which objects in namespaces may be applied.
    package struct NamespacedResources: Sendable, Hashable, Codable {
        /// What may be applied; an empty list means everything.
        package var allow: [KindPattern]
        /// What may not be applied, whatever the other list says.
        package var deny: [KindPattern]

        package init(
            allow: [KindPattern] = [], deny: [KindPattern] = []
        ) {
            self.allow = allow
            self.deny = deny
        }
    }

    /// A kind of objects.
    package struct KindPattern: Sendable, Hashable, Codable {
        /// The API group, a glob; empty for the core group.
        package var group: String
        /// The kind, a glob.
        package var kind: String

        package init(
            group: String = "", kind: String
        ) {
            self.group = group
            self.kind = kind
        }
    }
}
