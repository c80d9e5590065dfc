internal import KubernetesModel

/// What kustomize tells objects apart by.
struct ResourceID: Hashable, Sendable, CustomStringConvertible {
    var group: String
    var version: String
    var kind: String
    var name: String
    /// As the object has it: empty stands for "default" where the object is namespaced.
    var namespace: String

    init(group: String, version: String, kind: String, name: String, namespace: String) {
        self.group = group
        self.version = version
        self.kind = kind
        self.name = name
        self.namespace = namespace
    }

    var isClusterScoped: Bool { ClusterScope.contains(group: group, version: version, kind: kind) }

    /// The namespace that counts: cluster-scoped objects share one, an empty one is "default".
    var effectiveNamespace: String {
        if isClusterScoped { return ResourceID.clusterScope }
        return namespace.isEmpty ? "default" : namespace
    }

    /// What kustomize calls the namespace of cluster-scoped objects; selectors can match it.
    static let clusterScope = "_non_namespaceable_"

    /// The same identity for every spelling of it.
    var normalised: ResourceID {
        var copy = self
        copy.namespace = effectiveNamespace
        return copy
    }

    /// `apps/v1 Deployment shop/web`
    var description: String {
        let type = [group.isEmpty ? version : "\(group)/\(version)", kind].filter { !$0.isEmpty }
        return type.joined(separator: " ") + " " + (namespace.isEmpty ? "" : namespace + "/") + name
    }
}

/// A selection of kinds in which an empty part means any.
struct KindSelector: Hashable, Sendable {
    var group = ""
    var version = ""
    var kind = ""

    func selects(group: String, version: String, kind: String) -> Bool {
        (self.kind.isEmpty || self.kind == kind) && (self.group.isEmpty || self.group == group)
            && (self.version.isEmpty || self.version == version)
    }

    func selects(_ id: ResourceID) -> Bool { selects(group: id.group, version: id.version, kind: id.kind) }
    func selects(_ other: KindSelector) -> Bool {
        selects(group: other.group, version: other.version, kind: other.kind)
    }

    /// The order of kustomize's own tables: by rank of the kind, then as texts in which `~` stands for any.
    func precedes(_ other: KindSelector) -> Bool {
        let (a, b) = (OutputOrder.rank(of: kind), OutputOrder.rank(of: other.kind))
        if a != b { return a < b }
        return sortText.utf8.lexicographicallyPrecedes(other.sortText.utf8)
    }

    private var sortText: String {
        (group.isEmpty ? "~G" : group) + "_" + (version.isEmpty ? "~V" : version) + "_" + (kind.isEmpty ? "~K" : kind)
    }
}

/// The kinds that kustomize knows to stand outside namespaces: a fixed table; anything else is namespaced.
enum ClusterScope {
    static func contains(group: String, version: String, kind: String) -> Bool {
        guard let versions = table[kind] else { return false }
        return versions.contains { $0.group == group && $0.version == version }
    }

    private static let table: [String: [KindSelector]] = {
        var table: [String: [KindSelector]] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            let gvk = GroupVersionKind(apiVersion: fields[0], kind: "")
            for kind in fields.dropFirst() {
                table[kind, default: []].append(KindSelector(group: gvk.group, version: gvk.version, kind: kind))
            }
        }
        return table
    }()

    private static let text = """
        admissionregistration.k8s.io/v1 MutatingWebhookConfiguration ValidatingWebhookConfiguration
        admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration ValidatingWebhookConfiguration
        apiextensions.k8s.io/v1 CustomResourceDefinition
        apiextensions.k8s.io/v1beta1 CustomResourceDefinition
        apiregistration.k8s.io/v1 APIService
        apiregistration.k8s.io/v1beta1 APIService
        certificates.k8s.io/v1 CertificateSigningRequest
        certificates.k8s.io/v1beta1 CertificateSigningRequest
        flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema PriorityLevelConfiguration
        networking.k8s.io/v1 IngressClass
        networking.k8s.io/v1beta1 IngressClass
        node.k8s.io/v1 RuntimeClass
        node.k8s.io/v1beta1 RuntimeClass
        policy/v1beta1 PodSecurityPolicy
        rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding
        rbac.authorization.k8s.io/v1beta1 ClusterRole ClusterRoleBinding
        scheduling.k8s.io/v1 PriorityClass
        scheduling.k8s.io/v1beta1 PriorityClass
        storage.k8s.io/v1 CSIDriver CSINode StorageClass VolumeAttachment
        storage.k8s.io/v1beta1 CSIDriver CSINode StorageClass VolumeAttachment
        v1 ComponentStatus Namespace Node NodeProxyOptions PersistentVolume
        """
}
