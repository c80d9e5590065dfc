/// The orders in which kustomize prints objects.
enum OutputOrder {
    static func apply(_ options: SortOptions?, to list: inout ResourceList) {
        guard options?.isLegacy ?? true else { return }
        let first = ranks(options?.orderFirst ?? defaultFirst)
        let last = ranks(options?.orderLast ?? defaultLast)
        let keys = list.resources.map { Key($0, first, last, last.count) }
        let order = keys.indices.sorted { a, b in
            keys[a] == keys[b] ? a < b : keys[a] < keys[b]
        }
        list.reorder { resources in
            let old = resources
            resources = order.map { old[$0] }
        }
    }

    /// Where objects of a kind stand by default: below zero before all others, above zero behind them.
    static func rank(of kind: String) -> Int {
        if let index = defaultFirst.firstIndex(of: kind) { return index - defaultFirst.count }
        return (defaultLast.firstIndex(of: kind) ?? -1) + 1
    }

    private static func ranks(_ kinds: [String]) -> [String: Int] {
        Dictionary(kinds.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// What objects are compared by.
    private struct Key: Comparable {
        let rank: Int
        let kind: String
        let isCore: Bool
        let type: String
        /// Namespace and name in one text, so `a-b` stands before `a`: the mark between them comes after `-`.
        let place: String

        init(_ resource: Resource, _ first: [String: Int], _ last: [String: Int], _ lastCount: Int) {
            let id = resource.id
            if let index = first[id.kind] {
                rank = -first.count + index
            } else if let index = last[id.kind] {
                rank = 1 + index
            } else {
                rank = 0
            }
            kind = id.kind
            isCore = id.group.isEmpty
            type =
                (id.group.isEmpty ? "~G" : id.group) + "_" + (id.version.isEmpty ? "~V" : id.version) + "_"
                + (id.kind.isEmpty ? "~K" : id.kind)
            place = (id.namespace.isEmpty ? "~X" : id.namespace) + "|" + (id.name.isEmpty ? "~N" : id.name)
        }

        static func < (a: Key, b: Key) -> Bool {
            if a.rank != b.rank { return a.rank < b.rank }
            // The core group stands after the named ones, but Namespaces come before what else is called so.
            if a.kind == "Namespace", b.kind == "Namespace", a.type != b.type, a.isCore || b.isCore {
                return b.type.utf8.lexicographicallyPrecedes(a.type.utf8)
            }
            let (x, y) = a.type == b.type ? (a.place, b.place) : (a.type, b.type)
            return x.utf8.lexicographicallyPrecedes(y.utf8)
        }
    }

    private static let defaultFirst = [
        "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
        "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret",
        "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim",
        "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
    ]
    private static let defaultLast = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]
}
