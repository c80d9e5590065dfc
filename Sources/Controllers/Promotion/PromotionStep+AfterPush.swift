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
            return environmentGone(commit.commit.short)
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

    /// What was pushed is pushed, also where nobody can look at the repository: it ends with its environment, and waits
    /// as it is for one that has not been read yet.
    mutating func outOfSight() -> PromotionPlan? {
        guard promotion.status.attempt == spec.attempt, !promotion.status.commit.isEmpty, observation.change == nil
        else { return nil }
        // Who asked for it is in the repository too.
        status = promotion.status
        switch observation.target {
        case .present: return PromotionPlan(status: status)
        // One that nobody can read is not gone.
        case .missing where observation.sourceFailure != nil: return PromotionPlan(status: status)
        case .missing, .deleting: return environmentGone(promotion.status.commit.prefix(12))
        }
    }

    private mutating func environmentGone(_ commit: some StringProtocol) -> PromotionPlan {
        end(
            .failed, RunReason.environmentDeleted.rawValue,
            "environment \(spec.environment) is gone; commit \(commit) stands in Git")
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
}
