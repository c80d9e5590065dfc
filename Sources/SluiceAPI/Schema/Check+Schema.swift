extension Check {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How one part of a verification stands.",
        [
            .required("name", .string(maxLength: 63), "Its name in the spec, or health."),
            .required("state", .words(of: CheckState.self), "How it stands."),
            .optional("message", .string(maxLength: 1024), "What that means, for people."),
        ])
}
