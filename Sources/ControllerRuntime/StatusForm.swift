internal import Core
package import KubernetesModel

/// The rules of form for every status: what is written follows from what a planner wants and what is there.
package enum StatusForm {
    /// The largest status, in bytes of JSON. etcd takes objects of 1.5 MiB (its `--max-request-bytes`), and the server
    /// records the owner of each list entry's fields in `managedFields`, which can take as much room again.
    package static let sizeLimit = 480 << 10

    /// The conditions that every client knows come first.
    private static let leading = ["Ready", "Reconciling", "Stalled"]

    /// The status to write: no nulls; conditions in a stable order, with bounded messages, each with the time at which
    /// its status last changed; messages cut as far as the size demands. Nil if it is too large all the same.
    package static func prepare(_ desired: JSONValue, over observed: JSONValue?, limit: Int = sizeLimit) -> JSONValue? {
        var status = desired.withoutNulls()
        if let conditions = status["conditions"]?.arrayValue {
            let before = observed?["conditions"]?.arrayValue ?? []
            status["conditions"] = .array(ordered(conditions.map { settle($0, before) }))
        }
        // Cutting begins gently: most of the room is taken by the messages of many entries.
        for messageLimit in [nil, 256, 64, 0] as [Int?] {
            let candidate = messageLimit.map { trimmed(status, to: $0) } ?? status
            if candidate.jsonBytes.count <= limit { return candidate }
        }
        return nil
    }

    private static func settle(_ condition: JSONValue, _ before: [JSONValue]) -> JSONValue {
        var condition = condition
        if let message = condition["message"]?.stringValue {
            condition["message"] = .string(message.bounded(to: Condition.messageLimit))
        }
        let old = before.first { $0["type"] == condition["type"] }
        if let old, old["status"] == condition["status"], let time = old["lastTransitionTime"]?.stringValue {
            condition["lastTransitionTime"] = .string(time)
        }
        return condition
    }

    private static func ordered(_ conditions: [JSONValue]) -> [JSONValue] {
        let first = leading.compactMap { type in conditions.first { $0["type"]?.stringValue == type } }
        return first + conditions.filter { !leading.contains($0["type"]?.stringValue ?? "") }
    }

    /// Every member called `message` cut to a number of bytes; the first such members of the status itself are kept.
    private static func trimmed(_ value: JSONValue, to limit: Int) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.map { key, value in
                        guard key == "message", let text = value.stringValue else {
                            return (key, trimmed(value, to: limit))
                        }
                        return (key, .string(limit == 0 ? "" : text.bounded(to: limit)))
                    }))
        case .array(let elements): .array(elements.map { trimmed($0, to: limit) })
        default: value
        }
    }
}
