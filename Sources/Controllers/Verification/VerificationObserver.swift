internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Asks for the metrics that are due and looks at the Jobs that run, once a promotion is in the cluster.
struct VerificationObserver: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    func observe(_ observation: inout PromotionObservation, _ environment: Environment) async {
        let promotion = observation.promotion
        let spec = environment.spec.verification
        guard !spec.metrics.isEmpty || !spec.jobs.isEmpty, let commit = observation.commit,
            promotion.status.attempt == promotion.spec.attempt, !promotion.hasEnded || promotion.isWatched,
            observation.apps.allSatisfy({ $0.hasCommit && $0.app.sync == .synced })
        else { return }
        let now = context.clock.now()
        // Before the first pass that finds it synced, nothing has been measured yet.
        guard let start = promotion.status.timestamps.synced else { return }
        let checks = Dictionary(
            promotion.status.verification.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var due: [VerificationPart] = []
        for part in spec.parts(apps: commit.apps) where !observation.overtaken.contains(part.app) {
            let check = checks[part.name]
            switch part.work {
            case .metric(let metric):
                if let at = MetricJudgement.due(check, metric, since: start), at <= now { due.append(part) }
            case .job:
                if !promotion.hasEnded, check?.state != .passed, check?.state != .failed { due.append(part) }
            }
        }
        await follow(due, &observation, environment)
        await read(due, &observation, environment)
    }

    /// Before the Jobs are read, so that no change of theirs is missed.
    private func follow(
        _ parts: [VerificationPart], _ observation: inout PromotionObservation, _ environment: Environment
    ) async {
        let promotion = observation.promotion
        let jobs = parts.filter(\.isJob).map { part in
            let job = VerificationJob(part, of: promotion, in: environment)
            return NamespacedName(namespace: job.namespace, name: job.name)
        }
        guard !jobs.isEmpty else { return context.jobs.forget(promotion.namespacedName) }
        guard let cluster = try? await JobRunner(context).cluster(of: environment) else { return }
        observation.jobsAreWatched = context.jobs.follow(Set(jobs), of: promotion.namespacedName, on: cluster)
    }

    /// All at once: a slow server delays none of the others.
    private func read(
        _ parts: [VerificationPart], _ observation: inout PromotionObservation, _ environment: Environment
    ) async {
        enum Reading: Sendable {
            case metric(MetricReading)
            case job(JobReading)
        }
        let promotion = observation.promotion
        let prometheus = PrometheusClient(transport: context.transport)
        let runner = JobRunner(context)
        await withTaskGroup(of: (String, Reading).self) { group in
            for part in parts {
                group.addTask {
                    switch part.work {
                    case .metric(let metric):
                        (part.name, .metric(await prometheus.ask(metric.prometheus.url, metric.prometheus.query)))
                    case .job:
                        (
                            part.name,
                            .job(
                                await runner.reading(
                                    VerificationJob(part, of: promotion, in: environment), of: part, in: environment))
                        )
                    }
                }
            }
            for await (name, reading) in group {
                switch reading {
                case .metric(let reading): observation.metrics[name] = reading
                case .job(let reading): observation.jobs[name] = reading
                }
            }
        }
    }
}
