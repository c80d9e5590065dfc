internal import HTTP
package import KubernetesModel

/// A kind and how the server serves it: what discovery says about a resource.
package struct APIResource: Sendable, Hashable {
    package let gvk: GroupVersionKind
    /// The plural name in lower case, `deployments`.
    package let plural: String
    package let namespaced: Bool
    /// `get`, `list`, `watch`, `patch` and so on. Empty where it was not discovered.
    package let verbs: Set<String>
    /// The names of its subresources, `status`, `scale`.
    package let subresources: Set<String>

    package init(
        gvk: GroupVersionKind, plural: String, namespaced: Bool, verbs: Set<String> = [],
        subresources: Set<String> = []
    ) {
        self.gvk = gvk
        self.plural = plural
        self.namespaced = namespaced
        self.verbs = verbs
        self.subresources = subresources
    }

    package var gvr: GroupVersionResource {
        GroupVersionResource(group: gvk.group, version: gvk.version, resource: plural)
    }

    /// `deployments.apps`, `services`: for messages and counters.
    package var qualifiedName: String { gvk.group.isEmpty ? plural : "\(plural).\(gvk.group)" }

    /// Whether texts about its objects may quote secret values.
    var isSensitive: Bool { gvk.group.isEmpty && gvk.kind == "Secret" }

    /// `/apis/apps/v1/namespaces/shop/deployments/web/status`, every part escaped.
    func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
        var path = gvk.group.isEmpty ? "/api/\(gvk.version)" : "/apis/\(gvk.group)/\(gvk.version)"
        if namespaced, let namespace, !namespace.isEmpty { path += "/namespaces/" + URLText.escape(namespace) }
        path += "/" + plural
        if let name { path += "/" + URLText.escape(name) }
        if let subresource { path += "/" + URLText.escape(subresource) }
        return path
    }
}

extension APIResource {
    package static let leases = APIResource(
        gvk: GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease"), plural: "leases",
        namespaced: true)
    package static let namespaces = APIResource(
        gvk: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), plural: "namespaces", namespaced: false)
    package static let secrets = APIResource(
        gvk: GroupVersionKind(group: "", version: "v1", kind: "Secret"), plural: "secrets", namespaced: true)
    package static let configMaps = APIResource(
        gvk: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", namespaced: true)
    package static let pods = APIResource(
        gvk: GroupVersionKind(group: "", version: "v1", kind: "Pod"), plural: "pods", namespaced: true)
    package static let customResourceDefinitions = APIResource(
        gvk: GroupVersionKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition"),
        plural: "customresourcedefinitions", namespaced: false)
}
