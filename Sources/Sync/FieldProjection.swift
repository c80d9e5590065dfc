package import KubernetesModel

/// Cuts out of an object the fields that one manager owns.
///
/// Field set and object are walked together. For an object that the server neither normalises nor defaults within the
/// owned fields, the result equals what was applied, without `apiVersion`, `kind` and the name: the server leaves
/// these out of field sets.
package struct FieldProjection {
    /// The field sets of all other managers: they tell a granular empty map from an atomic one, which the owner's
    /// set alone does not (both are written `{}`).
    private let others: [JSONObject]

    private init(others: [JSONObject]) {
        self.others = others
    }

    /// The part of `value` that `fields` owns, or nil where nothing of it is there.
    ///
    /// - Parameter others: the field sets of the other managers of the same object.
    package static func project(_ value: JSONValue, owned fields: JSONObject, others: [JSONObject]) -> JSONValue? {
        // An empty set at the top owns nothing; below the top it stands for a whole leaf.
        guard !fields.isEmpty else { return nil }
        return FieldProjection(others: others).project(value, fields)
    }

    private func project(_ value: JSONValue, _ fields: JSONObject) -> JSONValue? {
        guard !fields.isEmpty else { return leaf(value) }
        switch value {
        case .object(let object): return project(object, fields)
        case .array(let array): return .array(project(array, fields))
        default: return value
        }
    }

    /// A leaf is owned as a whole, unless somebody else owns a part of it: then only the container is ours.
    private func leaf(_ value: JSONValue) -> JSONValue {
        let shared = others.contains { set in set.contains { $0.key != "." } }
        guard shared else { return value }
        switch value {
        case .object: return .object(JSONObject())
        case .array: return .array([])
        default: return value
        }
    }

    private func descend(_ key: String) -> FieldProjection {
        FieldProjection(others: others.compactMap { $0[key]?.objectValue }.filter { !$0.isEmpty })
    }

    private func project(_ object: JSONObject, _ fields: JSONObject) -> JSONValue? {
        var pairs: [(String, JSONValue)] = []
        pairs.reserveCapacity(fields.count)
        for (key, sub) in fields where key.hasPrefix("f:") {
            let name = String(key.dropFirst(2))
            guard let child = object[name] else { continue }
            if let projected = descend(key).project(child, sub.objectValue ?? JSONObject()) {
                pairs.append((name, projected))
            }
        }
        return .object(JSONObject(pairs))
    }

    /// Elements are kept in the order of the object, whatever the order of the set.
    private func project(_ array: [JSONValue], _ fields: JSONObject) -> [JSONValue] {
        let elements = FieldElements(fields)
        var out: [JSONValue] = []
        for (index, element) in array.enumerated() {
            guard let (key, sub) = elements.match(element, at: index) else { continue }
            if let projected = descend(key).project(element, sub) { out.append(projected) }
        }
        return out
    }
}

/// The members of a field set that stand for elements of a list, ready to be matched against elements.
struct FieldElements {
    /// By the values of the key fields, for lists of the type `map`.
    private var byKey: [JSONObject: (key: String, set: JSONObject)] = [:]
    private var keyNames: [[String]] = []
    /// By value, for lists of the type `set`.
    private var byValue: [JSONValue: (key: String, set: JSONObject)] = [:]
    private var byIndex: [Int: (key: String, set: JSONObject)] = [:]

    init(_ fields: JSONObject) {
        for (key, sub) in fields {
            let entry = (key: key, set: sub.objectValue ?? JSONObject())
            if key.hasPrefix("k:"), let names = try? JSONValue(parsing: String(key.dropFirst(2))).objectValue {
                byKey[names] = entry
                if !keyNames.contains(names.keys) { keyNames.append(names.keys) }
            } else if key.hasPrefix("v:"), let value = try? JSONValue(parsing: String(key.dropFirst(2))) {
                byValue[value] = entry
            } else if key.hasPrefix("i:"), let index = Int(key.dropFirst(2)) {
                byIndex[index] = entry
            }
        }
    }

    /// The set's member that stands for an element, if any.
    func match(_ element: JSONValue, at index: Int) -> (key: String, set: JSONObject)? {
        if let object = element.objectValue {
            for names in keyNames {
                let key = JSONObject(names.compactMap { name in object[name].map { (name, $0) } })
                if let found = byKey[key] { return found }
            }
        }
        return byValue[element] ?? byIndex[index]
    }
}
