internal import Core
internal import Policy
internal import SluiceAPI

/// What promotions and rollbacks wait for that nobody tells of.
extension OperatorContext {
    /// How soon somebody who lost the right to approve is asked about again, and the API server for its time: neither
    /// permissions nor clocks can be watched.
    private static let unwatchedPause = Duration.seconds(15)

    /// The gates; where approvals may come through the API alone and the webhook is off, the one that waits for them
    /// says that nobody can give one.
    func noting(webhookOff gates: [Gate], in environment: Environment) -> [Gate] {
        guard admission == nil, environment.spec.approvals?.sources == [.admissionWebhook] else { return gates }
        return gates.map { gate in
            guard gate.name == .approval, gate.state == .waiting else { return gate }
            var gate = gate
            let text =
                "\(gate.message); approvals may only come through the API, but this operator runs without its "
                + "admission webhook; start it with --webhook-port"
            gate.message = text.bounded(to: 1024)
            return gate
        }
    }

    /// When gates and approvals may stand differently although nothing happens.
    func nextChange(
        of gates: Timestamp?, _ approvals: PromotionStatus.ApprovalState, clockSkew: Duration? = nil, now: Timestamp
    ) -> Timestamp? {
        guard
            approvals.records.contains(where: { $0.invalidReason == .revoked })
                || clockSkew.map(GateEvaluation.isOff) ?? false
        else { return gates }
        let again = now + Self.unwatchedPause
        return gates.map { min($0, again) } ?? again
    }
}
