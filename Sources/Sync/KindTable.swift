package import KubernetesModel

/// What is known of the kinds that a cluster serves: their REST resource and whether they live in namespaces.
///
/// It is filled from discovery; definitions that are about to be applied are added, so that their instances can be
/// planned in the same sync.
package struct KindTable: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let resource: GroupVersionResource
        package let namespaced: Bool
        /// Whether a CustomResourceDefinition in the desired set is to serve it, and the cluster does not yet.
        package let pending: Bool

        package init(resource: GroupVersionResource, namespaced: Bool, pending: Bool = false) {
            self.resource = resource
            self.namespaced = namespaced
            self.pending = pending
        }
    }

    private var entries: [GroupVersionKind: Entry]

    package init(_ entries: [GroupVersionKind: Entry] = [:]) {
        self.entries = entries
    }

    package subscript(kind: GroupVersionKind) -> Entry? {
        get { entries[kind] }
        set { entries[kind] = newValue }
    }

    /// Adds what a CustomResourceDefinition will serve; versions that are known already stay as they are.
    ///
    /// A manifest that is no definition, or a malformed one, adds nothing.
    package mutating func add(definition: Manifest) {
        guard definition.gvk.groupKind == GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"),
            let spec = definition.json["spec"], let group = spec["group"]?.stringValue,
            let kind = spec["names"]?["kind"]?.stringValue, let plural = spec["names"]?["plural"]?.stringValue
        else { return }
        let namespaced = spec["scope"]?.stringValue != "Cluster"
        for version in spec["versions"]?.arrayValue ?? [] {
            guard let name = version["name"]?.stringValue, version["served"]?.boolValue != false else { continue }
            let gvk = GroupVersionKind(group: group, version: name, kind: kind)
            guard entries[gvk] == nil else { continue }
            let resource = GroupVersionResource(group: group, version: name, resource: plural)
            entries[gvk] = Entry(resource: resource, namespaced: namespaced, pending: true)
        }
    }
}
