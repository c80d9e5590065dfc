package import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// What a Rollback means at one commit: which commits are undone, where, and what is refused from then on.
package struct RollbackChange: Sendable, Hashable {
    /// The tip that it was worked out on.
    package let base: CommitID
    /// The commits to revert, newest first; empty where paths are put back instead.
    package let commits: [CommitID]
    /// The commit whose state the paths get back: where a revert conflicts, or always if there is nothing to revert.
    package let restoreFrom: CommitID
    /// The folders of the environment's apps that it may touch.
    package let paths: [String]
    package let apps: [String]
    /// `app version` for each version that is live now and is vetoed.
    package let vetoes: [String]
    /// What is undone, for the commit's subject: `promotion shop/cart-v2` or `commit 0123abcd`.
    package let what: String

    package init(
        base: CommitID, commits: [CommitID], restoreFrom: CommitID, paths: [String], apps: [String],
        vetoes: [String], what: String
    ) {
        self.base = base
        self.commits = commits
        self.restoreFrom = restoreFrom
        self.paths = paths
        self.apps = apps
        self.vetoes = vetoes
        self.what = what
    }

    /// What an approval is bound to: what is undone and how, not the commit that it is done on.
    package var digest: String {
        let document: JSONValue = [
            "commits": .array(commits.map { .string($0.hex) }), "restoreFrom": .string(restoreFrom.hex),
            "paths": .array(paths.map(JSONValue.string)), "vetoes": .array(vetoes.map(JSONValue.string)),
        ]
        return SHA256Digest(of: document.jsonBytes).description
    }
}

/// All that is known about a Rollback at one moment; what its planner decides on.
package struct RollbackObservation: Sendable {
    package var rollback: Rollback
    package var target: PromotionObservation.Target
    package var sourceFailure: String?
    /// The commit of this attempt, found by its trailers.
    package var commit: LedgerEntry?
    /// What it would do now; nil once it is committed, or where Git cannot be read.
    package var change: Result<RollbackChange, ChangeError>?
    package var requester = Identity()
    /// The approvals and their evidence, where the environment asks for approvals of rollbacks.
    package var approvals = PromotionStatus.ApprovalState()
    package var gates: [Gate] = []
    /// When they may stand differently although nothing happens: an approval runs out, a window shuts.
    package var nextChange: Timestamp?
    /// The pull request of the attempt; nil where commits go straight to the branch, and while other gates are shut.
    package var proposal: Result<Proposal, ChangeError>?
    /// Who passed over which gates, and why.
    package var override = ""
    /// Whether Git says that its holds and vetoes are lifted.
    package var isReleased = false
    /// Who set `spec.release`.
    package var releasedBy = Identity()
    /// Why `spec.release` lifts nothing, if it does not.
    package var releaseObjection: String?
    /// The branch's tip, on which a release is committed.
    package var head: CommitID?
    /// The apps of the environment that it touches, and whether each holds the revert.
    package var apps: [PromotionObservation.AppProgress] = []

    package init(rollback: Rollback, target: PromotionObservation.Target) {
        self.rollback = rollback
        self.target = target
    }
}

/// What a Rollback's planner decided.
package struct RollbackPlan: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Make the revert and push it; holds and vetoes of ``RollbackPlan/status`` are written before.
        case revert(RollbackChange)
        /// The same, on the proposal's branch, and ask for its merge.
        case propose(RollbackChange, over: Proposal)
        /// Commit that the holds and vetoes are lifted, so that they stay lifted when the object is gone.
        case release(by: Identity, base: CommitID)
        /// The same, through a pull request.
        case proposeRelease(by: Identity, base: CommitID, over: Proposal)
    }

    package var status: RollbackStatus
    package var action: Action?
    /// The pull request to close before the status is written, because the attempt ends without it.
    package var withdraws: Proposal?
    package var requeueAt: Timestamp?

    package init(status: RollbackStatus, action: Action? = nil, requeueAt: Timestamp? = nil) {
        self.status = status
        self.action = action
        self.requeueAt = requeueAt
    }
}

extension Rollback {
    /// Whether it is over and is to be released, and that is not in Git yet.
    package var awaitsRelease: Bool {
        spec.release && status.attempt == spec.attempt && (status.phase?.isTerminal ?? false)
            && !status.conditions.isTrue(ConditionType.released)
    }
}

extension RollbackPhase {
    /// Whether nothing happens any more in this phase, unless the attempt is raised.
    package var isTerminal: Bool {
        switch self {
        case .queued, .planning, .gated, .reverting, .syncing, .verifying: false
        case .succeeded, .failed, .conflict, .noOp: true
        }
    }
}
