/// The finalizers of this project.
package enum Finalizer {
    /// Keeps an Environment until its objects are pruned, where its deletionPolicy asks for that.
    package static let environment = "sluice.dev/environment"
    /// Keeps a Promotion or Rollback while its pull request is open, until that is closed.
    package static let pullRequest = "sluice.dev/pull-request"
}

/// The name under which fields are owned in server-side apply.
package enum FieldManager {
    package static let name = "sluice"
}

/// The user that automatic promotions and rollbacks name as requester.
package enum SystemUser {
    package static let automatic = "system:auto"
}

/// What API users need a permission for, on `environments/<name>` of the group `sluice.dev`.
package enum AccessVerb: String, Sendable, Hashable, CaseIterable {
    case promote, approve, override, rollback
}

/// Labels on deployed objects.
package enum Label {
    /// Which environment an object belongs to: a hash that fits 63 characters. Watches are filtered by its presence.
    package static let environment = "sluice.dev/environment"
    /// On promotions and rollbacks that the operator made by itself: the name of the object that they were made for.
    package static let automatic = "sluice.dev/automatic"
    /// On Jobs that verify: the promotion that they are for.
    package static let promotion = "sluice.dev/promotion"
}

/// Annotations on deployed objects and on the project's own.
package enum Annotation {
    /// Environment, app, group/kind and namespace/name of a deployed object, so that a copy is told from the original.
    package static let tracking = "sluice.dev/tracking"
    /// Any new value asks for an immediate refresh.
    package static let reconcileAt = "sluice.dev/reconcile-at"
    /// Where in Git an object of this project's own kinds came from.
    package static let origin = "sluice.dev/origin"
    /// Which API users wrote which parts of an object. Written by the admission webhook alone, and proved by a key that
    /// nobody else has.
    package static let stamps = "sluice.dev/stamps"
    /// On a dry run: asks the admission webhook for whom the API server takes the caller.
    package static let whoAmI = "sluice.dev/who-am-i"
    /// On events: the trace that log lines of the same work carry as `trace_id`.
    package static let traceID = "sluice.dev/trace-id"
    /// An integer; lower ones are applied first.
    package static let syncWave = "sluice.dev/sync-wave"
    /// `PreSync`, `Sync`, `PostSync` or `SyncFail`.
    package static let hook = "sluice.dev/hook"
    /// `HookSucceeded`, `HookFailed` or `BeforeHookCreation`.
    package static let hookDeletePolicy = "sluice.dev/hook-delete-policy"
    /// On a hook in the cluster: which run it is.
    package static let hookRun = "sluice.dev/hook-run"
    /// `false`: the object is never pruned.
    package static let prune = "sluice.dev/prune"
    /// `disabled`: the object is left alone.
    package static let reconcile = "sluice.dev/reconcile"
    /// `IfNotPresent`: the object is created and then left alone.
    package static let apply = "sluice.dev/apply"
    /// `true`: the object is deleted and created anew where a field cannot be changed.
    package static let force = "sluice.dev/force"
    /// `Ignore`: the object's health does not count.
    package static let health = "sluice.dev/health"

    /// Argo CD's annotations that are read where ours are absent.
    package static let argoSyncWave = "argocd.argoproj.io/sync-wave"
    package static let argoHook = "argocd.argoproj.io/hook"
    package static let argoHookDeletePolicy = "argocd.argoproj.io/hook-delete-policy"
}

/// The types of the conditions in the three statuses.
package enum ConditionType {
    // All three.
    package static let ready = "Ready"
    package static let reconciling = "Reconciling"
    package static let stalled = "Stalled"
    package static let synced = "Synced"
    // Environment.
    package static let sourceReady = "SourceReady"
    package static let healthy = "Healthy"
    package static let windowOpen = "WindowOpen"
    package static let held = "Held"
    /// Present and true while somebody keeps changing what is healed.
    package static let contested = "Contested"
    /// Present where the spec asks to be warned of orphans; true while there are any.
    package static let orphansFound = "OrphansFound"
    /// Present where the spec names somebody to tell; false while one of them cannot be told.
    package static let notifying = "Notifying"
    // Promotion and Rollback.
    package static let planned = "Planned"
    package static let upstreamVerified = "UpstreamVerified"
    package static let soaked = "Soaked"
    package static let approved = "Approved"
    package static let committed = "Committed"
    package static let verified = "Verified"
    package static let reverted = "Reverted"
    package static let released = "Released"
}

/// The keys of the trailers in the commits that this project makes.
package enum Trailer {
    /// `<namespace>/<name>` of the Promotion.
    package static let promotion = "Promotion"
    package static let promotionAttempt = "Promotion-Attempt"
    /// `<namespace>/<name>` of the Environment that the commit changes.
    package static let environment = "Environment"
    /// One for each app that the commit changes.
    package static let app = "App"
    /// `sha256:` and the digest of the Promotion's spec.
    package static let promotionSpec = "Promotion-Spec"
    package static let planDigest = "Plan-Digest"
    package static let requestedBy = "Requested-By"
    /// One for each approver.
    package static let approvedBy = "Approved-By"
    package static let reason = "Reason"
    /// `<namespace>/<name>` of the Rollback.
    package static let rollback = "Rollback"
    package static let rollbackAttempt = "Rollback-Attempt"
    /// One for each commit that a rollback reverts.
    package static let reverts = "Reverts"
    /// One for each app that a rollback holds.
    package static let hold = "Hold"
    /// One for each version that a rollback vetoes: `<app> <version>`.
    package static let veto = "Veto"
    /// The Rollback whose hold and veto a commit lifts.
    package static let release = "Release"
    /// Who passed over which gates, and why.
    package static let override = "Override"
}
