package import Core
package import SluiceAPI

/// What a Promotion's planner decided: the status to write, one thing to do, and when to look again.
package struct PromotionPlan: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Write the plan's ConfigMap, so that approvers see the difference.
        case recordPlan(Change)
        /// Make the one commit of this attempt and push it; then plan again.
        case commit(Change)
        /// Push the one commit of this attempt to the proposal's branch and ask for its merge; then plan again.
        case propose(Change, over: Proposal)
        /// Create the Rollback with this name, because verification failed.
        case rollBack(name: String, cause: String)
        /// Create the Jobs of these parts of the verification, unless they exist.
        case runJobs([VerificationPart])
    }

    package var status: PromotionStatus
    package var action: Action?
    /// The pull request to close before the status is written, because the attempt ends without it.
    package var withdraws: Proposal?
    /// Parts of the verification whose Jobs are not needed any more.
    package var endedJobs: [VerificationPart] = []
    /// Nil where only a change can bring it on.
    package var requeueAt: Timestamp?

    package init(status: PromotionStatus, action: Action? = nil, requeueAt: Timestamp? = nil) {
        self.status = status
        self.action = action
        self.requeueAt = requeueAt
    }
}
