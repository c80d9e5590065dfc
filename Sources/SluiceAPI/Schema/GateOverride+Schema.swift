extension GateOverride {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Passes over gates of one promotion or rollback. Approvals cannot be passed over.",
        [
            .required(
                "gates", .list(of: .words(["Window", "Upstream", "Soak"]), maxItems: 4, unique: true),
                "The gates to pass over: Window (freezes included), Upstream, Soak."),
            .required("reason", .string(minLength: 1, maxLength: 1024), "Why, for people, the commit and the audit."),
        ])
}
