internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI

extension PromotionStep {
    /// In the cluster: healthy long enough, good by every metric, and every Job done.
    mutating func verifying(_ environment: Environment, since start: Timestamp) -> PromotionPlan {
        let spec = environment.spec.verification
        let deadline = start + spec.timeout.duration
        let ill = observation.apps.filter { $0.app.health != .healthy }
        let step = verify(environment, since: start, isHealthy: ill.isEmpty)
        // Health from before the commit came says nothing of it.
        let stableAt =
            observation.apps.map { max($0.app.healthySince ?? now, start) + spec.health.stableFor.duration }.max()
            ?? now
        let isStable = ill.isEmpty && now >= stableAt
        let health =
            ill.isEmpty
            ? isStable ? "healthy for \(spec.health.stableFor)" : "healthy; watched until \(stableAt.rfc3339)"
            : Self.describe(ill)
        let degraded = observation.apps.filter { $0.app.health == .degraded }
        var failure: (reason: RunReason, message: String, trigger: RollbackTrigger?)?
        if !degraded.isEmpty {
            failure = nil
        } else if let check = step.checks.first(where: { $0.state == .failed }) {
            failure = (reason(of: check, spec), "\(check.name): \(check.message)", .verificationFailed)
        } else if now >= deadline, !ill.isEmpty {
            failure = (.healthTimeout, health, .verificationFailed)
        } else if now >= deadline, isStable, let check = step.checks.first(where: { $0.state != .passed }) {
            // What nothing was learnt of is no reason to take a healthy version away.
            let isKnown = check.state != .inconclusive
            let what =
                "\(check.name): no verdict within \(spec.timeout)"
                + (check.message.isEmpty ? "" : " (\(check.message))")
            failure = (reason(of: check, spec), what, isKnown ? .verificationFailed : nil)
        }
        let healthState: CheckState =
            !degraded.isEmpty || failure?.reason == .healthTimeout ? .failed : isStable ? .passed : .running
        status.verification =
            [Check(name: "health", state: healthState, message: health.bounded(to: 512))] + step.checks.prefix(119)
        var plan: PromotionPlan
        if !degraded.isEmpty {
            plan = failed("Degraded", Self.reasons(degraded), trigger: .degraded, environment)
        } else if let failure {
            plan = failed(failure.reason.rawValue, failure.message, trigger: failure.trigger, environment)
        } else if isStable, step.checks.allSatisfy({ $0.state == .passed }) {
            plan = succeeded(environment)
        } else {
            plan = underWay(step, health, isStable: isStable, ill.isEmpty && !isStable ? stableAt : deadline)
        }
        plan.endedJobs = step.passed
        if plan.status.phase?.isTerminal ?? false { plan.endedJobs += running(environment) }
        return plan
    }

    func verify(
        _ environment: Environment, since start: Timestamp, isHealthy: Bool
    ) -> VerificationStep {
        let parts = environment.spec.verification.parts(apps: observation.commit?.apps ?? [])
            .filter { !observation.overtaken.contains($0.app) }
        return VerificationStep(
            parts, known: status.verification, metrics: observation.metrics, jobs: observation.jobs,
            jobsAreWatched: observation.jobsAreWatched, start: start, isHealthy: isHealthy, now: now)
    }

    private mutating func underWay(
        _ step: VerificationStep, _ health: String, isStable: Bool, _ until: Timestamp
    ) -> PromotionPlan {
        let open = step.checks.filter { $0.state != .passed }
            .map { "\($0.name) is \($0.state.rawValue)\($0.message.isEmpty ? "" : ": ")\($0.message)" }
        let message = ((isStable ? [] : [health]) + open).joined(separator: "; ")
        condition(ConditionType.verified, false, "Verifying", message)
        // What is due already is looked at in the next pass, which this one's status lets begin.
        let moments = [until, step.next].compactMap { $0 }.map { max($0, now + .seconds(1)) }
        var plan = wait(.verifying, "Verifying", message, until: moments.min())
        if !step.toRun.isEmpty { plan.action = .runJobs(step.toRun) }
        return plan
    }

    private mutating func succeeded(_ environment: Environment) -> PromotionPlan {
        status.timestamps.verified = now.wholeSeconds
        condition(ConditionType.verified, true, "Healthy", "all apps are healthy")
        let watchFor = environment.spec.rollback.watchFor.duration
        let until = watchFor > .zero ? now.wholeSeconds + watchFor : nil
        status.timestamps.watchedUntil = until
        var plan = end(.succeeded, "Succeeded", "commit \(observation.commit?.commit.short ?? "") is live and healthy")
        plan.requeueAt = until
        return plan
    }

    /// The Jobs that are or may be at work.
    private func running(_ environment: Environment) -> [VerificationPart] {
        let open = Set(
            status.verification.filter { $0.at != nil && $0.state != .passed && $0.state != .failed }.map(\.name))
        return environment.spec.verification.parts(apps: observation.commit?.apps ?? [])
            .filter { $0.isJob && open.contains($0.name) }
    }

    func reason(of check: Check, _ spec: EnvironmentSpec.Verification) -> RunReason {
        let name = check.name.prefix { $0 != "/" }
        return spec.jobs.contains { $0.name == name } ? .jobFailed : .metricFailed
    }

    private static func describe(_ ill: [PromotionObservation.AppProgress]) -> String {
        ill.map {
            "\($0.app.name) is \($0.app.health?.rawValue ?? "Unknown")\($0.app.message.isEmpty ? "" : ": ")\($0.app.message)"
        }.joined(separator: "; ")
    }

    static func reasons(_ ill: [PromotionObservation.AppProgress]) -> String {
        ill.map { "\($0.app.name): \($0.app.message)" }.joined(separator: "; ")
    }

    /// The end of a promotion that is in Git but not well; an automatic rollback is asked for at most once.
    ///
    /// - Parameter trigger: what would set off a rollback; nil for what never does.
    mutating func failed(
        _ reason: String, _ message: String, trigger: RollbackTrigger?, _ environment: Environment
    ) -> PromotionPlan {
        condition(ConditionType.verified, false, reason, message)
        guard let trigger, asksForRollback(trigger, environment) else { return end(.failed, reason, message) }
        guard hasHealthyPast(environment) else {
            return end(.failed, reason, "\(message); not rolled back, for there is no earlier healthy revision")
        }
        let action = rollBack(cause: "\(reason): \(message)")
        var plan = end(.failed, reason, "\(message); rollback \(status.rollback) undoes it")
        plan.action = action
        return plan
    }

    func asksForRollback(_ trigger: RollbackTrigger, _ environment: Environment) -> Bool {
        let policy = environment.spec.rollback
        return policy.auto && policy.on.contains(trigger) && status.rollback.isEmpty
    }

    /// Whether there is something healthy to go back to: that this very commit was well for a while does not count.
    func hasHealthyPast(_ environment: Environment) -> Bool {
        let past = status.lastHealthy.isEmpty ? environment.status.revision.lastHealthy : status.lastHealthy
        return !past.isEmpty && past != status.commit
    }

    /// The rollback's name says which attempt it undoes, so that there is never a second one.
    mutating func rollBack(cause: String) -> PromotionPlan.Action {
        status.rollback = "\(promotion.metadata.name)-auto-\(spec.attempt)"
        return .rollBack(name: status.rollback, cause: cause.bounded(to: 512))
    }
}
