/// A promotion to undo, by reverting its commit.
package struct RollbackSpec: Sendable, Hashable, Codable {
    /// The Environment, in this namespace.
    package var environment: String
    /// What to go back to or undo; exactly one of its fields.
    package var target: Target
    /// The apps to roll back; empty for all that the target changed.
    package var apps: [String]
    /// Why, for people, the commit and the audit.
    package var reason: String
    /// Holds the apps until this rollback is released.
    package var pin: Bool
    /// Never promotes the undone version here again until the veto is lifted.
    package var veto: Bool
    /// What to do where the revert does not apply cleanly.
    package var onConflict: ConflictPolicy
    /// What approvers say, where the environment asks for approvals of rollbacks; each adds an entry in their own name.
    package var approvals: [PromotionSpec.Approval]
    /// Gates to pass over; never approvals.
    package var override: GateOverride?
    /// Only plans.
    package var dryRun: Bool
    /// Raise it to run again.
    package var attempt: Int
    /// Lifts the hold and the veto of this rollback.
    package var release: Bool

    package init(
        environment: String, target: Target, apps: [String] = [], reason: String = "", pin: Bool = true,
        veto: Bool = true, onConflict: ConflictPolicy = .restorePaths,
        approvals: [PromotionSpec.Approval] = [], override: GateOverride? = nil, dryRun: Bool = false,
        attempt: Int = 1, release: Bool = false
    ) {
        self.environment = environment
        self.target = target
        self.apps = apps
        self.reason = reason
        self.pin = pin
        self.veto = veto
        self.onConflict = onConflict
        self.approvals = approvals
        self.override = override
        self.dryRun = dryRun
        self.attempt = attempt
        self.release = release
    }
}

extension RollbackSpec {
    /// What to go back to or undo; exactly one field.
    package struct Target: Sendable, Hashable, Codable {
        /// The Promotion to undo.
        package var promotion: String
        /// The commit of a promotion to undo.
        package var commit: String
        /// Goes back to the last commit with which everything was healthy.
        package var lastHealthy: Bool
        /// Undoes this many promotions.
        package var steps: Int

        package init(
            promotion: String = "", commit: String = "", lastHealthy: Bool = false, steps: Int = 0
        ) {
            self.promotion = promotion
            self.commit = commit
            self.lastHealthy = lastHealthy
            self.steps = steps
        }
    }
}
