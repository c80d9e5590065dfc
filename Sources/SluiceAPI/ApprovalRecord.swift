package import Core

/// What one approver said, and whether it counts.
package struct ApprovalRecord: Sendable, Hashable, Codable {
    /// Who said so.
    package var user: String
    /// The groups that the user is in.
    package var groups: [String]
    /// Yes or no.
    package var decision: Decision?
    /// Through which door it came.
    package var source: IdentitySource?
    /// What proves it, such as a commit.
    package var evidence: String
    /// The key that signed it.
    package var keyFingerprint: String
    /// The plan that it is about.
    package var planDigest: String
    /// When it was said.
    package var at: Timestamp?
    /// Until when it counts.
    package var expiresAt: Timestamp?
    /// Whether it counts.
    package var valid: Bool
    /// Why it does not count.
    package var invalidReason: InvalidReason?

    package init(
        user: String, groups: [String] = [], decision: Decision? = nil, source: IdentitySource? = nil,
        evidence: String = "", keyFingerprint: String = "", planDigest: String = "", at: Timestamp? = nil,
        expiresAt: Timestamp? = nil, valid: Bool = false, invalidReason: InvalidReason? = nil
    ) {
        self.user = user
        self.groups = groups
        self.decision = decision
        self.source = source
        self.evidence = evidence
        self.keyFingerprint = keyFingerprint
        self.planDigest = planDigest
        self.at = at
        self.expiresAt = expiresAt
        self.valid = valid
        self.invalidReason = invalidReason
    }
}
