/// Passes over gates of one promotion or rollback. Approvals cannot be passed over.
package struct GateOverride: Sendable, Hashable, Codable {
    /// The gates to pass over: Window (freezes included), Upstream, Soak.
    package var gates: [GateName]
    /// Why, for people, the commit and the audit.
    package var reason: String

    package init(
        gates: [GateName], reason: String
    ) {
        self.gates = gates
        self.reason = reason
    }
}
