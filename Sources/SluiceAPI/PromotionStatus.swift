package import Core
package import KubernetesModel

/// How a promotion stands.
package struct PromotionStatus: Sendable, Hashable, Codable {
    /// The generation of the spec that this status is about.
    package var observedGeneration: Int64
    /// The value of the annotation sluice.dev/reconcile-at that was last acted on.
    package var lastHandledReconcileAt: String
    /// The attempt that this status is about.
    package var attempt: Int
    /// Where the promotion stands.
    package var phase: PromotionPhase?
    /// Why, in one word.
    package var reason: String
    /// What that means, for people.
    package var message: String
    /// The digest of the resolved versions and the rendered difference.
    package var planDigest: String
    /// The commit that the plan was made on.
    package var baseCommit: String
    /// The commit that was pushed.
    package var commit: String
    /// The pull request that offers the commit, where it goes through one.
    package var pullRequest: PullRequestState?
    /// The environment's last healthy commit before this promotion: without one, there is nothing to roll back to.
    package var lastHealthy: String
    /// What changes, one entry for each app and image.
    package var items: [ItemState]
    /// Where the rendered difference is kept.
    package var plan: Plan?
    /// Who asked for it.
    package var requester: Identity
    /// Who agreed to it.
    package var approvals: ApprovalState
    /// Who passed over which gates, and why.
    package var override: String
    /// Every gate, not only the first that holds.
    package var gates: [Gate]
    /// How the verification stands.
    package var verification: [Check]
    /// The Promotion that took its place.
    package var supersededBy: String
    /// The Rollback that undid it.
    package var rollback: String
    /// Short texts for the columns of kubectl.
    package var summary: Summary
    /// When it came to which point.
    package var timestamps: Timestamps
    /// Conditions by the conventions of Kubernetes' API.
    package var conditions: [Condition]

    package init(
        observedGeneration: Int64 = 0, lastHandledReconcileAt: String = "", attempt: Int = 0,
        phase: PromotionPhase? = nil, reason: String = "", message: String = "", planDigest: String = "",
        baseCommit: String = "", commit: String = "", pullRequest: PullRequestState? = nil, lastHealthy: String = "",
        items: [ItemState] = [], plan: Plan? = nil, requester: Identity = Identity(),
        approvals: ApprovalState = ApprovalState(), override: String = "", gates: [Gate] = [],
        verification: [Check] = [], supersededBy: String = "", rollback: String = "", summary: Summary = Summary(),
        timestamps: Timestamps = Timestamps(), conditions: [Condition] = []
    ) {
        self.observedGeneration = observedGeneration
        self.lastHandledReconcileAt = lastHandledReconcileAt
        self.attempt = attempt
        self.phase = phase
        self.reason = reason
        self.message = message
        self.planDigest = planDigest
        self.baseCommit = baseCommit
        self.commit = commit
        self.pullRequest = pullRequest
        self.lastHealthy = lastHealthy
        self.items = items
        self.plan = plan
        self.requester = requester
        self.approvals = approvals
        self.override = override
        self.gates = gates
        self.verification = verification
        self.supersededBy = supersededBy
        self.rollback = rollback
        self.summary = summary
        self.timestamps = timestamps
        self.conditions = conditions
    }
}

extension PromotionStatus {
    /// One image of one app that changes.
    package struct ItemState: Sendable, Hashable, Codable {
        /// The app.
        package var app: String
        /// The image's name, or empty for files.
        package var image: String
        /// What is in Git before.
        package var from: String
        /// What is in Git after.
        package var to: String
        /// Whether nothing changes.
        package var noop: Bool

        package init(
            app: String, image: String = "", from: String = "", to: String = "", noop: Bool = false
        ) {
            self.app = app
            self.image = image
            self.from = from
            self.to = to
            self.noop = noop
        }
    }

    /// Where the rendered difference is kept.
    package struct Plan: Sendable, Hashable, Codable {
        /// The ConfigMap that holds it.
        package var configMap: String
        /// Objects that are new.
        package var added: Int
        /// Objects that change.
        package var changed: Int
        /// Objects that go.
        package var removed: Int
        /// Whether the difference was too long to be kept in full.
        package var truncated: Bool

        package init(
            configMap: String = "", added: Int = 0, changed: Int = 0, removed: Int = 0, truncated: Bool = false
        ) {
            self.configMap = configMap
            self.added = added
            self.changed = changed
            self.removed = removed
            self.truncated = truncated
        }
    }

    /// Who agreed to a promotion.
    package struct ApprovalState: Sendable, Hashable, Codable {
        /// How many approvals are needed.
        package var required: Int
        /// How many count.
        package var valid: Int
        /// Every approval and rejection, also those that do not count.
        package var records: [ApprovalRecord]

        package init(
            required: Int = 0, valid: Int = 0, records: [ApprovalRecord] = []
        ) {
            self.required = required
            self.valid = valid
            self.records = records
        }
    }

    /// Short texts for the columns of kubectl.
    package struct Summary: Sendable, Hashable, Codable {
        /// Valid approvals of required ones, such as 1/2.
        package var approvals: String
        /// Until when a gate holds it, where that is known.
        package var until: String

        package init(
            approvals: String = "", until: String = ""
        ) {
            self.approvals = approvals
            self.until = until
        }
    }

    /// When a promotion came to which point.
    package struct Timestamps: Sendable, Hashable, Codable {
        /// When it was asked for.
        package var requested: Timestamp?
        /// When its plan was made.
        package var planned: Timestamp?
        /// When its approvals were complete.
        package var approved: Timestamp?
        /// When its commit was pushed.
        package var committed: Timestamp?
        /// When it was in the cluster.
        package var synced: Timestamp?
        /// When its verification passed.
        package var verified: Timestamp?
        /// When it ended.
        package var finished: Timestamp?
        /// Until when its apps are watched after its success; nothing once that is over.
        package var watchedUntil: Timestamp?

        package init(
            requested: Timestamp? = nil, planned: Timestamp? = nil, approved: Timestamp? = nil,
            committed: Timestamp? = nil, synced: Timestamp? = nil, verified: Timestamp? = nil,
            finished: Timestamp? = nil, watchedUntil: Timestamp? = nil
        ) {
            self.requested = requested
            self.planned = planned
            self.approved = approved
            self.committed = committed
            self.synced = synced
            self.verified = verified
            self.finished = finished
            self.watchedUntil = watchedUntil
        }
    }
}
