extension Check {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How one part of a verification stands.",
        [
            .required(
                "name", .string(maxLength: 320),
                "Its name in the spec, followed by /app where each app has its own; or health."),
            .required("state", .words(of: CheckState.self), "How it stands."),
            .optional("message", .string(maxLength: 1024), "What that means, for people."),
            .optional("value", .string(maxLength: 64), "The last value that was measured."),
            .optional("failures", .integer(), "How many times a metric's condition has broken."),
            .optional("at", .timestamp, "When a metric was last asked for, or a Job was begun."),
        ])
}
