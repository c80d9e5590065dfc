package import Core
internal import KubernetesModel
package import Notifications
package import SluiceAPI

/// What is new between two statuses of a Promotion or a Rollback, as with ``EnvironmentNews``. Pure.
package enum PromotionNews {
    package static func notice(
        _ promotion: Promotion, became next: PromotionStatus, repository: String, now: Timestamp
    ) -> Notice? {
        guard !promotion.spec.dryRun else { return nil }
        let before = promotion.status.attempt == next.attempt ? promotion.status : PromotionStatus()
        guard let event = event(before, next) else { return nil }
        return Notice(
            event, at: now, namespace: promotion.metadata.namespace, environment: promotion.spec.environment,
            object: .init(kind: Promotion.kind, name: promotion.metadata.name),
            apps: next.items.map(\.app).unique.map { Notice.App(name: $0) }, message: next.message,
            reason: next.reason, commit: next.commit, repository: repository,
            changes: next.items.filter { !$0.noop && !$0.image.isEmpty }.map {
                .init(app: $0.app, image: $0.image, from: $0.from, to: $0.to)
            }, requester: next.requester.user)
    }

    private static func event(_ before: PromotionStatus, _ next: PromotionStatus) -> NotificationEvent? {
        let isIll = next.conditions[ConditionType.verified]?.status == .no
        if next.phase == .succeeded, before.phase == .succeeded, isIll,
            before.conditions[ConditionType.verified]?.status != .no
        {
            return .promotionFailed
        }
        let awaitsApproval = GateReason.awaitingApproval.rawValue
        if next.phase == .gated, before.phase == .gated, next.reason == awaitsApproval, before.reason != awaitsApproval
        {
            return .promotionWaiting
        }
        // An end tells more than that it has begun, where both come at once.
        if next.phase != before.phase {
            switch next.phase {
            case .gated?: return .promotionWaiting
            case .succeeded?: return .promotionSucceeded
            case .failed?: return .promotionFailed
            case .rejected?, .expired?, .aborted?: return .promotionRefused
            default: break
            }
        }
        return !next.commit.isEmpty && before.commit.isEmpty && next.phase?.isTerminal != true ? .promotionStarted : nil
    }
}

package enum RollbackNews {
    package static func notice(
        _ rollback: Rollback, became next: RollbackStatus, repository: String, now: Timestamp
    ) -> Notice? {
        guard !rollback.spec.dryRun else { return nil }
        let before = rollback.status.attempt == next.attempt ? rollback.status : RollbackStatus()
        guard next.phase != before.phase else { return nil }
        let event: NotificationEvent
        switch next.phase {
        case .succeeded?: event = .rolledBack
        case .failed?, .conflict?: event = .rollbackFailed
        default: return nil
        }
        return Notice(
            event, at: now, namespace: rollback.metadata.namespace, environment: rollback.spec.environment,
            object: .init(kind: Rollback.kind, name: rollback.metadata.name),
            apps: (rollback.spec.apps.isEmpty ? next.holds : rollback.spec.apps).unique.map { Notice.App(name: $0) },
            message: next.message, reason: next.reason.isEmpty ? rollback.spec.reason : next.reason,
            commit: next.commit, repository: repository, requester: next.requester.user)
    }
}

extension [String] {
    /// Each once, in the order of their first.
    fileprivate var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
