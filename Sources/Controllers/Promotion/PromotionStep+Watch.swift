internal import Core
internal import KubernetesModel
internal import SluiceAPI

extension PromotionStep {
    /// For a while after its success a promotion answers for its apps: a version that falls ill is no longer verified,
    /// which keeps it from going further, and is rolled back where the policy says so.
    mutating func watched() -> PromotionPlan {
        let mine = observation.apps.filter { !observation.overtaken.contains($0.app.name) }
        guard let until = status.timestamps.watchedUntil, now < until,
            case .present(let environment) = observation.target
        else {
            if case .present = observation.target { status.timestamps.watchedUntil = nil }
            return PromotionPlan(status: status)
        }
        // Where the repository cannot be read nothing is known, and what is not in the cluster now says nothing.
        guard observation.commit != nil else { return PromotionPlan(status: status, requeueAt: until) }
        guard !mine.isEmpty else {
            status.timestamps.watchedUntil = nil
            return PromotionPlan(status: status)
        }
        let start = status.timestamps.synced ?? now
        let step = verify(environment, since: start, isHealthy: true)
        status.verification =
            status.verification.filter { check in !step.checks.contains { $0.name == check.name } }
            + step.checks
        var plan = PromotionPlan(
            status: status, requeueAt: [until, step.next].compactMap { $0 }.filter { $0 > now }.min())
        let degraded = mine.filter { $0.app.health == .degraded }
        if !degraded.isEmpty {
            withdraw("Degraded", Self.reasons(degraded), .degraded, environment, &plan)
        } else if let check = step.checks.first(where: { $0.state == .failed }) {
            withdraw(
                reason(of: check, environment.spec.verification).rawValue, "\(check.name): \(check.message)",
                .verificationFailed, environment, &plan)
        } else if mine.allSatisfy({ $0.app.health == .healthy }), !status.conditions.isTrue(ConditionType.verified) {
            restore(mine, environment, &plan)
        }
        plan.status = status
        return plan
    }

    private mutating func withdraw(
        _ reason: String, _ message: String, _ trigger: RollbackTrigger, _ environment: Environment,
        _ plan: inout PromotionPlan
    ) {
        condition(ConditionType.verified, false, reason, message)
        status.reason = reason
        var text = "after its success: \(message)"
        if asksForRollback(trigger, environment) {
            if hasHealthyPast(environment) {
                plan.action = rollBack(cause: "\(reason): \(message)")
            } else {
                text += "; not rolled back, for there is no earlier healthy revision"
            }
        }
        if !status.rollback.isEmpty { text += "; rollback \(status.rollback) undoes it" }
        status.message = text.bounded(to: Condition.messageLimit)
    }

    /// A version that has been healthy again for as long as a verification asks is verified again.
    private mutating func restore(
        _ apps: [PromotionObservation.AppProgress], _ environment: Environment, _ plan: inout PromotionPlan
    ) {
        let stableFor = environment.spec.verification.health.stableFor.duration
        let stableAt = apps.map { ($0.app.healthySince ?? now) + stableFor }.max() ?? now
        guard now >= stableAt else {
            plan.requeueAt = min(plan.requeueAt ?? stableAt, stableAt)
            return
        }
        condition(ConditionType.verified, true, "Healthy", "all apps are healthy again")
        status.reason = "Succeeded"
        status.message = "all apps are healthy again"
    }
}
