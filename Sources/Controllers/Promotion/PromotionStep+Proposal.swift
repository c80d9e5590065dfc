internal import Core
internal import Forge
internal import KubernetesModel
internal import SluiceAPI

/// The steps of a promotion whose commit goes through a pull request: the merge is one more gate, the last one.
extension PromotionStep {
    /// Says in the status what is known of the pull request.
    mutating func noteProposal() {
        guard case .success(let proposal)? = observation.proposal,
            let state = proposal.state(known: status.pullRequest)
        else { return }
        status.pullRequest = state
    }

    /// A word on a pull request that is open while a gate is shut.
    var openProposal: String {
        guard case .success(let proposal)? = observation.proposal, let open = proposal.open else { return "" }
        return "pull request \(open.url) is open and not to be merged until then"
    }

    /// Every other gate is open.
    mutating func proposed(_ change: Change) -> PromotionPlan {
        let verdict = ProposalVerdict.judge(observation.proposal, now: now)
        if let gate = verdict.gate { status.gates.append(gate) }
        var plan = wait(.gated, verdict.reason, verdict.message, until: verdict.until)
        plan.action = verdict.proposal.map { .propose(change, over: $0) }
        return plan
    }

    // MARK: After the merge

    /// Whether the commit came through a pull request; if so, the status says that it is merged.
    mutating func noteMerge() -> Bool {
        noteProposal()
        status.pullRequest?.phase = .merged
        return status.pullRequest != nil
    }

    /// People merge when they like; while no window is open, what they merged waits, and its time to become healthy does
    /// not run.
    mutating func pausedMerge(_ environment: Environment) -> PromotionPlan? {
        guard environment.spec.windows.operations.contains(.sync), let window = environment.status.window else {
            return nil
        }
        condition(
            ConditionType.windowOpen, window.open, window.open ? GateState.open.rawValue : "WindowClosed",
            window.reason)
        guard !window.open else { return nil }
        let message = "merged while no window is open: \(window.reason)"
        condition(ConditionType.synced, false, "WindowClosed", message)
        return wait(.syncing, "WindowClosed", message, until: window.nextOpen)
    }

    var windowOpenedAt: Timestamp {
        status.conditions[ConditionType.windowOpen]?.lastTransitionTime ?? Timestamp(seconds: 0)
    }
}
