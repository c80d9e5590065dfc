internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI

extension PromotionStep {
    /// The push has happened: sync, verify, end. Nothing here can undo it; a failure may only lead to a Rollback.
    mutating func afterPush() -> PromotionPlan {
        guard let commit = observation.commit else { return PromotionPlan(status: status) }
        status.commit = commit.commit.hex
        if status.planDigest.isEmpty { status.planDigest = commit.planDigest }
        let isMerged = noteMerge()
        // Its commit may be days older than its merge.
        if status.timestamps.committed == nil {
            status.timestamps.committed = (isMerged ? now : commit.time).wholeSeconds
        }
        condition(ConditionType.committed, true, isMerged ? "Merged" : "Pushed", "commit \(commit.commit.short)")
        status.gates = []
        if let rollback = observation.revertedBy { return rolledBack(by: rollback) }
        guard case .present(let environment) = observation.target else {
            return end(
                .failed, RunReason.environmentDeleted.rawValue,
                "environment \(spec.environment) is gone; commit \(commit.commit.short) stands in Git")
        }
        let committed = status.timestamps.committed ?? now
        let waiting = observation.apps.filter { !$0.hasCommit || $0.app.sync != .synced }
        guard waiting.isEmpty else {
            if isMerged, let pause = pausedMerge(environment) { return pause }
            return syncing(waiting, environment, since: isMerged ? max(committed, windowOpenedAt) : committed)
        }
        if status.timestamps.synced == nil { status.timestamps.synced = now.wholeSeconds }
        condition(ConditionType.synced, true, "Synced", "commit \(commit.commit.short) is in the cluster")
        return verifying(environment, since: status.timestamps.synced ?? now)
    }

    /// A revert of its commit ends a promotion, whatever it had come to.
    mutating func rolledBack(by rollback: LedgerEntry) -> PromotionPlan {
        status.rollback = String(rollback.object.split(separator: "/").last ?? "")
        return end(
            .rolledBack, PromotionPhase.rolledBack.rawValue,
            "reverted by rollback \(status.rollback) in commit \(rollback.commit.short)")
    }

    private mutating func syncing(
        _ waiting: [PromotionObservation.AppProgress], _ environment: Environment, since start: Timestamp
    ) -> PromotionPlan {
        let deadline = start + environment.spec.sync.timeout.duration
        let message = waiting.map { progress in
            let app = progress.app
            return app.message.isEmpty ? "\(app.name) is being synced" : "\(app.name): \(app.message)"
        }.joined(separator: "; ")
        guard now < deadline else {
            condition(ConditionType.synced, false, RunReason.applyFailed.rawValue, message)
            return failed(RunReason.applyFailed.rawValue, message, trigger: .verificationFailed, environment)
        }
        condition(ConditionType.synced, false, "Syncing", message)
        return wait(.syncing, "Syncing", message, until: deadline)
    }

    private mutating func verifying(_ environment: Environment, since start: Timestamp) -> PromotionPlan {
        let stableFor = environment.spec.verification.health.stableFor.duration
        let deadline = start + environment.spec.verification.timeout.duration
        let degraded = observation.apps.filter { $0.app.health == .degraded }
        if !degraded.isEmpty {
            let message = degraded.map { "\($0.app.name): \($0.app.message)" }.joined(separator: "; ")
            note("health", .failed, message)
            return failed("Degraded", message, trigger: .degraded, environment)
        }
        let ill = observation.apps.filter { $0.app.health != .healthy }
        // Health from before the commit came says nothing of it.
        let stableAt = observation.apps.map { max($0.app.healthySince ?? now, start) + stableFor }.max() ?? now
        if ill.isEmpty, now >= stableAt {
            note("health", .passed, "healthy for \(environment.spec.verification.health.stableFor)")
            status.timestamps.verified = now.wholeSeconds
            condition(ConditionType.verified, true, "Healthy", "all apps are healthy")
            return end(.succeeded, "Succeeded", "commit \(observation.commit?.commit.short ?? "") is live and healthy")
        }
        let message =
            ill.isEmpty
            ? "healthy; watched until \(stableAt.rfc3339)"
            : ill.map {
                "\($0.app.name) is \($0.app.health?.rawValue ?? "Unknown")\($0.app.message.isEmpty ? "" : ": ")\($0.app.message)"
            }
            .joined(separator: "; ")
        guard now < deadline || ill.isEmpty else {
            note("health", .failed, message)
            return failed(RunReason.healthTimeout.rawValue, message, trigger: .verificationFailed, environment)
        }
        note("health", .running, message)
        condition(ConditionType.verified, false, "Verifying", message)
        return wait(.verifying, "Verifying", message, until: ill.isEmpty ? stableAt : deadline)
    }

    private mutating func note(_ name: String, _ state: CheckState, _ message: String) {
        status.verification = [Check(name: name, state: state, message: message.bounded(to: 512))]
    }

    /// The end of a promotion that is in Git but not well; an automatic rollback is asked for at most once.
    private mutating func failed(
        _ reason: String, _ message: String, trigger: RollbackTrigger, _ environment: Environment
    ) -> PromotionPlan {
        condition(ConditionType.verified, false, reason, message)
        let policy = environment.spec.rollback
        guard policy.auto, policy.on.contains(trigger), status.rollback.isEmpty else {
            return end(.failed, reason, message)
        }
        guard !environment.status.revision.lastHealthy.isEmpty else {
            return end(.failed, reason, "\(message); not rolled back, for there is no earlier healthy revision")
        }
        status.rollback = "\(promotion.metadata.name)-auto-\(spec.attempt)"
        var plan = end(.failed, reason, "\(message); rollback \(status.rollback) undoes it")
        plan.action = .rollBack(name: status.rollback, cause: "\(reason): \(message)".bounded(to: 512))
        return plan
    }
}
