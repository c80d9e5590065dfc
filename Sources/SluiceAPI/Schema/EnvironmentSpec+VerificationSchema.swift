import KubernetesModel

extension EnvironmentSpec.Verification {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How a promotion is judged once it is in the cluster.",
        [
            .optional(
                "timeout", .duration.defaulting("10m"),
                "How long the verification may take, the wait for health included."),
            .optional("health", EnvironmentSpec.HealthCheck.schema.defaulting([:]), "What health means."),
            .optional(
                "metrics", .list(of: EnvironmentSpec.Metric.schema, maxItems: 50, keys: ["name"]),
                "Queries that must hold."),
            .optional(
                "jobs", .list(of: EnvironmentSpec.JobCheck.schema, maxItems: 50, keys: ["name"]),
                "Jobs that must succeed."),
        ])
}

extension EnvironmentSpec.HealthCheck {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What health means.",
        [
            .optional("stableFor", .duration.defaulting("30s"), "How long the apps must be healthy without a break.")
        ])
}

extension EnvironmentSpec.Metric {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A query that must hold.",
        [
            .required("name", .string(minLength: 1, maxLength: 63), "A name for messages."),
            .required("prometheus", EnvironmentSpec.Prometheus.schema, "Where and what to ask."),
            .required(
                "condition", .string(maxLength: 64, pattern: .metricCondition),
                "What the value must satisfy, one of < <= > >= == != and a number."),
            .optional("interval", .duration.defaulting("30s"), "How often to ask."),
            .optional("failureLimit", .integer(0...100).defaulting(0), "How many times the condition may break."),
            .optional(
                "onNoData", .words(of: NoDataPolicy.self).defaulting("Inconclusive"), "What an empty answer means."),
        ])
}

extension EnvironmentSpec.Prometheus {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A query to a Prometheus server.",
        [
            .required("url", .string(minLength: 1, maxLength: 2048, pattern: .httpURL), "The server's base URL."),
            .required(
                "query", .string(minLength: 1, maxLength: 4096),
                "The query; it must give one value. Where it holds {app} it is asked for each app of the promotion."),
        ])
}

extension EnvironmentSpec.JobCheck {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A Job that must succeed.",
        [
            .required("name", .string(minLength: 1, maxLength: 63), "A name for messages."),
            .required(
                "templateRef", LocalReference.schema,
                "A ConfigMap with the key job.yaml: the Job to run in the destination namespace, once for each app of the promotion."
            ),
            .optional("timeout", .duration.defaulting("5m"), "How long the Job may take."),
        ])
}
