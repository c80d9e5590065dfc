import KubernetesModel

extension EnvironmentSpec.Upstream {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "The environments that must have proved a version before it is promoted.",
        [
            .required(
                "environments", .list(of: .string(maxLength: 253), minItems: 1, maxItems: 20, unique: true),
                "Their names, in this namespace."),
            .optional(
                "mode", .words(of: UpstreamMode.self).defaulting("All"),
                "Whether all of them or any one must have proved the version."),
            .optional(
                "requireVerified", .boolean.defaulting(true),
                "Asks that a promotion of the version succeeded there, not only that it is live and healthy."),
            .optional(
                "soak", .duration.defaulting("0s"), "How long the version must have been live and healthy there."),
            .optional(
                "soakResetOnUnhealthy", .boolean.defaulting(true),
                "Begins the count anew when the version falls ill there."),
        ])
}
