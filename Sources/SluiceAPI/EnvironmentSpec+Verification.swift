package import KubernetesModel

extension EnvironmentSpec {
    /// How a promotion is judged once it is in the cluster.
    package struct Verification: Sendable, Hashable, Codable {
        /// How long the verification may take, the wait for health included.
        package var timeout: GoDuration
        /// What health means.
        package var health: HealthCheck
        /// Queries that must hold.
        package var metrics: [Metric]
        /// Jobs that must succeed.
        package var jobs: [JobCheck]

        package init(
            timeout: GoDuration = .minutes(10), health: HealthCheck = HealthCheck(), metrics: [Metric] = [],
            jobs: [JobCheck] = []
        ) {
            self.timeout = timeout
            self.health = health
            self.metrics = metrics
            self.jobs = jobs
        }
    }

    /// What health means.
    package struct HealthCheck: Sendable, Hashable, Codable {
        /// How long the apps must be healthy without a break.
        package var stableFor: GoDuration

        package init(
            stableFor: GoDuration = .seconds(30)
        ) {
            self.stableFor = stableFor
        }
    }

    /// A query that must hold.
    package struct Metric: Sendable, Hashable, Codable {
        /// A name for messages.
        package var name: String
        /// Where and what to ask.
        package var prometheus: Prometheus
        /// What the value must satisfy, one of < <= > >= == != and a number.
        package var condition: String
        /// How often to ask.
        package var interval: GoDuration
        /// How many times the condition may break.
        package var failureLimit: Int
        /// What an empty answer means.
        package var onNoData: NoDataPolicy

        package init(
            name: String, prometheus: Prometheus, condition: String, interval: GoDuration = .seconds(30),
            failureLimit: Int = 0, onNoData: NoDataPolicy = .inconclusive
        ) {
            self.name = name
            self.prometheus = prometheus
            self.condition = condition
            self.interval = interval
            self.failureLimit = failureLimit
            self.onNoData = onNoData
        }
    }

    /// A query to a Prometheus server.
    package struct Prometheus: Sendable, Hashable, Codable {
        /// The server's base URL.
        package var url: String
        /// The query; it must give one value. Where it holds {app} it is asked for each app of the promotion.
        package var query: String

        package init(
            url: String, query: String
        ) {
            self.url = url
            self.query = query
        }
    }

    /// A Job that must succeed.
    package struct JobCheck: Sendable, Hashable, Codable {
        /// A name for messages.
        package var name: String
        /// A ConfigMap with the key job.yaml: the Job to run in the destination namespace, once for each app of the
        /// promotion.
        package var templateRef: LocalReference
        /// How long the Job may take.
        package var timeout: GoDuration

        package init(
            name: String, templateRef: LocalReference, timeout: GoDuration = .minutes(5)
        ) {
            self.name = name
            self.templateRef = templateRef
            self.timeout = timeout
        }
    }
}
