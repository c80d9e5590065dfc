extension Gate {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How one gate stands.",
        [
            .required("name", .words(of: GateName.self), "The gate."),
            .required("state", .words(of: GateState.self), "Whether it lets the work through."),
            .optional("reason", .words(of: GateReason.self), "Why it does not."),
            .optional("until", .timestamp, "When it opens by itself, where that is known."),
            .optional("message", .string(maxLength: 1024), "What holds it and what to do, for people."),
        ])
}
