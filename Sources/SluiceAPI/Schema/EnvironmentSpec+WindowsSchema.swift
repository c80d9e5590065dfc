import KubernetesModel

extension EnvironmentSpec.Windows {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "When Git is changed and new revisions are synced.",
        [
            .optional(
                "timeZone", .string(minLength: 1, maxLength: 64).defaulting("UTC"),
                "The zone in which schedules and freezes are read, a name of the IANA time zone database."),
            .optional(
                "operations",
                .list(of: .words(of: WindowOperation.self), maxItems: 4, unique: true).defaulting(["Promote", "Sync"]),
                "What the windows hold; what is not listed is exempt."),
            .optional(
                "onClose", .words(of: WindowCloseAction.self).defaulting("PauseBeforeCommit"),
                "What becomes of a promotion whose window shuts before its commit is pushed."),
            .optional(
                "allow", .list(of: EnvironmentSpec.Window.schema, maxItems: 50, keys: ["name"]),
                "When work may happen; without entries, always."),
            .optional(
                "deny", .list(of: EnvironmentSpec.Window.schema, maxItems: 50, keys: ["name"]),
                "When work may not happen, whatever the allow list says."),
            .optional(
                "freezes", .list(of: EnvironmentSpec.Freeze.schema, maxItems: 50, keys: ["name"]),
                "Spans in which nothing happens."),
            .optional(
                "override", EnvironmentSpec.Override.schema,
                "Who may open windows and freezes, and for how long; without it nobody may."),
        ])
}

extension EnvironmentSpec.Window {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "An opening that recurs.",
        [
            .required("name", .string(minLength: 1, maxLength: 63), "A name for messages."),
            .required(
                "schedule", .string(minLength: 1, maxLength: 256),
                "When it begins, a cron expression of five fields or @hourly, @daily, @weekly, @monthly, @yearly."),
            .required("duration", .duration, "How long it lasts, in elapsed time; at most 31 days."),
            .optional(
                "apps", .list(of: .string(maxLength: 253), maxItems: 200).defaulting(["*"]),
                "Globs over the apps it is for."),
        ])
}

extension EnvironmentSpec.Freeze {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A span in which nothing happens.",
        [
            .required("name", .string(minLength: 1, maxLength: 63), "A name for messages."),
            .required(
                "start", .localTime,
                "When it begins, a local time in the windows' zone such as 2026-12-20T00:00, or RFC 3339 with an offset."
            ),
            .required("end", .localTime, "When it ends, in the same form; that moment is outside."),
            .optional("reason", .string(maxLength: 1024), "Why, for people."),
            .optional(
                "apps", .list(of: .string(maxLength: 253), maxItems: 200).defaulting(["*"]),
                "Globs over the apps it is for."),
        ])
}

extension EnvironmentSpec.Override {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Who may open windows and freezes, and for how long.",
        [
            .optional(
                "groups", .list(of: .string(maxLength: 253), maxItems: 50),
                "Groups whose members may; API users need the verb override as well."),
            .optional("requireReason", .boolean.defaulting(true), "Asks for a reason."),
            .optional("maxDuration", .duration.defaulting("2h"), "The longest override."),
        ])
}
