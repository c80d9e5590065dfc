package import Core
internal import Git
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Decides what becomes of a Rollback. Pure, like ``PromotionPlanner``, and by the same rule: what Git says happened,
/// happened. It never waits for windows unless `windows.operations` lists Rollback, and goes ahead of promotions.
package enum RollbackPlanner {
    package static func plan(_ observation: RollbackObservation, now: Timestamp) -> RollbackPlan {
        var step = RollbackStep(observation, now: now)
        if step.isFinished { return step.finished() }
        guard observation.commit == nil else { return step.afterPush() }
        if let plan = step.outOfSight() { return plan }
        var plan = step.beforePush()
        if plan.status.phase?.isTerminal ?? false, case .success(let proposal)? = observation.proposal,
            proposal.open != nil
        {
            plan.withdraws = proposal
            plan.status.pullRequest?.phase = .closed
        }
        return plan
    }
}

private struct RollbackStep {
    let observation: RollbackObservation
    let now: Timestamp
    var status: RollbackStatus

    var rollback: Rollback { observation.rollback }
    var spec: RollbackSpec { observation.rollback.spec }

    init(_ observation: RollbackObservation, now: Timestamp) {
        self.observation = observation
        self.now = now
        let old = observation.rollback.status
        status = old.attempt == observation.rollback.spec.attempt ? old : RollbackStatus(conditions: old.conditions)
        status.attempt = observation.rollback.spec.attempt
        status.observedGeneration = observation.rollback.metadata.generation
        status.requester = observation.requester
        status.trigger = observation.requester.source == .automatic ? .automatic : .manual
        if status.timestamps.requested == nil {
            status.timestamps.requested = (observation.rollback.metadata.creationTimestamp ?? now).wholeSeconds
        }
    }

    var isFinished: Bool {
        rollback.status.attempt == spec.attempt && (rollback.status.phase?.isTerminal ?? false)
    }

    /// Whether somebody who may has asked for nothing to be held and vetoed.
    private var isReleased: Bool { spec.release && observation.releaseObjection == nil }

    /// Only a release changes anything after the end: it lifts what this rollback holds and vetoes.
    ///
    /// The commit that says so is what lifts them.
    mutating func finished() -> RollbackPlan {
        status = rollback.status
        status.observedGeneration = rollback.metadata.generation
        guard spec.release else { return RollbackPlan(status: status) }
        if let objection = observation.releaseObjection {
            condition(ConditionType.released, false, "RequesterUnknown", objection)
            return RollbackPlan(status: status)
        }
        status.holds = []
        status.vetoes = []
        guard observation.commit != nil, !observation.isReleased else {
            if observation.isReleased {
                condition(ConditionType.released, true, "Released", "its holds and vetoes are lifted")
            }
            return RollbackPlan(status: status)
        }
        if let proposal = observation.proposal { return proposedRelease(proposal) }
        condition(ConditionType.released, false, "Releasing", "the commit that lifts its holds is being made")
        var plan = RollbackPlan(status: status)
        if let head = observation.head { plan.action = .release(by: observation.releasedBy, base: head) }
        return plan
    }

    /// A release goes the way of all commits: its merge makes it last.
    private mutating func proposedRelease(_ seen: Result<Proposal, ChangeError>) -> RollbackPlan {
        if case .success(let proposal) = seen, let closed = ProposalVerdict.closing(proposal) {
            condition(
                ConditionType.released, false, "PullRequestClosed",
                "\(closed); its holds are lifted for as long as this object is there")
            return RollbackPlan(status: status, requeueAt: proposal.nextLook)
        }
        let verdict = ProposalVerdict.judge(seen, now: now)
        condition(
            ConditionType.released, false, verdict.proposal == nil ? verdict.reason : "Releasing", verdict.message)
        var plan = RollbackPlan(status: status, requeueAt: verdict.until)
        if let proposal = verdict.proposal, let head = observation.head {
            plan.action = .proposeRelease(by: observation.releasedBy, base: head, over: proposal)
        }
        return plan
    }

