import KubernetesModel

extension PromotionSpec {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Versions to bring into an environment, in one commit.",
        [
            .required("environment", .objectName, "The Environment, in this namespace."),
            .required(
                "items", .list(of: PromotionSpec.Item.schema, minItems: 1, maxItems: 200),
                "What to promote: all of it or nothing, in one commit."),
            .optional("reason", .string(maxLength: 1024), "Why, for people, the commit and the audit."),
            .optional("dryRun", .boolean.defaulting(false), "Only plans."),
            .optional("attempt", .integer(1...1000000).defaulting(1), "Raise it to run again."),
            .optional("notBefore", .timestamp.nullable(), "The earliest time for the commit."),
            .optional("expiresAfter", .duration.defaulting("72h"), "How long it may wait for its gates."),
            .optional(
                "approvals", .list(of: PromotionSpec.Approval.schema, maxItems: 50, keys: ["user"]),
                "What approvers say; each adds an entry in their own name."),
            .optional("override", GateOverride.schema.nullable(), "Gates to pass over; never approvals."),
            .optional("abort", .boolean.defaulting(false), "Stops it, as long as nothing has been pushed."),
        ]
    )
    .rule(
        "self.environment == oldSelf.environment",
        "environment cannot be changed; make a new object"
    )
    .rule(
        "self.items == oldSelf.items",
        "items cannot be changed; make a new object"
    )
    .rule(
        "has(self.reason) == has(oldSelf.reason) && (!has(self.reason) || self.reason == oldSelf.reason)",
        "reason cannot be changed; make a new object"
    )
    .rule(
        "self.dryRun == oldSelf.dryRun",
        "dryRun cannot be changed; make a new object"
    )
    .rule(
        "self.expiresAfter == oldSelf.expiresAfter",
        "expiresAfter cannot be changed; make a new object")
}

extension PromotionSpec.Item {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "One change of a promotion: an app or apps, and exactly one of image, fromEnvironment and path.",
        [
            .optional("app", .string(maxLength: 253), "The app; either this or apps."),
            .optional("apps", .list(of: .string(maxLength: 253), maxItems: 200), "Globs over apps: a release train."),
            .optional("image", ImageOverride.schema, "The image to set, with a new tag, digest or name."),
            .optional(
                "fromEnvironment", .string(maxLength: 253), "The Environment whose live and healthy images are taken."),
            .optional(
                "path", PromotionSpec.PathCopy.schema,
                "Files to copy from another Environment's folder of the app; those that are gone there go here too."),
        ]
    )
    .rule(
        "has(self.app) != has(self.apps)",
        "name the app in app or several in apps, not both"
    )
    .rule(
        "(has(self.image) ? 1 : 0) + (has(self.fromEnvironment) ? 1 : 0) + (has(self.path) ? 1 : 0) == 1",
        "say exactly one of image, fromEnvironment and path")
}

extension PromotionSpec.PathCopy {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Files to copy from another Environment's folder of the app; those that are gone there go here too.",
        [
            .required("from", .objectName, "The Environment to copy from."),
            .optional(
                "include", .list(of: .string(maxLength: 512), maxItems: 100),
                "Paths to copy, those that end in / with all they hold; empty for everything."),
            .optional("exclude", .list(of: .string(maxLength: 512), maxItems: 100), "Paths to leave out."),
        ])
}

extension PromotionSpec.Approval {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What one approver says.",
        [
            .required(
                "user", .string(minLength: 1, maxLength: 253),
                "Who says so; it must be the API user or the commit's signer."),
            .optional("decision", .words(of: Decision.self).defaulting("Approve"), "Yes or no."),
            .required("planDigest", .string(pattern: .digest), "The plan that this is about, as in status.planDigest."),
            .optional("comment", .string(maxLength: 1024), "A word to go with it."),
        ])
}
