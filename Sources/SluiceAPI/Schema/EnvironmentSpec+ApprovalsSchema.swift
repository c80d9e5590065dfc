import KubernetesModel

extension EnvironmentSpec.Approvals {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Who must agree to a promotion.",
        [
            .optional("required", .integer(0...20).defaulting(1), "How many approvals are needed."),
            .optional(
                "from", .list(of: EnvironmentSpec.Approver.schema, maxItems: 50),
                "Who may approve, and how many of each are needed; empty for everybody with a valid identity."),
            .optional(
                "sources",
                .list(of: .words(of: ApprovalSource.self), minItems: 1, maxItems: 2, unique: true).defaulting([
                    "AdmissionWebhook", "SignedCommit",
                ]), "The doors through which approvals may come."),
            .optional(
                "signersRef", LocalReference.schema,
                "A Secret or ConfigMap with the keys allowed_signers (in the format of OpenSSH) and groups (lines of group: user user)."
            ),
            .optional(
                "separationOfDuties",
                .list(of: .words(of: Duty.self), maxItems: 2, unique: true).defaulting(["Requester", "ChangeAuthors"]),
                "Whose approval does not count."),
            .optional("expiresAfter", .duration.defaulting("24h"), "How long an approval counts."),
            .optional(
                "revalidateAtCommit", .boolean.defaulting(true), "Checks every approval again right before the commit."),
            .optional(
                "rejectThreshold", .integer(0...20).defaulting(1), "How many rejections end the promotion; 0 for never."
            ),
        ])
}

extension EnvironmentSpec.Approver {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A group or a person whose approval counts; exactly one of them.",
        [
            .optional("group", .string(maxLength: 253), "A group."),
            .optional("user", .string(maxLength: 253), "A person."),
            .optional("min", .integer(0...20).defaulting(0), "How many approvals must come from here."),
        ]
    )
    .rule(
        "has(self.group) != has(self.user)",
        "say either group or user")
}
