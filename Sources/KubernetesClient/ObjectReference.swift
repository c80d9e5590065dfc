internal import Core
package import KubernetesModel

/// Points at an object, as events do.
package struct ObjectReference: Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var namespace: String
    package var name: String
    package var uid: String

    package init(apiVersion: String, kind: String, namespace: String, name: String, uid: String = "") {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }

    package init(_ manifest: Manifest) {
        self.init(
            apiVersion: manifest.apiVersion, kind: manifest.kind, namespace: manifest.namespace, name: manifest.name,
            uid: manifest.uid)
    }

    var json: JSONValue {
        var json: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name),
        ]
        if !namespace.isEmpty { json["namespace"] = .string(namespace) }
        if !uid.isEmpty { json["uid"] = .string(uid) }
        return json
    }
}

/// What an event says.
package struct ObjectEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case normal = "Normal"
        case warning = "Warning"
    }

    package var regarding: ObjectReference
    package var kind: Kind
    /// CamelCase, at most 128 bytes, for example `DriftHealed`.
    package var reason: String
    /// What was done, for example `Apply`.
    package var action: String
    /// For people; cut to 1024 bytes, the server's limit.
    package var note: String

    package init(
        _ kind: Kind = .normal, regarding: ObjectReference, reason: String, action: String, note: String
    ) {
        self.kind = kind
        self.regarding = regarding
        self.reason = reason.bounded(to: 128)
        self.action = action.bounded(to: 128)
        self.note = note.bounded(to: 1024)
    }
}
