import KubernetesModel

extension EnvironmentSpec.Sync {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How the cluster is brought to what Git says, and kept there.",
        [
            .optional(
                "automated", .boolean.defaulting(true),
                "Syncs each new revision. If false only the difference is reported until a promotion or an override syncs."
            ),
            .optional("prune", .boolean.defaulting(true), "Deletes what is no longer in Git."),
            .optional(
                "selfHeal", .boolean.defaulting(true), "Undoes changes that others make to the objects in the cluster."),
            .optional(
                "allowEmpty", .boolean.defaulting(false), "Lets an app that renders to nothing be pruned to nothing."),
            .optional(
                "pruneLast", .boolean.defaulting(true), "Deletes only after everything else is applied and healthy."),
            .optional(
                "prunePropagation", .words(of: PropagationPolicy.self).defaulting("Foreground"),
                "How the dependents of deleted objects go."),
            .optional(
                "ignoreDifferences", .list(of: EnvironmentSpec.IgnoreDifference.schema, maxItems: 200),
                "Fields that others own: neither applied to existing objects nor seen as drift."),
            .optional(
                "forceConflicts", .boolean.defaulting(true), "Takes over fields that another field manager holds."),
            .optional(
                "replaceImmutable", .boolean.defaulting(false),
                "Deletes and creates objects anew where the server says that a field cannot be changed."),
            .optional(
                "validate", .boolean.defaulting(true),
                "Tries all objects of an app as a dry run before the first is written, so that one bad object changes nothing."
            ),
            .optional("timeout", .duration.defaulting("10m"), "How long an app may take to become healthy."),
            .optional("retry", EnvironmentSpec.Retry.schema.defaulting([:]), "How failed syncs are tried again."),
        ])
}

extension EnvironmentSpec.IgnoreDifference {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Fields that others own.",
        [
            .optional(
                "group", .string(maxLength: 253), "The API group of the objects, a glob; empty for the core group."),
            .required("kind", .string(minLength: 1, maxLength: 63), "The kind of the objects, a glob."),
            .optional(
                "name", .string(minLength: 1, maxLength: 253).defaulting("*"), "The name of the objects, a glob."),
            .optional(
                "namespace", .string(minLength: 1, maxLength: 253).defaulting("*"),
                "The namespace of the objects, a glob."),
            .optional(
                "jsonPointers", .list(of: .string(maxLength: 512), maxItems: 50),
                "The fields as JSON pointers (RFC 6901); * stands for every element."),
            .optional(
                "managers", .list(of: .string(maxLength: 128), maxItems: 50),
                "Field managers whose fields are left alone."),
        ])
}

extension EnvironmentSpec.Retry {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How failed syncs are tried again.",
        [
            .optional(
                "limit", .integer(0...100).defaulting(5), "How many times; 0 for never. A newer commit begins anew."),
            .optional("backoff", EnvironmentSpec.Backoff.schema.defaulting([:]), "How long to wait between tries."),
        ])
}

extension EnvironmentSpec.Backoff {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How long to wait between tries.",
        [
            .optional("duration", .duration.defaulting("5s"), "The wait before the first repetition."),
            .optional("factor", .integer(1...10).defaulting(2), "What each wait is multiplied by for the next."),
            .optional("maxDuration", .duration.defaulting("3m"), "The longest wait."),
        ])
}
