extension ApprovalRecord {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What one approver said, and whether it counts.",
        [
            .required("user", .string(maxLength: 253), "Who said so."),
            .optional("groups", .list(of: .string(maxLength: 253), maxItems: 100), "The groups that the user is in."),
            .optional("decision", .words(of: Decision.self), "Yes or no."),
            .optional("source", .words(of: IdentitySource.self), "Through which door it came."),
            .optional("evidence", .string(maxLength: 256), "What proves it, such as a commit."),
            .optional("keyFingerprint", .string(maxLength: 128), "The key that signed it."),
            .optional("planDigest", .string(maxLength: 80), "The plan that it is about."),
            .optional("at", .timestamp, "When it was said."),
            .optional("expiresAt", .timestamp, "Until when it counts."),
            .optional("valid", .boolean, "Whether it counts."),
            .optional("invalidReason", .words(of: InvalidReason.self), "Why it does not count."),
        ])
}
