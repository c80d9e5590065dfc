package import Core
package import SluiceAPI

/// One entry of `spec.approvals` together with what is known of who wrote it.
package struct ApprovalClaim: Sendable, Hashable {
    package let entry: PromotionSpec.Approval
    /// Who wrote the entry: the API user, or the signer of the oldest commit since which it stood unchanged. Its
    /// groups are those of the API request or of the signers' list, and decide what the entry counts for.
    package let identity: Identity
    /// When the entry was written; nil where that is not known.
    package let at: Timestamp?
    /// The fingerprint of the key that signed it; empty for an API user.
    package let keyFingerprint: String
    /// Whether the key or the user's right to approve is gone by now.
    package let isRevoked: Bool

    package init(
        entry: PromotionSpec.Approval, identity: Identity, at: Timestamp?, keyFingerprint: String = "",
        isRevoked: Bool = false
    ) {
        self.entry = entry
        self.identity = identity
        self.at = at
        self.keyFingerprint = keyFingerprint
        self.isRevoked = isRevoked
    }
}

/// All that decides whether a plan is approved.
package struct ApprovalInput: Sendable {
    package var policy: EnvironmentSpec.Approvals
    package var planDigest: String
    package var claims: [ApprovalClaim]
    /// Who asked for this attempt.
    package var requester: Identity
    /// Who asked for the first one.
    package var firstRequester: Identity
    /// Who wrote the commits that are promoted, by name as approvers are named.
    package var changeAuthors: [String]
    /// The operator's own users, which count for nobody.
    package var operatorUsers: [String]

    package init(
        policy: EnvironmentSpec.Approvals, planDigest: String, claims: [ApprovalClaim], requester: Identity,
        firstRequester: Identity = Identity(), changeAuthors: [String] = [], operatorUsers: [String] = []
    ) {
        self.policy = policy
        self.planDigest = planDigest
        self.claims = claims
        self.requester = requester
        self.firstRequester = firstRequester
        self.changeAuthors = changeAuthors
        self.operatorUsers = operatorUsers
    }
}
