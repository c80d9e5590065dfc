package import KubernetesModel

/// Which objects a list or watch is about.
package struct ObjectSelector: Sendable, Hashable {
    /// Nil for all namespaces.
    package var namespace: String?
    /// For example `sluice.dev/environment=prod`.
    package var labels: String?
    /// For example `metadata.name=web`.
    package var fields: String?

    package init(namespace: String? = nil, labels: String? = nil, fields: String? = nil) {
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
    }

    static let everything = ObjectSelector()

    var query: [(String, String)] {
        var pairs: [(String, String)] = []
        if let labels { pairs.append(("labelSelector", labels)) }
        if let fields { pairs.append(("fieldSelector", fields)) }
        return pairs
    }
}

/// One page of a list.
package struct ObjectList: Sendable {
    package var items: [Manifest]
    package var resourceVersion: String
    /// For the next page; empty at the end.
    package var continueToken: String
}

/// How an object is written.
package struct WriteOptions: Sendable, Hashable {
    /// The name under which the server records which fields are ours.
    package var fieldManager: String?
    /// Takes fields over from other managers; for server-side apply alone.
    package var force: Bool
    /// The server checks and answers as if, and stores nothing.
    package var dryRun: Bool
    /// For example `status`.
    package var subresource: String?

    package init(
        fieldManager: String? = nil, force: Bool = false, dryRun: Bool = false, subresource: String? = nil
    ) {
        self.fieldManager = fieldManager
        self.force = force
        self.dryRun = dryRun
        self.subresource = subresource
    }
}

/// How an object is deleted.
package struct DeleteOptions: Sendable, Hashable {
    package enum Propagation: String, Sendable, Hashable {
        case foreground = "Foreground"
        case background = "Background"
        case orphan = "Orphan"
    }

    package var propagation: Propagation
    /// Deletes this very object only, not one that took its name since.
    package var uid: String?
    /// Deletes only if nothing changed since.
    package var resourceVersion: String?
    /// Nil for the kind's own.
    package var gracePeriodSeconds: Int64?
    package var dryRun: Bool

    package init(
        propagation: Propagation = .background, uid: String? = nil, resourceVersion: String? = nil,
        gracePeriodSeconds: Int64? = nil, dryRun: Bool = false
    ) {
        self.propagation = propagation
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.gracePeriodSeconds = gracePeriodSeconds
        self.dryRun = dryRun
    }

    var body: JSONValue {
        var json: JSONValue = [
            "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": .string(propagation.rawValue),
        ]
        var preconditions = JSONObject()
        if let uid { preconditions["uid"] = .string(uid) }
        if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
        if !preconditions.isEmpty { json["preconditions"] = .object(preconditions) }
        if let gracePeriodSeconds { json["gracePeriodSeconds"] = .int(gracePeriodSeconds) }
        if dryRun { json["dryRun"] = ["All"] }
        return json
    }
}

/// A change to an object, in one of the server's patch languages.
package enum ObjectPatch: Sendable, Hashable {
    /// RFC 7386.
    case merge(JSONValue)
    /// RFC 6902: an array of operations.
    case json([JSONValue])

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .json: "application/json-patch+json"
        }
    }

    var body: [UInt8] {
        switch self {
        case .merge(let document): document.jsonBytes
        case .json(let operations): JSONValue.array(operations).jsonBytes
        }
    }
}
