/// Through which door somebody is told.
package enum NotificationType: String, Sendable, Hashable, Codable, CaseIterable {
    /// An incoming webhook as Slack has it, and many after it.
    case slack = "Slack"
    /// JSON, signed where there is a key.
    case webhook = "Webhook"
    /// How a commit fares, told to its forge.
    case commitStatus = "CommitStatus"
}

/// What somebody may want to be told.
package enum NotificationEvent: String, Sendable, Hashable, Codable, CaseIterable {
    /// An app could not be rendered or applied, or was not healthy in time.
    case syncFailed = "SyncFailed"
    /// An app differs from Git, and nothing is done about it now.
    case outOfSync = "OutOfSync"
    /// An app is ill.
    case degraded = "Degraded"
    /// An app of which one of these was told is synced and healthy again.
    case recovered = "Recovered"
    /// Somebody changed what Git wants, and it was undone.
    case driftHealed = "DriftHealed"
    /// Somebody keeps changing what is healed.
    case driftContested = "DriftContested"
    /// A promotion has its plan, and a gate holds it; told again when approvals are what it waits for.
    case promotionWaiting = "PromotionWaiting"
    /// A promotion's commit is in Git.
    case promotionStarted = "PromotionStarted"
    /// A promotion is live and verified.
    case promotionSucceeded = "PromotionSucceeded"
    /// A promotion could not be carried through, or what it brought fell ill while it was watched.
    case promotionFailed = "PromotionFailed"
    /// A promotion ended before its commit: rejected, expired or aborted.
    case promotionRefused = "PromotionRefused"
    /// A rollback is live.
    case rolledBack = "RolledBack"
    /// A rollback could not be carried through.
    case rollbackFailed = "RollbackFailed"
}
