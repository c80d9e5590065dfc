extension RollbackStatus {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How a rollback stands.",
        [
            .optional("observedGeneration", .integer(), "The generation of the spec that this status is about."),
            .optional(
                "lastHandledReconcileAt", .string(maxLength: 256),
                "The value of the annotation sluice.dev/reconcile-at that was last acted on."),
            .optional("attempt", .integer(), "The attempt that this status is about."),
            .optional("phase", .words(of: RollbackPhase.self), "Where the rollback stands."),
            .optional("reason", .string(maxLength: 64), "Why, in one word."),
            .optional("message", .string(maxLength: 1024), "What that means, for people."),
            .optional("trigger", .words(of: RollbackCause.self), "Who set it off."),
            .optional("reverted", .list(of: .string(maxLength: 64), maxItems: 200), "The commits that were reverted."),
            .optional("commit", .string(maxLength: 64), "The commit that was pushed."),
            .optional(
                "pullRequest", PullRequestState.schema,
                "The pull request that offers the commit, where it goes through one."),
            .optional(
                "restoredPaths", .list(of: .string(maxLength: 1024), maxItems: 200),
                "Paths that were put back because the revert did not apply cleanly."),
            .optional("holds", .list(of: .string(maxLength: 253), maxItems: 500), "The apps that it holds."),
            .optional("vetoes", .list(of: .string(maxLength: 512), maxItems: 500), "The versions that it vetoes."),
            .optional(
                "planDigest", .string(maxLength: 80), "The digest of what it undoes: what an approval is bound to."),
            .optional("requester", Identity.schema, "Who asked for it."),
            .optional("approvals", PromotionStatus.ApprovalState.schema, "Who agreed to it."),
            .optional("override", .string(maxLength: 1024), "Who passed over which gates, and why."),
            .optional(
                "gates", .list(of: Gate.schema, maxItems: 20, keys: ["name"]),
                "Every gate, not only the first that holds."),
            .optional("summary", RollbackStatus.Summary.schema, "Short texts for the columns of kubectl."),
            .optional("timestamps", RollbackStatus.Timestamps.schema, "When it came to which point."),
            .optional(
                "conditions", .list(of: .condition, maxItems: 20, keys: ["type"]),
                "Conditions by the conventions of Kubernetes' API."),
        ])
}

extension RollbackStatus.Summary {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Short texts for the columns of kubectl.",
        [
            .optional("reverted", .string(maxLength: 128), "What was reverted, in short."),
            .optional("took", .string(maxLength: 32), "How long it took, from the request to health."),
        ])
}

extension RollbackStatus.Timestamps {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "When a rollback came to which point.",
        [
            .optional("requested", .timestamp, "When it was asked for."),
            .optional("planned", .timestamp, "When its plan was made."),
            .optional("committed", .timestamp, "When its commit was pushed."),
            .optional("synced", .timestamp, "When it was in the cluster."),
            .optional("verified", .timestamp, "When its verification passed."),
            .optional("finished", .timestamp, "When it ended."),
        ])
}
