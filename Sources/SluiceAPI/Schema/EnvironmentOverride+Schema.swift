extension EnvironmentOverride {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Opens windows and freezes for syncs for a while, whatever the calendar says.",
        [
            .required(
                "reason", .string(maxLength: 1024), "Why, for people and the audit; windows.override may ask for one."),
            .required("until", .timestamp, "When the override ends; at most windows.override.maxDuration ahead."),
        ])
}
