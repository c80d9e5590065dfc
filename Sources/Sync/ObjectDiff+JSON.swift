package import KubernetesModel

extension ObjectDiff {
    /// The difference as data, secrets masked: a list with an entry for each object.
    package var json: JSONValue {
        .array(
            entries.map { entry in
                let key = entry.key
                var json: JSONObject = [
                    "change": .string(entry.change.word), "group": .string(key.groupKind.group),
                    "kind": .string(key.groupKind.kind), "name": .string(key.name),
                    "fields": .array(
                        entry.fields.map { field in
                            var json: JSONObject = ["path": .string(field.path)]
                            json["before"] = field.before.map(JSONValue.string)
                            json["after"] = field.after.map(JSONValue.string)
                            return .object(json)
                        }),
                ]
                if !key.namespace.isEmpty { json["namespace"] = .string(key.namespace) }
                return .object(json)
            })
    }
}

extension ObjectDiff.Change {
    fileprivate var word: String {
        switch self {
        case .added: "Added"
        case .changed: "Changed"
        case .removed: "Removed"
        }
    }
}
