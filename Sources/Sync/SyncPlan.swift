package import KubernetesModel

/// How far a sync may go.
package enum SyncMode: Sendable, Hashable {
    /// Everything that differs is applied, and hooks run.
    case sync
    /// Only what departed from the given state is restored, where the policy says so.
    case heal
    /// Nothing is written.
    case report
}

/// The part of `spec.sync` that decides what is done, not when.
package struct SyncPolicy: Sendable, Hashable {
    package var prune = true
    package var selfHeal = true
    package var allowEmpty = false
    package var pruneLast = true

    package init() {}
}

/// Where one object stands against what Git wants.
package enum ObjectSyncStatus: String, Sendable, Hashable {
    case synced = "Synced"
    case outOfSync = "OutOfSync"
    case missing = "Missing"
    /// There, tracked by us, and wanted no longer.
    case extra = "Extra"
    /// Left alone by its own annotation.
    case unmanaged = "Unmanaged"
    /// Only the server can tell whether it stands: a dry run is part of the plan.
    case unverified = "Unverified"
}

/// Why an object is sent.
package enum ApplyReason: String, Sendable, Hashable {
    case missing = "Missing"
    /// Git wants something else than before.
    case changed = "Changed"
    /// Somebody changed what Git wants.
    case drifted = "Drifted"
    /// It is there, but not, or not wholly, ours yet.
    case adopted = "Adopted"
}

/// One thing to do.
package enum SyncAction: Sendable, Hashable {
    /// Server-side apply.
    case apply(DesiredObject, ApplyReason)
    /// Dry-run apply; where its fingerprint is not the live object's, apply.
    case verify(DesiredObject)
    /// Look whether it is there, and apply it where it is not.
    case createIfAbsent(DesiredObject)
    /// Run a hook.
    case hook(DesiredObject)
    case prune(LiveRecord)

    package var key: ObjectKey {
        switch self {
        case .apply(let object, _), .verify(let object), .createIfAbsent(let object), .hook(let object): object.key
        case .prune(let record): record.key
        }
    }
}

/// What must hold before a step begins.
package enum StepGate: Sendable, Hashable {
    case none
    /// These definitions are served.
    case established([ObjectKey])
    /// These objects are healthy.
    case healthy([ObjectKey])
}

/// Actions that may run at the same time, after the steps before.
package struct SyncStep: Sendable, Hashable {
    package let gate: StepGate
    package let actions: [SyncAction]
}

/// One object's line in a plan.
package struct ObjectPlan: Sendable, Hashable {
    package let key: ObjectKey
    package let status: ObjectSyncStatus
    /// One sentence; empty for an object that stands.
    package let message: String
}

/// The digest that an object was last applied with, and the fingerprint that it then had.
package struct ExpectedState: Sendable, Hashable {
    package let digest: ContentHash
    package let fingerprint: Fingerprint

    package init(digest: ContentHash, fingerprint: Fingerprint) {
        self.digest = digest
        self.fingerprint = fingerprint
    }
}

/// What is to be done for one app.
package struct AppPlan: Sendable {
    package let app: String
    package let revision: String
    /// In order; empty where nothing is to be done, or nothing may.
    package let steps: [SyncStep]
    package let objects: [ObjectPlan]
    /// Run when a step fails for good.
    package let failureHooks: [DesiredObject]
    /// Why nothing, or not everything, may be done.
    package let errors: [SyncError]
    /// Objects that were found in place without asking the server, with what to expect of them from now on.
    package let confirmed: [ObjectKey: ExpectedState]

    /// Whether every object stands and none is left over.
    package var isSynced: Bool {
        errors.isEmpty && objects.allSatisfy { $0.status == .synced || $0.status == .unmanaged }
    }

    /// Whether anything would be written.
    package var writes: Bool { steps.contains { !$0.actions.isEmpty } }
}
