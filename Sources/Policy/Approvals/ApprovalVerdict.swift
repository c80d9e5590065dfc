package import Core
package import SluiceAPI

/// Whether a plan is approved, and what each entry counts for.
package struct ApprovalVerdict: Sendable, Hashable {
    /// How many approvals are needed.
    package let required: Int
    /// How many count.
    package let valid: Int
    /// How many rejections count.
    package let rejections: Int
    /// One for each entry, in the order of the entries.
    package let records: [ApprovalRecord]
    /// What the minimums of `from` still lack, for people: `1 more from group sre`.
    package let missing: [String]
    /// Whether the rejections reached the threshold.
    package let isRejected: Bool
    /// When the first of the entries that count will count no more.
    package let nextExpiry: Timestamp?

    /// Whether enough of the right people agreed, and not too many refused.
    package var isApproved: Bool { !isRejected && valid >= required && missing.isEmpty }

    /// Why it is not approved; nil if it is.
    package var reason: GateReason? {
        guard !isApproved else { return nil }
        if isRejected { return .rejected }
        let refused = records.filter { $0.decision == .approve }.compactMap(\.invalidReason)
        if refused.contains(.approvalStale) { return .approvalStale }
        if refused.contains(.revoked) { return .approverRevoked }
        if valid == 0, !refused.isEmpty, refused.allSatisfy({ $0 == .selfApproval }) { return .selfApproval }
        return .awaitingApproval
    }

    /// For people: `1 of 2 approvals, 1 more from group sre; bob's does not count: is the requester`.
    package var message: String {
        if isRejected {
            let users = records.filter { $0.valid && $0.decision == .reject }.map(\.user)
            return "rejected by \(users.joined(separator: ", "))"
        }
        var text = "\(valid) of \(required) approvals"
        if !missing.isEmpty { text += ", " + missing.joined(separator: ", ") }
        for record in records {
            guard let reason = record.invalidReason else { continue }
            text += "; \(record.user)'s does not count: \(reason.explanation)"
        }
        return text
    }

    /// The verdict as `Promotion.status.approvals` holds it.
    package var state: PromotionStatus.ApprovalState {
        PromotionStatus.ApprovalState(required: required, valid: valid, records: records)
    }
}

extension InvalidReason {
    /// For people, after "does not count: ".
    package var explanation: String {
        switch self {
        case .selfApproval: "asked for the change or wrote it"
        case .approvalStale: "given to another plan; approve again with the present planDigest"
        case .expired: "too old"
        case .notInFrom: "not among those who may approve"
        case .revoked: "the key or the right to approve is gone"
        case .unsigned: "no signed commit or API user stands behind it"
        case .identityMismatch: "written by somebody else"
        case .sourceNotAllowed: "came through a door that this environment does not accept"
        case .sharedKey: "the same key signed for another person"
        case .duplicatePerson: "the same person counted already"
        case .operatorIdentity: "the operator approves nothing"
        case .notYetValid: "dated in the future"
        }
    }
}