    mutating func beforePush() -> RollbackPlan {
        status.gates = observation.gates
        noteProposal()
        status.approvals = observation.approvals
        status.override = observation.override
        if let faults = Policy.validate(rollback).summary { return endUndone(.failed, "InvalidSpec", faults) }
        let environment: Environment
        switch observation.target {
        case .deleting:
            return endUndone(
                .failed, RunReason.environmentDeleted.rawValue, "environment \(spec.environment) is being deleted")
        case .missing:
            return wait(
                .queued, RunReason.environmentNotFound.rawValue,
                observation.sourceFailure
                    ?? "environment \(spec.environment) does not exist in namespace \(rollback.metadata.namespace)")
        case .present(let found): environment = found
        }
        guard environment.spec.source.isBranch else {
            return endUndone(
                .failed, "EnvironmentPinned",
                "environment \(spec.environment) follows no branch, so nothing can be reverted in it")
        }
        if case .success(let proposal)? = observation.proposal, let closed = ProposalVerdict.closing(proposal) {
            return endUndone(.failed, "PullRequestClosed", closed)
        }
        switch observation.change {
        case nil:
            return wait(.planning, "SourceNotReady", observation.sourceFailure ?? "the repository is being fetched")
        case .failure(let error)? where error.reason == "NothingToRevert":
            return endUndone(.noOp, error.reason, error.message)
        case .failure(let error)? where error.reason == RunReason.gitConflict.rawValue:
            return endUndone(.conflict, error.reason, error.message)
        case .failure(let error)? where error.disposition == .terminal:
            return endUndone(.failed, error.reason, error.message)
        case .failure(let error)?:
            return wait(.planning, error.reason, error.message, until: now + .seconds(10))
        case .success(let change)?:
            return planned(change, environment)
        }
    }

    /// Says in the status what is known of the pull request.
    private mutating func noteProposal() {
        guard case .success(let proposal)? = observation.proposal,
            let state = proposal.state(known: status.pullRequest)
        else { return }
        status.pullRequest = state
    }

    private mutating func planned(_ change: RollbackChange, _ environment: Environment) -> RollbackPlan {
        if status.timestamps.planned == nil { status.timestamps.planned = now.wholeSeconds }
        status.planDigest = change.digest
        status.reverted = change.commits.map(\.hex)
        status.summary.reverted = change.commits.first?.short ?? change.restoreFrom.short
        condition(ConditionType.planned, true, "Planned", "\(change.what) in \(change.apps.joined(separator: ", "))")
        if spec.dryRun {
            return endUndone(.noOp, "DryRun", "would undo \(change.what) in \(change.apps.joined(separator: ", "))")
        }
        let blocking = observation.gates.filter { $0.state != .open }
        if let rejected = blocking.first(where: { $0.state == .closed && $0.reason == .rejected }) {
            return endUndone(.failed, GateReason.rejected.rawValue, rejected.message)
        }
        if let first = blocking.first {
            return wait(
                .gated, first.reason?.rawValue ?? first.name.rawValue,
                blocking.map(\.message).filter { !$0.isEmpty }.joined(separator: "; "),
                until: blocking.compactMap(\.until).min())
        }
        if !isReleased {
            status.holds = spec.pin ? change.apps : []
            status.vetoes = spec.veto ? change.vetoes : []
        }
        if environment.spec.source.push.mode == .pullRequest { return proposed(change) }
        var plan = wait(.reverting, "Reverting", "undoing \(change.what)")
        plan.action = .revert(change)
        return plan
    }

    /// The merge is the last gate; what is held and vetoed is so from now on.
    private mutating func proposed(_ change: RollbackChange) -> RollbackPlan {
        let verdict = ProposalVerdict.judge(observation.proposal, now: now)
        if let gate = verdict.gate { status.gates.append(gate) }
        var plan = wait(.gated, verdict.reason, verdict.message, until: verdict.until)
        plan.action = verdict.proposal.map { .propose(change, over: $0) }
        return plan
    }

    /// What was pushed is pushed, also where nobody can look at the repository.
    mutating func outOfSight() -> RollbackPlan? {
        guard rollback.status.attempt == spec.attempt, !rollback.status.commit.isEmpty, observation.change == nil
        else { return nil }
        // Who asked for it is in the repository too.
        status = rollback.status
        switch observation.target {
        case .present: return RollbackPlan(status: status)
        // One that nobody can read is not gone.
        case .missing where observation.sourceFailure != nil: return RollbackPlan(status: status)
        case .missing, .deleting: return environmentGone(rollback.status.commit.prefix(12))
        }
    }

    private mutating func environmentGone(_ commit: some StringProtocol) -> RollbackPlan {
        end(
            .failed, RunReason.environmentDeleted.rawValue,
            "environment \(spec.environment) is gone; commit \(commit) stands in Git")
    }

