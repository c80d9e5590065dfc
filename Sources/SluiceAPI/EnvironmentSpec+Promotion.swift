package import KubernetesModel

extension EnvironmentSpec {
    /// How promotions into this environment queue.
    package struct PromotionPolicy: Sendable, Hashable, Codable {
        /// Promotes what the upstream environments have proved, unasked.
        package var auto: Bool
        /// Which of several waiting promotions goes first.
        package var order: PromotionOrder
        /// Which promotions a newer one of the same apps replaces.
        package var supersede: SupersedePolicy
        /// How many promotions may run at a time.
        package var maxConcurrent: Int
        /// How many promotions may commit in one opening; 0 for any number.
        package var maxPerWindow: Int

        package init(
            auto: Bool = false, order: PromotionOrder = .latestWins, supersede: SupersedePolicy = .pendingOnly,
            maxConcurrent: Int = 1, maxPerWindow: Int = 0
        ) {
            self.auto = auto
            self.order = order
            self.supersede = supersede
            self.maxConcurrent = maxConcurrent
            self.maxPerWindow = maxPerWindow
        }
    }

    /// When and how promotions are rolled back.
    package struct RollbackPolicy: Sendable, Hashable, Codable {
        /// Rolls a promotion back by itself when it fails.
        package var auto: Bool
        /// What sets off an automatic rollback.
        package var on: [RollbackTrigger]
        /// How long after its success a promotion's apps are watched.
        package var watchFor: GoDuration
        /// Holds the app after a rollback until the rollback is released.
        package var pin: Bool
        /// Vetoes the version that was rolled back.
        package var veto: Bool
        /// What to do where the revert does not apply cleanly.
        package var onConflict: ConflictPolicy
        /// Whether rollbacks wait for approvals.
        package var approvals: RollbackApprovals

        package init(
            auto: Bool = true, on: [RollbackTrigger] = [.degraded, .verificationFailed],
            watchFor: GoDuration = .minutes(30), pin: Bool = true, veto: Bool = true,
            onConflict: ConflictPolicy = .restorePaths, approvals: RollbackApprovals = .none
        ) {
            self.auto = auto
            self.on = on
            self.watchFor = watchFor
            self.pin = pin
            self.veto = veto
            self.onConflict = onConflict
            self.approvals = approvals
        }
    }

    /// How much of the past is kept.
    package struct History: Sendable, Hashable, Codable {
        /// How many finished Promotions, and how many finished Rollbacks, are kept in the cluster.
        package var promotions: Int
        /// How long finished Promotions and Rollbacks are kept in the cluster.
        package var ttl: GoDuration

        package init(
            promotions: Int = 100, ttl: GoDuration = .hours(2160)
        ) {
            self.promotions = promotions
            self.ttl = ttl
        }
    }
}
