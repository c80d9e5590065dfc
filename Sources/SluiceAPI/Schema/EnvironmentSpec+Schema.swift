import KubernetesModel

extension EnvironmentSpec {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What one stage of many apps should be.",
        [
            .optional(
                "suspend", .boolean.defaulting(false),
                "Stops everything that changes Git or the cluster for this environment; its state is still reported."),
            .optional(
                "override", EnvironmentOverride.schema.nullable(),
                "Opens windows and freezes for syncs until a time; bounded by windows.override."),
            .required(
                "source", EnvironmentSpec.Source.schema,
                "Where the desired state is read from and promotions are written to."),
            .optional(
                "apps", EnvironmentSpec.AppSelection.schema.defaulting([:]),
                "Which of the apps that the path holds belong to this environment."),
            .optional(
                "render", EnvironmentSpec.Render.schema.defaulting([:]),
                "What is laid over each app's kustomization, as Argo CD keeps it in spec.source.kustomize."),
            .optional(
                "destination", EnvironmentSpec.Destination.schema.defaulting([:]),
                "Where the apps are deployed, and what they may touch there."),
            .optional(
                "sync", EnvironmentSpec.Sync.schema.defaulting([:]),
                "How the cluster is brought to what Git says, and kept there."),
            .optional(
                "upstream", EnvironmentSpec.Upstream.schema,
                "The environments that must have proved a version before it is promoted into this one."),
            .optional(
                "windows", EnvironmentSpec.Windows.schema.defaulting([:]),
                "When Git is changed and new revisions are synced."),
            .optional(
                "approvals", EnvironmentSpec.Approvals.schema,
                "Who must agree to a promotion; without it nobody is asked."),
            .optional(
                "promotion", EnvironmentSpec.PromotionPolicy.schema.defaulting([:]),
                "How promotions into this environment queue."),
            .optional(
                "verification", EnvironmentSpec.Verification.schema.defaulting([:]),
                "How a promotion is judged once it is in the cluster."),
            .optional(
                "rollback", EnvironmentSpec.RollbackPolicy.schema.defaulting([:]),
                "When and how promotions are rolled back."),
            .optional("holds", .list(of: Hold.schema, maxItems: 200), "Apps into which nothing is promoted for now."),
            .optional("vetoes", .list(of: Veto.schema, maxItems: 500), "Versions that are never promoted here."),
            .optional(
                "notifications", .list(of: EnvironmentSpec.Notification.schema, maxItems: 20, keys: ["name"]),
                "Who is told what happens."),
            .optional("history", EnvironmentSpec.History.schema.defaulting([:]), "How much of the past is kept."),
            .optional(
                "deletionPolicy", .words(of: DeletionPolicy.self).defaulting("Orphan"),
                "What becomes of the deployed objects when this Environment is deleted."),
        ])
}
