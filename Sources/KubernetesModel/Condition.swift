package import Core

/// A status condition by the conventions of Kubernetes' API (`metav1.Condition`).
package struct Condition: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Hashable, Codable {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"
    }

    /// The longest message that is written, in bytes: what a person reads, and far below etcd's object limit.
    package static let messageLimit = 1024

    package let type: String
    package var status: Status
    package var reason: String
    package var message: String
    package var observedGeneration: Int64
    /// When `status` last changed, in whole seconds.
    package var lastTransitionTime: Timestamp

    package init(
        _ type: String, _ status: Status, reason: String, message: String, generation: Int64, at time: Timestamp
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message.bounded(to: Condition.messageLimit)
        observedGeneration = generation
        lastTransitionTime = time.wholeSeconds
    }

    package init(type: String, status: Bool, reason: String, message: String, generation: Int64, at time: Timestamp) {
        self.init(type, status ? .yes : .no, reason: reason, message: message, generation: generation, at: time)
    }
}

extension [Condition] {
    package subscript(type: String) -> Condition? { first { $0.type == type } }

    /// Whether there is a condition of this type and it is true.
    package func isTrue(_ type: String) -> Bool { self[type]?.status == .yes }

    /// Adds a condition or replaces the one of its type; an unchanged status keeps its transition time and its place.
    package mutating func set(_ condition: Condition) {
        guard let index = firstIndex(where: { $0.type == condition.type }) else {
            append(condition)
            return
        }
        var updated = condition
        if self[index].status == condition.status { updated.lastTransitionTime = self[index].lastTransitionTime }
        self[index] = updated
    }

    package mutating func remove(_ type: String) { removeAll { $0.type == type } }
}
