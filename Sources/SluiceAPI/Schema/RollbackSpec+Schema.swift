import KubernetesModel

extension RollbackSpec {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A promotion to undo, by reverting its commit.",
        [
            .required("environment", .objectName, "The Environment, in this namespace."),
            .required("target", RollbackSpec.Target.schema, "What to go back to or undo; exactly one of its fields."),
            .optional(
                "apps", .list(of: .string(maxLength: 253), maxItems: 200),
                "The apps to roll back; empty for all that the target changed."),
            .optional("reason", .string(maxLength: 1024), "Why, for people, the commit and the audit."),
            .optional("pin", .boolean.defaulting(true), "Holds the apps until this rollback is released."),
            .optional(
                "veto", .boolean.defaulting(true),
                "Never promotes the undone version here again until the veto is lifted."),
            .optional(
                "onConflict", .words(of: ConflictPolicy.self).defaulting("RestorePaths"),
                "What to do where the revert does not apply cleanly."),
            .optional(
                "approvals", .list(of: PromotionSpec.Approval.schema, maxItems: 50, keys: ["user"]),
                "What approvers say, where the environment asks for approvals of rollbacks; each adds an entry in their own name."
            ),
            .optional("override", GateOverride.schema.nullable(), "Gates to pass over; never approvals."),
            .optional("dryRun", .boolean.defaulting(false), "Only plans."),
            .optional("attempt", .integer(1...1000000).defaulting(1), "Raise it to run again."),
            .optional("release", .boolean.defaulting(false), "Lifts the hold and the veto of this rollback."),
        ]
    )
    .rule(
        "self.environment == oldSelf.environment",
        "environment cannot be changed; make a new object"
    )
    .rule(
        "self.target == oldSelf.target",
        "target cannot be changed; make a new object"
    )
    .rule(
        "has(self.apps) == has(oldSelf.apps) && (!has(self.apps) || self.apps == oldSelf.apps)",
        "apps cannot be changed; make a new object"
    )
    .rule(
        "has(self.reason) == has(oldSelf.reason) && (!has(self.reason) || self.reason == oldSelf.reason)",
        "reason cannot be changed; make a new object"
    )
    .rule(
        "self.pin == oldSelf.pin",
        "pin cannot be changed; make a new object"
    )
    .rule(
        "self.veto == oldSelf.veto",
        "veto cannot be changed; make a new object"
    )
    .rule(
        "self.onConflict == oldSelf.onConflict",
        "onConflict cannot be changed; make a new object"
    )
    .rule(
        "self.dryRun == oldSelf.dryRun",
        "dryRun cannot be changed; make a new object")
}

extension RollbackSpec.Target {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What to go back to or undo; exactly one field.",
        [
            .optional("promotion", .string(maxLength: 253), "The Promotion to undo."),
            .optional("commit", .string(pattern: .commitPrefix), "The commit of a promotion to undo."),
            .optional(
                "lastHealthy", .boolean.defaulting(false),
                "Goes back to the last commit with which everything was healthy."),
            .optional("steps", .integer(0...100).defaulting(0), "Undoes this many promotions."),
        ]
    )
    .rule(
        "(has(self.promotion) ? 1 : 0) + (has(self.commit) ? 1 : 0) + (self.lastHealthy ? 1 : 0) + (self.steps > 0 ? 1 : 0) == 1",
        "say exactly one of promotion, commit, lastHealthy and steps")
}
