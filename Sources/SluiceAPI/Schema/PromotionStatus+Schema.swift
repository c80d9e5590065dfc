extension PromotionStatus {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How a promotion stands.",
        [
            .optional("observedGeneration", .integer(), "The generation of the spec that this status is about."),
            .optional(
                "lastHandledReconcileAt", .string(maxLength: 256),
                "The value of the annotation sluice.dev/reconcile-at that was last acted on."),
            .optional("attempt", .integer(), "The attempt that this status is about."),
            .optional("phase", .words(of: PromotionPhase.self), "Where the promotion stands."),
            .optional("reason", .string(maxLength: 64), "Why, in one word."),
            .optional("message", .string(maxLength: 1024), "What that means, for people."),
            .optional(
                "planDigest", .string(maxLength: 80), "The digest of the resolved versions and the rendered difference."
            ),
            .optional("baseCommit", .string(maxLength: 64), "The commit that the plan was made on."),
            .optional("commit", .string(maxLength: 64), "The commit that was pushed."),
            .optional(
                "pullRequest", PullRequestState.schema,
                "The pull request that offers the commit, where it goes through one."),
            .optional(
                "lastHealthy", .string(maxLength: 64),
                "The environment's last healthy commit before this promotion: without one, there is nothing to roll back to."
            ),
            .optional(
                "items", .list(of: PromotionStatus.ItemState.schema, maxItems: 2000),
                "What changes, one entry for each app and image."),
            .optional("plan", PromotionStatus.Plan.schema, "Where the rendered difference is kept."),
            .optional("requester", Identity.schema, "Who asked for it."),
            .optional("approvals", PromotionStatus.ApprovalState.schema, "Who agreed to it."),
            .optional("override", .string(maxLength: 1024), "Who passed over which gates, and why."),
            .optional(
                "gates", .list(of: Gate.schema, maxItems: 20, keys: ["name"]),
                "Every gate, not only the first that holds."),
            .optional(
                "verification", .list(of: Check.schema, maxItems: 120, keys: ["name"]), "How the verification stands."),
            .optional("supersededBy", .string(maxLength: 253), "The Promotion that took its place."),
            .optional("rollback", .string(maxLength: 253), "The Rollback that undid it."),
            .optional("summary", PromotionStatus.Summary.schema, "Short texts for the columns of kubectl."),
            .optional("timestamps", PromotionStatus.Timestamps.schema, "When it came to which point."),
            .optional(
                "conditions", .list(of: .condition, maxItems: 20, keys: ["type"]),
                "Conditions by the conventions of Kubernetes' API."),
        ])
}

extension PromotionStatus.ItemState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "One image of one app that changes.",
        [
            .required("app", .string(maxLength: 253), "The app."),
            .optional("image", .string(maxLength: 512), "The image's name, or empty for files."),
            .optional("from", .string(maxLength: 512), "What is in Git before."),
            .optional("to", .string(maxLength: 512), "What is in Git after."),
            .optional("noop", .boolean, "Whether nothing changes."),
        ])
}

extension PromotionStatus.Plan {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Where the rendered difference is kept.",
        [
            .optional("configMap", .string(maxLength: 253), "The ConfigMap that holds it."),
            .optional("added", .integer(), "Objects that are new."),
            .optional("changed", .integer(), "Objects that change."),
            .optional("removed", .integer(), "Objects that go."),
            .optional("truncated", .boolean, "Whether the difference was too long to be kept in full."),
        ])
}

extension PromotionStatus.ApprovalState {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Who agreed to a promotion.",
        [
            .optional("required", .integer(), "How many approvals are needed."),
            .optional("valid", .integer(), "How many count."),
            .optional(
                "records", .list(of: ApprovalRecord.schema, maxItems: 50),
                "Every approval and rejection, also those that do not count."),
        ])
}

extension PromotionStatus.Summary {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Short texts for the columns of kubectl.",
        [
            .optional("approvals", .string(maxLength: 32), "Valid approvals of required ones, such as 1/2."),
            .optional("until", .string(maxLength: 64), "Until when a gate holds it, where that is known."),
        ])
}

extension PromotionStatus.Timestamps {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "When a promotion came to which point.",
        [
            .optional("requested", .timestamp, "When it was asked for."),
            .optional("planned", .timestamp, "When its plan was made."),
            .optional("approved", .timestamp, "When its approvals were complete."),
            .optional("committed", .timestamp, "When its commit was pushed."),
            .optional("synced", .timestamp, "When it was in the cluster."),
            .optional("verified", .timestamp, "When its verification passed."),
            .optional("finished", .timestamp, "When it ended."),
            .optional(
                "watchedUntil", .timestamp,
                "Until when its apps are watched after its success; nothing once that is over."),
        ])
}
