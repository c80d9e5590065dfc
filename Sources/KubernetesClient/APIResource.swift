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

/// Percent-encoding (RFC 3986) of one path segment or query value.
enum URLText {
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        // A segment of dots alone would be resolved away.
        let dots = text == "." || text == ".."
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                if dots { out.append(contentsOf: "%2E".utf8) } else { out.append(byte) }
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// `?a=1&b=2`, or nothing for no pairs.
    static func query(_ pairs: [(String, String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "?" + pairs.map { "\($0.0)=\(escape($0.1))" }.joined(separator: "&")
    }
}
