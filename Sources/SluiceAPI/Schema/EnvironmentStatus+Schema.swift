extension EnvironmentStatus {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What one stage is.",
        [
            .optional("observedGeneration", .integer(), "The generation of the spec that this status is about."),
            .optional(
                "lastHandledReconcileAt", .string(maxLength: 256),
                "The value of the annotation sluice.dev/reconcile-at that was last acted on."),
            .optional("phase", .words(of: EnvironmentPhase.self), "Where the environment stands, in one word."),
            .optional("message", .string(maxLength: 1024), "What that means, for people."),
            .optional("revision", EnvironmentStatus.Revision.schema, "The commits that matter."),
            .optional("counts", EnvironmentStatus.Counts.schema, "How many apps are in which state."),
            .optional("summary", EnvironmentStatus.Summary.schema, "Short texts for the columns of kubectl."),
            // Atomic: one writer alone sets it, and the server keeps a record of the owner of each field of each entry
            // of a keyed list. For a thousand apps that is as large as the status, and most of the time of a write.
            .optional(
                "apps", .list(of: EnvironmentStatus.App.schema, maxItems: 2000),
                "One entry for each app."),
            .optional(
                "managedKinds", .list(of: .string(maxLength: 400), maxItems: 1000),
                "The kinds that were applied, so that a kind that left Git is still pruned."),
            .optional("window", EnvironmentStatus.WindowState.schema, "How the windows stand for promotions."),
            .optional("current", EnvironmentStatus.Current.schema, "What is at work."),
            .optional(
                "queue", .list(of: .string(maxLength: 253), maxItems: 500),
                "The Promotions that wait, first in line first."),
            .optional(
                "holds", .list(of: EnvironmentStatus.HoldState.schema, maxItems: 500),
                "The holds in force, those of rollbacks included."),
            .optional(
                "vetoes", .list(of: EnvironmentStatus.VetoState.schema, maxItems: 1000),
                "The vetoes in force, those of rollbacks included."),
            .optional(
                "conditions", .list(of: .condition, maxItems: 20, keys: ["type"]),
                "Conditions by the conventions of Kubernetes' API."),
        ])
}

extension EnvironmentStatus.Revision {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "The commits that matter.",
        [
            .optional("observed", .string(maxLength: 64), "The commit that was last seen in the source."),
            .optional("synced", .string(maxLength: 64), "The commit that is in the cluster."),
            .optional(
                "lastHealthy", .string(maxLength: 64), "The last commit with which everything was synced and healthy."),
        ])
}

extension EnvironmentStatus.Counts {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How many apps are in which state.",
        [
            .optional("apps", .integer(), "All apps."),
            .optional("synced", .integer(), "Apps as Git says."),
            .optional("healthy", .integer(), "Healthy apps."),
            .optional("outOfSync", .integer(), "Apps that differ from Git."),
            .optional("degraded", .integer(), "Apps that failed."),
        ])
}

extension EnvironmentStatus.Summary {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Short texts for the columns of kubectl.",
        [
            .optional("synced", .string(maxLength: 32), "Synced apps of all apps, such as 49/50."),
            .optional("healthy", .string(maxLength: 32), "Healthy apps of all apps, such as 48/50."),
            .optional("window", .string(maxLength: 32), "Open, Closed, Frozen or Overridden."),
            .optional("next", .string(maxLength: 64), "When the windows next open or close."),
        ])
}

extension EnvironmentStatus.App {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "One app.",
        [
            .required("name", .string(minLength: 1, maxLength: 253), "The app's name."),
            .optional("images", .list(of: .string(maxLength: 512), maxItems: 50), "The images that its workloads run."),
            .optional("revision", .string(maxLength: 64), "The commit that is live."),
            .optional("sync", .words(of: SyncState.self), "How the cluster compares to Git."),
            .optional("health", .words(of: HealthState.self), "How well it is."),
            .optional("since", .timestamp, "Since when these images are live."),
            .optional(
                "content", .string(maxLength: 64), "A digest of all that Git wants of it at that commit."),
            .optional("contentSince", .timestamp, "Since when that content is live."),
            .optional("healthySince", .timestamp, "Since when it is healthy without a break."),
            .optional(
                "trouble", .list(of: .words(of: NotificationEvent.self), maxItems: 10),
                "What was wrong with it since it was last synced and healthy: SyncFailed, OutOfSync, Degraded."),
            .optional(
                "failedContent", .string(maxLength: 64),
                "A digest of what could not be synced, so that one failure is told once."),
            .optional("message", .string(maxLength: 1024), "What is wrong, if anything."),
        ])
}

extension EnvironmentStatus.WindowState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How the windows stand.",
        [
            .optional("open", .boolean, "Whether promotions may commit now."),
            .optional(
                "active", .list(of: .string(maxLength: 63), maxItems: 150),
                "The windows, denials or freezes that decide."),
            .optional("reason", .string(maxLength: 64), "Why, in one word."),
            .optional("nextOpen", .timestamp, "When they open, if they are shut."),
            .optional("nextClose", .timestamp, "When they shut, if they are open."),
            .optional("override", EnvironmentStatus.OverrideState.schema, "The override in force."),
        ])
}

extension EnvironmentStatus.OverrideState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "An override in force.",
        [
            .optional("user", .string(maxLength: 253), "Who asked for it."),
            .optional("reason", .string(maxLength: 1024), "Why."),
            .optional("until", .timestamp, "When it ends."),
        ])
}

extension EnvironmentStatus.Current {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What is at work.",
        [
            .optional("promotion", .string(maxLength: 253), "The Promotion that is at work."),
            .optional("rollback", .string(maxLength: 253), "The Rollback that is at work."),
        ])
}

extension EnvironmentStatus.HoldState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A hold in force.",
        [
            .required("app", .string(maxLength: 253), "The app, or a glob."),
            .optional("reason", .string(maxLength: 1024), "Why."),
            .optional("rollback", .string(maxLength: 253), "The Rollback that set it; empty for one of the spec."),
            .optional("since", .timestamp, "Since when."),
        ])
}

extension EnvironmentStatus.VetoState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A veto in force.",
        [
            .required("app", .string(maxLength: 253), "The app, or a glob."),
            .required("version", .string(maxLength: 512), "The version that is refused."),
            .optional("reason", .string(maxLength: 1024), "Why."),
            .optional("rollback", .string(maxLength: 253), "The Rollback that set it; empty for one of the spec."),
            .optional("until", .timestamp, "When it ends."),
        ])
}
