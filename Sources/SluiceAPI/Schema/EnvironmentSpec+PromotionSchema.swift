import KubernetesModel

extension EnvironmentSpec.PromotionPolicy {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How promotions into this environment queue.",
        [
            .optional(
                "auto", .boolean.defaulting(false), "Promotes what the upstream environments have proved, unasked."),
            .optional(
                "order", .words(of: PromotionOrder.self).defaulting("LatestWins"),
                "Which of several waiting promotions goes first."),
            .optional(
                "supersede", .words(of: SupersedePolicy.self).defaulting("PendingOnly"),
                "Which promotions a newer one of the same apps replaces."),
            .optional("maxConcurrent", .integer(1...50).defaulting(1), "How many promotions may run at a time."),
            .optional(
                "maxPerWindow", .integer(0...1000).defaulting(0),
                "How many promotions may commit in one opening; 0 for any number."),
        ])
}

extension EnvironmentSpec.RollbackPolicy {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "When and how promotions are rolled back.",
        [
            .optional("auto", .boolean.defaulting(true), "Rolls a promotion back by itself when it fails."),
            .optional(
                "on",
                .list(of: .words(of: RollbackTrigger.self), maxItems: 2, unique: true).defaulting([
                    "Degraded", "VerificationFailed",
                ]),
                "What sets off an automatic rollback. Quote this key where YAML 1.1 is read, as kubectl does: it takes a bare on for true."
            ),
            .optional(
                "watchFor", .duration.defaulting("30m"), "How long after its success a promotion's apps are watched."),
            .optional(
                "pin", .boolean.defaulting(true), "Holds the app after a rollback until the rollback is released."),
            .optional("veto", .boolean.defaulting(true), "Vetoes the version that was rolled back."),
            .optional(
                "onConflict", .words(of: ConflictPolicy.self).defaulting("RestorePaths"),
                "What to do where the revert does not apply cleanly."),
            .optional(
                "approvals", .words(of: RollbackApprovals.self).defaulting("None"),
                "Whether rollbacks wait for approvals."),
        ])
}

extension EnvironmentSpec.History {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How much of the past is kept.",
        [
            .optional(
                "promotions", .integer(0...10000).defaulting(100),
                "How many finished Promotions, and how many finished Rollbacks, are kept in the cluster; what Git declares always is."
            ),
            .optional(
                "ttl", .duration.defaulting("90d"),
                "How long finished Promotions and Rollbacks are kept in the cluster."),
        ])
}
