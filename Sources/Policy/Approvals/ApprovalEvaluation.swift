package import Core
import KubernetesModel
import SluiceAPI

/// Weighs approvals: pure, so that it can be asked again right before a commit.
package enum ApprovalEvaluation {
    /// How far in the future an entry may be dated before it is refused: clocks differ.
    package static let clockTolerance = Duration.seconds(60)

    package static func evaluate(_ input: ApprovalInput, now: Timestamp) -> ApprovalVerdict {
        var counted: Set<String> = []
        var keys: [String: String] = [:]
        var records: [ApprovalRecord] = []
        for claim in input.claims {
            var reason = invalidity(of: claim, input, now: now)
            let person = claim.entry.user.lowercased()
            if reason == nil {
                if !counted.insert(person).inserted {
                    reason = .duplicatePerson
                } else if !claim.keyFingerprint.isEmpty {
                    if let other = keys[claim.keyFingerprint], other != person { reason = .sharedKey }
                    keys[claim.keyFingerprint] = person
                }
            }
            records.append(record(claim, input, invalid: reason))
        }
        return verdict(records, input.policy)
    }

    /// Why an entry does not count by itself, whatever the others say.
    private static func invalidity(of claim: ApprovalClaim, _ input: ApprovalInput, now: Timestamp) -> InvalidReason? {
        let policy = input.policy
        let identity = claim.identity
        let source: ApprovalSource
        switch identity.source {
        case .admissionWebhook: source = .admissionWebhook
        case .signedCommit: source = .signedCommit
        case .unsignedCommit, .automatic, .unknown, nil: return .unsigned
        }
        guard !identity.user.isEmpty, let at = claim.at else { return .unsigned }
        let isSame = { (user: String) in user.lowercased() == identity.user.lowercased() }
        if identity.user == SystemUser.automatic || input.operatorUsers.contains(where: isSame) {
            return .operatorIdentity
        }
        if identity.user != claim.entry.user { return .identityMismatch }
        if !policy.sources.contains(source) { return .sourceNotAllowed }
        if claim.isRevoked { return .revoked }
        if at > now + clockTolerance { return .notYetValid }
        // To the second that the status names, so that a look at that moment sees it.
        if (at + policy.expiresAfter.duration).wholeSeconds <= now { return .expired }
        if claim.entry.planDigest != input.planDigest { return .approvalStale }
        if claim.entry.decision == .approve {
            if policy.separationOfDuties.contains(.requester),
                isSame(input.requester.user) || isSame(input.firstRequester.user)
            {
                return .selfApproval
            }
            if policy.separationOfDuties.contains(.changeAuthors), input.changeAuthors.contains(where: isSame) {
                return .selfApproval
            }
        }
        if !policy.from.isEmpty, !policy.from.contains(where: { $0.includes(identity) }) { return .notInFrom }
        return nil
    }

    private static func record(
        _ claim: ApprovalClaim, _ input: ApprovalInput, invalid: InvalidReason?
    ) -> ApprovalRecord {
        ApprovalRecord(
            user: claim.entry.user, groups: claim.identity.groups, decision: claim.entry.decision,
            source: claim.identity.source, evidence: claim.identity.evidence, keyFingerprint: claim.keyFingerprint,
            planDigest: claim.entry.planDigest, at: claim.at?.wholeSeconds,
            expiresAt: claim.at.map { ($0 + input.policy.expiresAfter.duration).wholeSeconds }, valid: invalid == nil,
            invalidReason: invalid)
    }

    private static func verdict(_ records: [ApprovalRecord], _ policy: EnvironmentSpec.Approvals) -> ApprovalVerdict {
        let counting = records.filter(\.valid)
        let approvals = counting.filter { $0.decision == .approve }
        let rejections = counting.count - approvals.count
        let missing = policy.from.compactMap { approver -> String? in
            let present = approvals.count { approver.includes(Identity(user: $0.user, groups: $0.groups)) }
            guard present < approver.min else { return nil }
            let whom = approver.user.isEmpty ? "group \(approver.group)" : approver.user
            return "\(approver.min - present) more from \(whom)"
        }
        return ApprovalVerdict(
            required: policy.required, valid: approvals.count, rejections: rejections, records: records,
            missing: missing, isRejected: policy.rejectThreshold > 0 && rejections >= policy.rejectThreshold,
            nextExpiry: approvals.compactMap(\.expiresAt).min())
    }
}

extension EnvironmentSpec.Approver {
    /// Whether somebody is the person or in the group.
    func includes(_ identity: Identity) -> Bool {
        user.isEmpty ? !group.isEmpty && identity.groups.contains(group) : user == identity.user
    }
}
