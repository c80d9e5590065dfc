internal import KubernetesModel

/// The annotations on objects in Git that steer how they are synced.
package enum SyncAnnotation {
    /// An integer; lower waves are applied first. Default 0.
    package static let wave = "sluice.dev/sync-wave"
    /// Argo CD's spelling of ``wave``, read where ours is absent.
    package static let argoWave = "argocd.argoproj.io/sync-wave"
    /// `PreSync`, `Sync`, `PostSync` or `SyncFail`, several separated by commas.
    package static let hook = "sluice.dev/hook"
    package static let argoHook = "argocd.argoproj.io/hook"
    /// `HookSucceeded`, `HookFailed`, `BeforeHookCreation`, several separated by commas.
    package static let hookDeletePolicy = "sluice.dev/hook-delete-policy"
    package static let argoHookDeletePolicy = "argocd.argoproj.io/hook-delete-policy"
    /// `"false"` keeps the object when it leaves Git.
    package static let prune = "sluice.dev/prune"
    /// `disabled` leaves the object alone altogether.
    package static let reconcile = "sluice.dev/reconcile"
    /// `IfNotPresent` creates the object and never changes it.
    package static let apply = "sluice.dev/apply"
    /// `"true"` deletes and recreates the object where the server says that a changed field is immutable.
    package static let force = "sluice.dev/force"
    /// `Ignore` keeps the object out of its app's health.
    package static let health = "sluice.dev/health"
}
