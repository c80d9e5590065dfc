package import Core

/// How one gate stands.
package struct Gate: Sendable, Hashable, Codable {
    /// The gate.
    package var name: GateName
    /// Whether it lets the work through.
    package var state: GateState
    /// Why it does not.
    package var reason: GateReason?
    /// When it opens by itself, where that is known.
    package var until: Timestamp?
    /// What holds it and what to do, for people.
    package var message: String

    package init(
        name: GateName, state: GateState, reason: GateReason? = nil, until: Timestamp? = nil, message: String = ""
    ) {
        self.name = name
        self.state = state
        self.reason = reason
        self.until = until
        self.message = message
    }
}
