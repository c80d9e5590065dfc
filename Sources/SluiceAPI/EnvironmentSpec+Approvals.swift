package import KubernetesModel

extension EnvironmentSpec {
    /// Who must agree to a promotion.
    package struct Approvals: Sendable, Hashable, Codable {
        /// How many approvals are needed.
        package var required: Int
        /// Who may approve, and how many of each are needed; empty for everybody with a valid identity.
        package var from: [Approver]
        /// The doors through which approvals may come.
        package var sources: [ApprovalSource]
        /// A Secret or ConfigMap with the keys allowed_signers (in the format of OpenSSH) and groups (lines of group:
        /// user user).
        package var signersRef: LocalReference?
        /// Whose approval does not count.
        package var separationOfDuties: [Duty]
        /// How long an approval counts.
        package var expiresAfter: GoDuration
        /// Checks every approval again right before the commit.
        package var revalidateAtCommit: Bool
        /// How many rejections end the promotion; 0 for never.
        package var rejectThreshold: Int

        package init(
            required: Int = 1, from: [Approver] = [], sources: [ApprovalSource] = [.admissionWebhook, .signedCommit],
            signersRef: LocalReference? = nil, separationOfDuties: [Duty] = [.requester, .changeAuthors],
            expiresAfter: GoDuration = .hours(24), revalidateAtCommit: Bool = true, rejectThreshold: Int = 1
        ) {
            self.required = required
            self.from = from
            self.sources = sources
            self.signersRef = signersRef
            self.separationOfDuties = separationOfDuties
            self.expiresAfter = expiresAfter
            self.revalidateAtCommit = revalidateAtCommit
            self.rejectThreshold = rejectThreshold
        }
    }

    /// A group or a person whose approval counts; exactly one of them.
    package struct Approver: Sendable, Hashable, Codable {
        /// A group.
        package var group: String
        /// A person.
        package var user: String
        /// How many approvals must come from here.
        package var min: Int

        package init(
            group: String = "", user: String = "", min: Int = 0
        ) {
            self.group = group
            self.user = user
            self.min = min
        }
    }
}
