package import KubernetesModel

/// Edits of field sets in the form `FieldsV1`.
package enum FieldSetEdit {
    /// All that either set names.
    package static func union(_ a: JSONObject, _ b: JSONObject) -> JSONObject {
        var out = a
        for (key, sub) in b {
            let mine = out[key]?.objectValue ?? JSONObject()
            out[key] = .object(union(mine, sub.objectValue ?? JSONObject()))
        }
        return out
    }

    /// A set without the fields that a pointer leads to in an object, and all below them.
    package static func removing(
        _ tokens: ArraySlice<String>, from set: JSONObject, of value: JSONValue
    ) -> JSONObject {
        guard let token = tokens.first else { return set }
        let rest = tokens.dropFirst()
        var out = set
        func cut(_ key: String, _ child: JSONValue) {
            guard let sub = out[key]?.objectValue else { return }
            out[key] = rest.isEmpty ? nil : .object(removing(rest, from: sub, of: child))
        }
        switch value {
        case .object(let object):
            for name in token == "*" && object[token] == nil ? object.keys : [token] {
                if let child = object[name] { cut("f:" + name, child) }
            }
        case .array(let array):
            let elements = FieldElements(set)
            for (index, element) in array.enumerated() where token == "*" || Int(token) == index {
                if let match = elements.match(element, at: index) { cut(match.key, element) }
            }
        default: break
        }
        return out
    }
}

/// Changes to an object's `managedFields` that must come before an apply.
package enum FieldHandover {
    /// The manager that `kubectl apply` writes as, without `--server-side`.
    static let clientSideManager = "kubectl-client-side-apply"

    /// Takes over what `kubectl apply` owns, so that fields which Git does not name go away with our next apply; nil
    /// where it owns nothing, or is to be left alone by rule.
    ///
    /// Ignored fields become nobody's: of ours, our next apply would remove them.
    package static func takeOver(_ live: Manifest, manager: String, ignore: ObjectIgnore? = nil) -> ObjectPatchBody? {
        guard ignore?.managers.contains(clientSideManager) != true else { return nil }
        return edit(live) { entries in
            guard let theirs = entries.firstIndex(where: { $0["manager"]?.stringValue == clientSideManager }),
                let ours = entries.firstIndex(where: { isApply($0, manager) })
            else { return false }
            var fields = FieldSetEdit.union(
                entries[ours]["fieldsV1"]?.objectValue ?? JSONObject(),
                entries[theirs]["fieldsV1"]?.objectValue ?? JSONObject())
            for pointer in ignore?.pointers ?? [] {
                fields = FieldSetEdit.removing(pointer.tokens[...], from: fields, of: live.json)
            }
            entries[ours]["fieldsV1"] = .object(fields)
            entries.remove(at: theirs)
            return true
        }
    }

    /// Whether ``takeOver(_:manager:ignore:)`` should have followed our last apply: what `kubectl apply` owns was there
    /// before it. What came after it is somebody's change.
    static func isDue(_ live: Manifest, manager: String, ignore: ObjectIgnore?) -> Bool {
        guard let entries = live.json["metadata"]?["managedFields"]?.arrayValue,
            let theirs = entries.first(where: { $0["manager"]?.stringValue == clientSideManager }),
            let ours = entries.first(where: { isApply($0, manager) }),
            let theirTime = theirs["time"]?.stringValue, let ourTime = ours["time"]?.stringValue
        else { return false }
        // Times are RFC 3339 in UTC, so text order is time order.
        return theirTime <= ourTime && ignore?.managers.contains(clientSideManager) != true
    }

    /// Gives up ignored fields that we own, so that leaving them out of an apply does not remove them; nil where we
    /// own none.
    package static func release(_ pointers: [JSONPointer], of live: Manifest, manager: String) -> ObjectPatchBody? {
        edit(live) { entries in
            guard let ours = entries.firstIndex(where: { isApply($0, manager) }),
                let fields = entries[ours]["fieldsV1"]?.objectValue
            else { return false }
            var kept = fields
            for pointer in pointers {
                kept = FieldSetEdit.removing(pointer.tokens[...], from: kept, of: live.json)
            }
            guard kept != fields else { return false }
            entries[ours]["fieldsV1"] = .object(kept)
            return true
        }
    }

    /// The operations of a JSON patch.
    package typealias ObjectPatchBody = [JSONValue]

    private static func isApply(_ entry: JSONValue, _ manager: String) -> Bool {
        entry["manager"]?.stringValue == manager && entry["operation"]?.stringValue == "Apply"
            && (entry["subresource"]?.stringValue ?? "").isEmpty
    }

    private static func edit(_ live: Manifest, _ change: (inout [JSONValue]) -> Bool) -> ObjectPatchBody? {
        guard var entries = live.json["metadata"]?["managedFields"]?.arrayValue, change(&entries) else { return nil }
        return [
            ["op": "replace", "path": "/metadata/managedFields", "value": .array(entries)],
            // The server compares this with what it has and refuses the patch where the object has changed since.
            ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(live.resourceVersion)],
        ]
    }
}
