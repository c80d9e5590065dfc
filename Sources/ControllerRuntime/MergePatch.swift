internal import KubernetesModel

extension JSONValue {
    /// The JSON merge patch (RFC 7386) that turns `self` into `target`, or nil if they are equal.
    ///
    /// The target must hold no null, which a merge patch cannot write.
    func mergePatch(to target: JSONValue) -> JSONValue? {
        guard self != target else { return nil }
        guard case .object(let from) = self, case .object(let to) = target else { return target }
        var members: [(String, JSONValue)] = []
        for index in from.indices where to[from[index].key] == nil { members.append((from[index].key, .null)) }
        for index in to.indices {
            let (key, value) = to[index]
            guard let old = from[key] else {
                members.append((key, value))
                continue
            }
            if let patch = old.mergePatch(to: value) { members.append((key, patch)) }
        }
        return .object(JSONObject(members))
    }

    /// This value without members that are null, at any depth.
    func withoutNulls() -> JSONValue {
        switch self {
        case .object(let object):
            .object(JSONObject(object.filter { !$0.value.isNull }.map { ($0.key, $0.value.withoutNulls()) }))
        case .array(let elements): .array(elements.map { $0.withoutNulls() })
        default: self
        }
    }
}
