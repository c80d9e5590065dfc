package import Core
package import KubernetesModel

/// How a rollback stands.
package struct RollbackStatus: Sendable, Hashable, Codable {
    /// The generation of the spec that this status is about.
    package var observedGeneration: Int64
    /// The value of the annotation sluice.dev/reconcile-at that was last acted on.
    package var lastHandledReconcileAt: String
    /// The attempt that this status is about.
    package var attempt: Int
    /// Where the rollback stands.
    package var phase: RollbackPhase?
    /// Why, in one word.
    package var reason: String
    /// What that means, for people.
    package var message: String
    /// Who set it off.
    package var trigger: RollbackCause?
    /// The commits that were reverted.
    package var reverted: [String]
    /// The commit that was pushed.
    package var commit: String
    /// The pull request that offers the commit, where it goes through one.
    package var pullRequest: PullRequestState?
    /// Paths that were put back because the revert did not apply cleanly.
    package var restoredPaths: [String]
    /// The apps that it holds.
    package var holds: [String]
    /// The versions that it vetoes.
    package var vetoes: [String]
    /// The digest of what it undoes: what an approval is bound to.
    package var planDigest: String
    /// Who asked for it.
    package var requester: Identity
    /// Who agreed to it.
    package var approvals: PromotionStatus.ApprovalState
    /// Who passed over which gates, and why.
    package var override: String
    /// Every gate, not only the first that holds.
    package var gates: [Gate]
    /// Short texts for the columns of kubectl.
    package var summary: Summary
    /// When it came to which point.
    package var timestamps: Timestamps
    /// Conditions by the conventions of Kubernetes' API.
    package var conditions: [Condition]

    package init(
        observedGeneration: Int64 = 0, lastHandledReconcileAt: String = "", attempt: Int = 0,
        phase: RollbackPhase? = nil, reason: String = "", message: String = "", trigger: RollbackCause? = nil,
        reverted: [String] = [], commit: String = "", pullRequest: PullRequestState? = nil,
        restoredPaths: [String] = [], holds: [String] = [], vetoes: [String] = [], planDigest: String = "",
        requester: Identity = Identity(), approvals: PromotionStatus.ApprovalState = PromotionStatus.ApprovalState(),
        override: String = "", gates: [Gate] = [], summary: Summary = Summary(),
        timestamps: Timestamps = Timestamps(), conditions: [Condition] = []
    ) {
        self.observedGeneration = observedGeneration
        self.lastHandledReconcileAt = lastHandledReconcileAt
        self.attempt = attempt
        self.phase = phase
        self.reason = reason
        self.message = message
        self.trigger = trigger
        self.reverted = reverted
        self.commit = commit
        self.pullRequest = pullRequest
        self.restoredPaths = restoredPaths
        self.holds = holds
        self.vetoes = vetoes
        self.planDigest = planDigest
        self.requester = requester
        self.approvals = approvals
        self.override = override
        self.gates = gates
        self.summary = summary
        self.timestamps = timestamps
        self.conditions = conditions
    }
}

extension RollbackStatus {
    /// Short texts for the columns of kubectl.
    package struct Summary: Sendable, Hashable, Codable {
        /// What was reverted, in short.
        package var reverted: String
        /// How long it took, from the request to health.
        package var took: String

        package init(
            reverted: String = "", took: String = ""
        ) {
            self.reverted = reverted
            self.took = took
        }
    }

    /// When a rollback came to which point.
    package struct Timestamps: Sendable, Hashable, Codable {
        /// When it was asked for.
        package var requested: Timestamp?
        /// When its plan was made.
        package var planned: Timestamp?
        /// When its commit was pushed.
        package var committed: Timestamp?
        /// When it was in the cluster.
        package var synced: Timestamp?
        /// When its verification passed.
        package var verified: Timestamp?
        /// When it ended.
        package var finished: Timestamp?

        package init(
            requested: Timestamp? = nil, planned: Timestamp? = nil, committed: Timestamp? = nil,
            synced: Timestamp? = nil, verified: Timestamp? = nil, finished: Timestamp? = nil
        ) {
            self.requested = requested
            self.planned = planned
            self.committed = committed
            self.synced = synced
            self.verified = verified
            self.finished = finished
        }
    }
}
