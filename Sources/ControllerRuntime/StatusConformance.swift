internal import Core
package import KubernetesModel

/// Whether a status follows the conventions that kstatus, Argo CD, Flux and `kubectl wait` rely on
/// (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
package enum StatusConformance {
    /// What is wrong with a status, in sentences; empty when nothing is.
    ///
    /// - Parameters:
    ///   - status: the status as it was written.
    ///   - generation: the object's `metadata.generation`.
    ///   - previous: the status before, for rules about what may change.
    package static func violations(of status: JSONValue, generation: Int64, previous: JSONValue? = nil) -> [String] {
        var found: [String] = []
        if let observed = status["observedGeneration"]?.intValue {
            if observed > generation { found.append("observedGeneration is ahead of the object's generation") }
            if let before = previous?["observedGeneration"]?.intValue, observed < before {
                found.append("observedGeneration goes back")
            }
        } else {
            found.append("observedGeneration is missing")
        }
        guard let list = status["conditions"]?.arrayValue else { return found + ["conditions are missing"] }
        var states: [String: String] = [:]
        for condition in list {
            let type = condition["type"]?.stringValue ?? ""
            found += violations(ofCondition: condition, type: type, generation: generation)
            if states.updateValue(condition["status"]?.stringValue ?? "", forKey: type) != nil {
                found.append("condition \(type) is there twice")
            }
        }
        found += transitions(list, previous?["conditions"]?.arrayValue ?? [])
        return found + summary(states)
    }

    /// Rules between the three conditions that sum an object up.
    private static func summary(_ states: [String: String]) -> [String] {
        var found: [String] = []
        guard let ready = states["Ready"] else { return ["condition Ready is missing"] }
        let reconciling = states["Reconciling"] == "True"
        let stalled = states["Stalled"] == "True"
        if ready == "True", reconciling { found.append("Ready and Reconciling are both True") }
        if ready == "True", stalled { found.append("Ready and Stalled are both True") }
        if reconciling, stalled { found.append("Reconciling and Stalled are both True") }
        return found
    }

    private static func violations(ofCondition condition: JSONValue, type: String, generation: Int64) -> [String] {
        var found: [String] = []
        if type.isEmpty || type.utf8.count > 316 { found.append("a condition's type is empty or too long") }
        if !["True", "False", "Unknown"].contains(condition["status"]?.stringValue ?? "") {
            found.append("condition \(type) has a status other than True, False and Unknown")
        }
        if !isReason(condition["reason"]?.stringValue ?? "") {
            found.append("condition \(type) has no CamelCase reason of at most 1024 bytes")
        }
        guard let message = condition["message"]?.stringValue else {
            return found + ["condition \(type) has no message, not even an empty one"]
        }
        if message.utf8.count > Condition.messageLimit {
            found.append("condition \(type) has a message that is too long")
        }
        let time = condition["lastTransitionTime"]?.stringValue ?? ""
        if Timestamp(rfc3339: time)?.rfc3339 != time {
            found.append("condition \(type) has no lastTransitionTime in whole seconds of UTC")
        }
        if let observed = condition["observedGeneration"]?.intValue, observed > generation {
            found.append("condition \(type) has an observedGeneration ahead of the object's generation")
        }
        return found
    }

    /// A transition time changes with the status, and only with it.
    private static func transitions(_ list: [JSONValue], _ before: [JSONValue]) -> [String] {
        list.compactMap { condition in
            guard let old = before.first(where: { $0["type"] == condition["type"] }) else { return nil }
            let type = condition["type"]?.stringValue ?? ""
            let then = old["lastTransitionTime"]?.stringValue ?? ""
            let now = condition["lastTransitionTime"]?.stringValue ?? ""
            if old["status"] == condition["status"] {
                return now == then ? nil : "condition \(type) has a new lastTransitionTime and the same status"
            }
            // Equal is right for two changes within a second. The form compares as text.
            return now >= then ? nil : "condition \(type) changed before it last changed"
        }
    }

    /// The pattern of `metav1.Condition`: `[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?`.
    private static func isReason(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let isLetter = { (byte: UInt8) in (65...90).contains(byte) || (97...122).contains(byte) }
        let isWord = { (byte: UInt8) in isLetter(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_") }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 1024 else { return false }
        return isLetter(first) && isWord(last)
            && bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
    }
}
