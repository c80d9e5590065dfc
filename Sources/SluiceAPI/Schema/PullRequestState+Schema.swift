extension PullRequestState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "The pull request of an attempt, where commits go through one.",
        [
            .required("number", .integer(), "The number that its server gave it."),
            .optional("url", .string(maxLength: 2048), "Its page."),
            .optional("phase", .words(of: PullRequestPhase.self), "How it stands."),
            .optional("commit", .string(maxLength: 64), "The commit that it offers, as it was pushed."),
        ])
}