    mutating func afterPush() -> RollbackPlan {
        guard let commit = observation.commit else { return RollbackPlan(status: status) }
        status.commit = commit.commit.hex
        status.gates = []
        if status.reverted.isEmpty { status.reverted = commit.reverts }
        if !isReleased {
            status.holds = commit.holds
            status.vetoes = commit.vetoes
        }
        noteProposal()
        status.pullRequest?.phase = .merged
        let isMerged = status.pullRequest != nil
        // Its commit may be days older than its merge.
        if status.timestamps.committed == nil {
            status.timestamps.committed = (isMerged ? now : commit.time).wholeSeconds
        }
        condition(ConditionType.reverted, true, isMerged ? "Merged" : "Pushed", "commit \(commit.commit.short)")
        guard case .present(let environment) = observation.target else {
            return environmentGone(commit.commit.short)
        }
        let waiting = observation.apps.filter { !$0.hasCommit || $0.app.sync != .synced }
        guard waiting.isEmpty else {
            let message = waiting.map {
                "\($0.app.name)\($0.app.message.isEmpty ? " is being synced" : ": " + $0.app.message)"
            }
            .joined(separator: "; ")
            condition(ConditionType.synced, false, "Syncing", message)
            return wait(
                .syncing, "Syncing", message,
                orFailAt: (status.timestamps.committed ?? now) + environment.spec.sync.timeout.duration,
                RunReason.applyFailed)
        }
        if status.timestamps.synced == nil { status.timestamps.synced = now.wholeSeconds }
        condition(ConditionType.synced, true, "Synced", "commit \(commit.commit.short) is in the cluster")
        let ill = observation.apps.filter { $0.app.health != .healthy }
        guard ill.isEmpty else {
            let message = ill.map {
                "\($0.app.name) is \($0.app.health?.rawValue ?? "Unknown")\($0.app.message.isEmpty ? "" : ": ")\($0.app.message)"
            }
            .joined(separator: "; ")
            condition(ConditionType.verified, false, "Verifying", message)
            return wait(
                .verifying, "Verifying", message,
                orFailAt: (status.timestamps.synced ?? now) + environment.spec.verification.timeout.duration,
                RunReason.healthTimeout)
        }
        status.timestamps.verified = now.wholeSeconds
        condition(ConditionType.verified, true, "Healthy", "all apps are healthy")
        return end(.succeeded, "Succeeded", "commit \(commit.commit.short) is live and healthy")
    }

    // MARK: Status

    private mutating func wait(
        _ phase: RollbackPhase, _ reason: String, _ message: String, orFailAt deadline: Timestamp, _ late: RunReason
    ) -> RollbackPlan {
        now < deadline
            ? wait(phase, reason, message, until: deadline) : end(.failed, late.rawValue, message)
    }

    private mutating func wait(
        _ phase: RollbackPhase, _ reason: String, _ message: String, until: Timestamp? = nil
    ) -> RollbackPlan {
        status.phase = phase
        status.reason = reason
        status.message = message.bounded(to: Condition.messageLimit)
        condition(ConditionType.ready, false, reason, message)
        condition(ConditionType.reconciling, true, reason, message)
        condition(ConditionType.stalled, false, "Proceeding", "")
        return RollbackPlan(status: status, requeueAt: [until, observation.nextChange].compactMap { $0 }.min())
    }

    /// An end before anything was pushed: what was not undone is neither held nor vetoed.
    private mutating func endUndone(_ phase: RollbackPhase, _ reason: String, _ message: String) -> RollbackPlan {
        status.holds = []
        status.vetoes = []
        return end(phase, reason, message)
    }

    private mutating func end(_ phase: RollbackPhase, _ reason: String, _ message: String) -> RollbackPlan {
        let good = phase == .succeeded || phase == .noOp
        status.phase = phase
        status.reason = reason
        status.message = message.bounded(to: Condition.messageLimit)
        status.timestamps.finished = now.wholeSeconds
        if let requested = status.timestamps.requested {
            status.summary.took = "\((now - requested).microseconds / 1_000_000)s"
        }
        condition(ConditionType.ready, good, reason, message)
        condition(ConditionType.reconciling, false, "Finished", "")
        condition(ConditionType.stalled, !good, good ? "Finished" : reason, good ? "" : message)
        return RollbackPlan(status: status)
    }

    private mutating func condition(_ type: String, _ value: Bool, _ reason: String, _ message: String) {
        status.conditions.set(
            Condition(
                type: type, status: value, reason: reason, message: message,
                generation: rollback.metadata.generation, at: now))
    }
}
