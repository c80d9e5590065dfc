internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// What the record says of overrides that are in force: in the status, and in the commit.
enum OverrideRecord {
    /// `Window by bob: INC-7`; empty where nothing is passed over.
    static func text(
        _ own: GateOverride?, _ decision: OverrideDecision, by author: Identity, environment: Environment,
        _ environmentDecision: OverrideDecision, by environmentAuthor: Identity
    ) -> String {
        var parts: [String] = []
        if case .granted = decision, let own {
            let gates = own.gates.map(\.rawValue).joined(separator: ", ")
            parts.append("\(gates) by \(author.user)" + (own.reason.isEmpty ? "" : ": \(own.reason)"))
        }
        if case .granted = environmentDecision, let override = environment.spec.override {
            let reason = override.reason.isEmpty ? "" : ": \(override.reason)"
            parts.append("windows of \(environment.metadata.name) by \(environmentAuthor.user)\(reason)")
        }
        return parts.joined(separator: "; ").bounded(to: 1024)
    }
}
