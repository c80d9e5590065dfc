extension Identity {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Who did something, and how that is known.",
        [
            .optional("user", .string(maxLength: 253), "The user's name."),
            .optional("groups", .list(of: .string(maxLength: 253), maxItems: 100), "The groups that the user is in."),
            .optional("source", .words(of: IdentitySource.self), "How the identity was learnt."),
            .optional("evidence", .string(maxLength: 256), "What proves it, such as a commit."),
        ])
}
