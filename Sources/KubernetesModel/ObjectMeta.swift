package import Core

/// The metadata of an object that this project reads and writes. `managedFields` and the like are passed over.
package struct ObjectMeta: Sendable, Hashable, Codable {
    package var name: String
    package var namespace: String
    package var uid: String
    package var resourceVersion: String
    package var generation: Int64
    package var labels: [String: String]
    package var annotations: [String: String]
    package var finalizers: [String]
    package var ownerReferences: [OwnerReference]
    package var creationTimestamp: Timestamp?
    package var deletionTimestamp: Timestamp?

    package init(
        name: String, namespace: String = "", uid: String = "", resourceVersion: String = "", generation: Int64 = 0,
        labels: [String: String] = [:], annotations: [String: String] = [:], finalizers: [String] = [],
        ownerReferences: [OwnerReference] = [], creationTimestamp: Timestamp? = nil,
        deletionTimestamp: Timestamp? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
        self.ownerReferences = ownerReferences
        self.creationTimestamp = creationTimestamp
        self.deletionTimestamp = deletionTimestamp
    }

    /// The metadata as JSON, with what the server sets (`uid`, `generation`, times) only where it is known.
    package var json: JSONValue {
        var out = JSONObject()
        func put(_ key: String, _ text: String) { if !text.isEmpty { out[key] = .string(text) } }
        put("name", name)
        put("namespace", namespace)
        put("uid", uid)
        put("resourceVersion", resourceVersion)
        if generation != 0 { out["generation"] = .int(generation) }
        if !labels.isEmpty { out["labels"] = .object(JSONObject(labels)) }
        if !annotations.isEmpty { out["annotations"] = .object(JSONObject(annotations)) }
        if !finalizers.isEmpty { out["finalizers"] = .array(finalizers.map(JSONValue.string)) }
        if !ownerReferences.isEmpty { out["ownerReferences"] = .array(ownerReferences.map(\.json)) }
        if let creationTimestamp { out["creationTimestamp"] = .string(creationTimestamp.rfc3339) }
        if let deletionTimestamp { out["deletionTimestamp"] = .string(deletionTimestamp.rfc3339) }
        return .object(out)
    }
}

/// An object on which another depends for its life (`metav1.OwnerReference`).
package struct OwnerReference: Sendable, Hashable, Codable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?

    package init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil,
        blockOwnerDeletion: Bool? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }

    package var json: JSONValue {
        var out: JSONObject = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        if let controller { out["controller"] = .bool(controller) }
        if let blockOwnerDeletion { out["blockOwnerDeletion"] = .bool(blockOwnerDeletion) }
        return .object(out)
    }
}
