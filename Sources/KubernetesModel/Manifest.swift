/// A Kubernetes object as a document: what a render produces and an API server returns.
///
/// Reading never fails: a field of the wrong type reads as absent.
package struct Manifest: Sendable, Hashable {
    package var json: JSONValue

    package init(_ json: JSONValue) {
        self.json = json
    }

    package var apiVersion: String { json["apiVersion"]?.stringValue ?? "" }
    package var kind: String { json["kind"]?.stringValue ?? "" }
    package var gvk: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kind) }
    package var metadata: JSONObject { json["metadata"]?.objectValue ?? JSONObject() }
    package var name: String { metadata["name"]?.stringValue ?? "" }
    /// Empty where the object has none.
    package var namespace: String { metadata["namespace"]?.stringValue ?? "" }
    package var uid: String { metadata["uid"]?.stringValue ?? "" }
    package var resourceVersion: String { metadata["resourceVersion"]?.stringValue ?? "" }
    package var generation: Int64 { metadata["generation"]?.intValue ?? 0 }
    package var deletionTimestamp: String? { metadata["deletionTimestamp"]?.stringValue }
    package var labels: [String: String] { metadata["labels"]?.objectValue?.strings ?? [:] }
    package var annotations: [String: String] { metadata["annotations"]?.objectValue?.strings ?? [:] }
    package var finalizers: [String] { metadata["finalizers"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    package var key: ObjectKey { ObjectKey(groupKind: gvk.groupKind, namespace: namespace, name: name) }
    package var namespacedName: NamespacedName { NamespacedName(namespace: namespace, name: name) }

    /// One annotation, found without building a dictionary of all.
    package func annotation(_ name: String) -> String? {
        json["metadata"]?["annotations"]?[name]?.stringValue
    }

    /// One label, found without building a dictionary of all.
    package func label(_ name: String) -> String? {
        json["metadata"]?["labels"]?[name]?.stringValue
    }

    /// Sets or, with nil, removes one annotation.
    package mutating func setAnnotation(_ name: String, _ value: String?) {
        set("annotations", name, value)
    }

    /// Sets or, with nil, removes one label.
    package mutating func setLabel(_ name: String, _ value: String?) {
        set("labels", name, value)
    }

    private mutating func set(_ map: String, _ name: String, _ value: String?) {
        var metadata = json["metadata"] ?? .object(JSONObject())
        var entries = metadata[map]?.objectValue ?? JSONObject()
        entries[name] = value.map(JSONValue.string)
        metadata[map] = entries.isEmpty ? nil : .object(entries)
        json["metadata"] = metadata
    }
}
