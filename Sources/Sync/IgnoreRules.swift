internal import Core
package import KubernetesModel

/// One rule of `spec.sync.ignoreDifferences`: fields of some objects that are nobody's business but the cluster's.
package struct IgnoreRule: Sendable, Hashable {
    private let group: Glob
    private let kind: Glob
    private let namespace: Glob
    private let name: Glob
    /// `*` in a path stands for every element of a list or member of a map.
    let pointers: [JSONPointer]
    /// Field managers whose fields are left to them.
    let managers: Set<String>

    /// Throws ``SyncError`` for a text that is no JSON pointer.
    package init(
        group: String, kind: String, namespace: String = "*", name: String = "*", jsonPointers: [String] = [],
        managers: [String] = []
    ) throws(SyncError) {
        self.group = Glob(group)
        self.kind = Glob(kind)
        self.namespace = Glob(namespace)
        self.name = Glob(name)
        self.managers = Set(managers)
        var pointers: [JSONPointer] = []
        for text in jsonPointers {
            guard let pointer = JSONPointer(text), !pointer.tokens.isEmpty else {
                throw SyncError(
                    .invalidIgnoreRule, "ignoreDifferences: \"\(text.bounded(to: 200))\" is no JSON pointer")
            }
            pointers.append(pointer)
        }
        self.pointers = pointers
    }

    func matches(_ key: ObjectKey) -> Bool {
        kind.matches(key.groupKind.kind) && group.matches(key.groupKind.group) && name.matches(key.name)
            && namespace.matches(key.namespace)
    }
}

/// All rules of one environment.
package struct IgnoreRules: Sendable, Hashable {
    package let rules: [IgnoreRule]

    package init(_ rules: [IgnoreRule] = []) {
        self.rules = rules
    }

    /// The rules as they bear on one object, or nil where none does.
    package func forObject(_ key: ObjectKey) -> ObjectIgnore? {
        guard !rules.isEmpty else { return nil }
        let matching = rules.filter { $0.matches(key) }
        guard !matching.isEmpty else { return nil }
        return ObjectIgnore(
            pointers: matching.flatMap(\.pointers),
            managers: matching.reduce(into: Set()) { $0.formUnion($1.managers) })
    }
}

/// What is ignored in one object by rule; with a live object at hand it becomes ``IgnoredFields``.
package struct ObjectIgnore: Sendable, Hashable {
    package let pointers: [JSONPointer]
    package let managers: Set<String>

    /// The fields that are ignored in this object as it is now.
    package func fields(in live: Manifest) -> IgnoredFields {
        guard !managers.isEmpty else { return IgnoredFields(pointers: pointers, owned: []) }
        let owned = live.managedFields.filter { managers.contains($0.manager) }.map(\.fields)
        return IgnoredFields(pointers: pointers, owned: owned)
    }
}

/// Fields that take no part in a comparison: paths, and all that some field sets name.
package struct IgnoredFields: Sendable, Hashable {
    package let pointers: [JSONPointer]
    /// Field sets (`FieldsV1`) of managers whose fields are left alone.
    package let owned: [JSONObject]

    package init(pointers: [JSONPointer] = [], owned: [JSONObject] = []) {
        self.pointers = pointers
        self.owned = owned
    }

    package var isEmpty: Bool { pointers.isEmpty && owned.isEmpty }

    /// A document without the ignored fields; what is not there is not missed.
    package func removed(from json: JSONValue) -> JSONValue {
        guard !isEmpty else { return json }
        var out = json
        for pointer in pointers { out = out.removing(pointer.tokens[...]) }
        for fields in owned { out = IgnoredFields.subtract(fields, from: out) }
        return out
    }

    /// Removes the leaves that a field set names, and keeps the containers.
    private static func subtract(_ fields: JSONObject, from value: JSONValue) -> JSONValue {
        switch value {
        case .object(var object):
            for (key, sub) in fields where key.hasPrefix("f:") {
                let name = String(key.dropFirst(2))
                guard let child = object[name] else { continue }
                let set = sub.objectValue ?? JSONObject()
                object[name] = set.isEmpty ? nil : subtract(set, from: child)
            }
            return .object(object)
        case .array(let array):
            let elements = FieldElements(fields)
            var out: [JSONValue] = []
            for (index, element) in array.enumerated() {
                guard let match = elements.match(element, at: index) else {
                    out.append(element)
                    continue
                }
                if let rest = remainder(of: element, match) { out.append(rest) }
            }
            return .array(out)
        default:
            return value
        }
    }

    /// What is left of a list's element: its key fields stay while anything else of it does.
    private static func remainder(of element: JSONValue, _ match: (key: String, set: JSONObject)) -> JSONValue? {
        guard !match.set.isEmpty else { return nil }
        let names =
            match.key.hasPrefix("k:") ? (try? JSONValue(parsing: String(match.key.dropFirst(2))))?.objectValue : nil
        var set = match.set
        for name in names?.keys ?? [] { set["f:" + name] = nil }
        let rest = set.isEmpty ? element : subtract(set, from: element)
        let onlyKeys = rest.objectValue?.keys.allSatisfy { names?[$0] != nil } ?? false
        return onlyKeys && match.set["."] != nil ? nil : rest
    }
}
