package import Core
internal import Git
internal import KubernetesModel
internal import Policy
package import SluiceAPI

/// Decides what becomes of a Promotion. Pure: the same observation and time give the same plan.
///
/// Before the push every path may end or wait; after it (a commit with the attempt's trailers exists) the promotion
/// only syncs, verifies and ends. Which phase the status said before is never trusted over what Git says.
package enum PromotionPlanner {
    package static func plan(_ observation: PromotionObservation, now: Timestamp) -> PromotionPlan {
        var step = PromotionStep(observation, now: now)
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

/// One pass of the planner: an observation, and the status that grows out of it.
struct PromotionStep {
    let observation: PromotionObservation
    let now: Timestamp
    var status: PromotionStatus

    var promotion: Promotion { observation.promotion }
    var spec: PromotionSpec { observation.promotion.spec }

    init(_ observation: PromotionObservation, now: Timestamp) {
        self.observation = observation
        self.now = now
        let old = observation.promotion.status
        // A raised attempt begins anew; conditions stay, so that their transition times tell the truth.
        status =
            old.attempt == observation.promotion.spec.attempt
            ? old : PromotionStatus(conditions: old.conditions)
        status.attempt = observation.promotion.spec.attempt
        status.observedGeneration = observation.promotion.metadata.generation
        status.requester = observation.requester
        if status.timestamps.requested == nil {
            status.timestamps.requested = (observation.promotion.metadata.creationTimestamp ?? now).wholeSeconds
        }
    }

    /// Whether this attempt has come to an end in an earlier pass.
    var isFinished: Bool {
        promotion.status.attempt == spec.attempt && (promotion.status.phase?.isTerminal ?? false)
    }

    /// An end is kept as it was; only that it was rolled back later is still noted.
    mutating func finished() -> PromotionPlan {
        status = promotion.status
        status.observedGeneration = promotion.metadata.generation
        if let rollback = observation.revertedBy, status.phase != .rolledBack { return rolledBack(by: rollback) }
        return promotion.isWatched ? watched() : PromotionPlan(status: status)
    }

    // MARK: Before the push

    mutating func beforePush() -> PromotionPlan {
        status.approvals = observation.approvals
        status.summary.approvals =
            observation.approvals.required > 0 || !observation.approvals.records.isEmpty
            ? "\(observation.approvals.valid)/\(observation.approvals.required)" : ""
        status.gates = observation.gates
        noteProposal()
        status.override = observation.override
        if let end = endBeforePush() { return end }
        guard let environment = observation.target.environment else {
            return wait(
                .queued, RunReason.environmentNotFound.rawValue,
                observation.sourceFailure
                    ?? "environment \(spec.environment) does not exist in namespace \(promotion.metadata.namespace)")
        }
        guard environment.spec.source.isBranch else {
            return end(
                .failed, "EnvironmentPinned",
                "environment \(spec.environment) follows no branch, so nothing can be promoted into it")
        }
        switch observation.change {
        case nil:
            return wait(.planning, "SourceNotReady", observation.sourceFailure ?? "the repository is being fetched")
        case .failure(let error)? where error.disposition == .terminal:
            return end(.failed, error.reason, error.message)
        case .failure(let error)?:
            return wait(.planning, error.reason, error.message, until: now + .seconds(10))
        case .success(let change)?:
            return planned(change, environment)
        }
    }

    /// The ends that need no plan: environment gone, aborted, a spec that contradicts itself, expired, superseded.
    private mutating func endBeforePush() -> PromotionPlan? {
        if case .deleting = observation.target {
            return end(
                .failed, RunReason.environmentDeleted.rawValue, "environment \(spec.environment) is being deleted")
        }
        // Whether something was pushed is for Git to say, and nobody has read it yet.
        if case .present = observation.target, observation.change == nil { return nil }
        if case .success(let proposal)? = observation.proposal, let closed = ProposalVerdict.closing(proposal) {
            return end(.aborted, "PullRequestClosed", closed)
        }
        if spec.abort {
            let who = observation.abortedBy.isKnown ? " by \(observation.abortedBy.user)" : ""
            return end(.aborted, "Aborted", "aborted\(who) before anything was pushed")
        }
        if let faults = Policy.validate(promotion).summary { return end(.failed, "InvalidSpec", faults) }
        if now >= expiry {
            return end(.expired, "Expired", "not pushed within \(spec.expiresAfter) of \(requested.rfc3339)")
        }
        if let newer = successor() {
            status.supersededBy = newer
            return end(.superseded, "Superseded", "superseded by promotion \(newer)")
        }
        return nil
    }

    private var requested: Timestamp { status.timestamps.requested ?? now }
    private var expiry: Timestamp { requested + spec.expiresAfter.duration }

    /// The newest promotion that takes this one's place: a later one that covers all of its apps.
    private func successor() -> String? {
        guard let policy = observation.target.environment?.spec.promotion, policy.order == .latestWins,
            policy.supersede == .pendingOnly, !status.phaseIsActive
        else { return nil }
        let apps = Set(knownApps)
        guard !apps.isEmpty else { return nil }
        let created = promotion.metadata.creationTimestamp ?? now
        return (observation.others + observation.landed).filter { other in
            (other.created, other.name) > (created, promotion.metadata.name) && apps.isSubset(of: other.apps)
        }.max { ($0.created, $0.name) < ($1.created, $1.name) }?.name
    }

    /// The apps as resolved, or as far as the spec names them.
    private var knownApps: [String] {
        if case .success(let change)? = observation.change { return change.items.map(\.app) }
        return spec.items.map(\.app).filter { !$0.isEmpty }
    }

    private mutating func planned(_ change: Change, _ environment: Environment) -> PromotionPlan {
        let isNew = status.planDigest != change.digest
        status.planDigest = change.digest
        status.baseCommit = change.base.hex
        status.lastHealthy = environment.status.revision.lastHealthy
        status.items = change.items
        status.plan = PromotionStatus.Plan(
            configMap: planName, added: change.diff.added, changed: change.diff.changed, removed: change.diff.removed,
            truncated: change.diff.truncated)
        if isNew || status.timestamps.planned == nil { status.timestamps.planned = now.wholeSeconds }
        condition(ConditionType.planned, true, "Planned", summary(of: change))
        if change.isEmpty {
            status.plan = nil
            return end(
                .succeeded, RunReason.alreadyLive.rawValue,
                "Git says so already: \(summary(of: change)); nothing to commit")
        }
        if spec.dryRun {
            var plan = end(.planned, "DryRun", summary(of: change))
            plan.action = .recordPlan(change)
            return plan
        }
        var plan = gated(change, environment)
        if isNew, plan.action == nil { plan.action = .recordPlan(change) }
        return plan
    }

    private mutating func gated(_ change: Change, _ environment: Environment) -> PromotionPlan {
        // Conditions outlive an attempt.
        let wasOpen =
            promotion.status.attempt == spec.attempt && status.conditions.isTrue(ConditionType.windowOpen)
        let gates = Self.merged(observation.gates, change.holdups)
        status.gates = gates
        noteGates(gates)
        if let rejected = gates.first(where: { $0.state == .closed && $0.reason == .rejected }) {
            return end(.rejected, GateReason.rejected.rawValue, rejected.message)
        }
        var blocking = gates.filter { $0.state != .open }
        let hasClosed = { (gate: Gate) in gate.name == .window && gate.reason != .windowFull }
        if wasOpen, blocking.contains(where: hasClosed) {
            switch environment.spec.windows.onClose {
            case .pauseBeforeCommit: break
            case .complete:
                blocking.removeAll(where: hasClosed)
                // Remembered, for it may wait for something else in many more passes.
                condition(
                    ConditionType.windowOpen, true, "Completing",
                    "the window has closed; what had begun goes on, as onClose says")
            case .abort:
                return end(.aborted, GateReason.windowClosed.rawValue, "the window closed before the commit was pushed")
            }
        }
        if let first = blocking.first {
            let message = (blocking.map(\.message) + [openProposal]).filter { !$0.isEmpty }.joined(separator: "; ")
            return wait(
                .gated, first.reason?.rawValue ?? first.name.rawValue, message,
                until: blocking.compactMap(\.until).min())
        }
        if let turn = whoseTurn(environment) {
            return wait(.queued, "Queued", turn)
        }
        if status.timestamps.approved == nil { status.timestamps.approved = now.wholeSeconds }
        if environment.spec.source.push.mode == .pullRequest { return proposed(change) }
        var plan = wait(.committing, "Committing", summary(of: change))
        plan.action = .commit(change)
        return plan
    }

    /// One gate for each name, as the status lists them: what the resolution holds up joins what the policy says.
    private static func merged(_ gates: [Gate], _ holdups: [Gate]) -> [Gate] {
        holdups.reduce(into: gates) { merged, holdup in
            guard let index = merged.firstIndex(where: { $0.name == holdup.name }) else {
                merged.append(holdup)
                return
            }
            guard merged[index].state != .open else {
                merged[index] = holdup
                return
            }
            if !merged[index].message.contains(holdup.message) {
                merged[index].message = "\(merged[index].message); \(holdup.message)".bounded(to: 1024)
            }
        }
    }

    /// Who goes first, if not this promotion.
    private func whoseTurn(_ environment: Environment) -> String? {
        if let rollback = observation.rollback { return "rollback \(rollback) goes first" }
        let policy = environment.spec.promotion
        let active = observation.others.filter(\.phase.isActive)
        if active.count >= max(1, policy.maxConcurrent) {
            return "waits for promotion \(active.map(\.name).joined(separator: ", "))"
        }
        if policy.order != .latestWins {
            let created = promotion.metadata.creationTimestamp ?? now
            if let first = observation.others.first(where: {
                ($0.created, $0.name) < (created, promotion.metadata.name)
            }) {
                return "waits for promotion \(first.name), which came first"
            }
        }
        return nil
    }

    private var planName: String { "\(promotion.metadata.name)-plan" }

    private func summary(of change: Change) -> String {
        change.items.map(\.text).joined(separator: ", ").bounded(to: 512)
    }

    private mutating func noteGates(_ gates: [Gate]) {
        let types: [(GateName, String)] = [
            (.upstream, ConditionType.upstreamVerified), (.soak, ConditionType.soaked),
            (.window, ConditionType.windowOpen), (.approval, ConditionType.approved),
        ]
        for (name, type) in types {
            let mine = gates.filter { $0.name == name }
            guard !mine.isEmpty else { continue }
            let blocked = mine.first { $0.state != .open }
            condition(
                type, blocked == nil, blocked?.reason?.rawValue ?? GateState.open.rawValue,
                blocked?.message ?? mine.map(\.message).filter { !$0.isEmpty }.joined(separator: "; "))
        }
    }
}

extension PromotionStatus {
    fileprivate var phaseIsActive: Bool { phase?.isActive ?? false }
}

extension EnvironmentSpec.Source {
    /// Whether a branch is followed, which is what can be promoted into.
    package var isBranch: Bool { tag.isEmpty && semver.isEmpty && commit.isEmpty }
}
