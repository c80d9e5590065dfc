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
    /// Delete what is left of an earlier run, where the hook's policy says so, and start the hook.
    case hook(DesiredObject, HookRun)
    /// Delete a hook that has ended.
    case deleteHook(LiveRecord)
    case prune(LiveRecord)

    package var key: ObjectKey {
        switch self {
        case .apply(let object, _), .verify(let object), .createIfAbsent(let object), .hook(let object, _):
            object.key
        case .prune(let record), .deleteHook(let record): record.key
        }
    }
}

/// Actions that may run at the same time, after the steps before.
package struct SyncStep: Sendable, Hashable {
    package let actions: [SyncAction]
}

/// What a plan ends at for now: the rest is planned when this has changed.
package struct SyncWait: Sendable, Hashable {
    package enum Reason: String, Sendable, Hashable {
        /// A wave, a PostSync hook or the prune waits for what comes before.
        case health = "WaitingForHealth"
        /// Objects wait for their definition to be established.
        case definition = "WaitingForDefinition"
        /// A hook runs.
        case hook = "WaitingForHook"
    }

    package let reason: Reason
    /// What is waited for.
    package let keys: [ObjectKey]

    /// `waits for Deployment.apps prod/web to be healthy`
    package var summary: String {
        let first = keys.first.map { "\($0)" } ?? "nothing"
        let what = keys.count > 1 ? "\(first) and \(keys.count - 1) more" : first
        return switch reason {
        case .health: "waits for \(what) to be healthy"
        case .definition: "waits for \(what) to be established"
        case .hook: "waits for the hook \(what)"
        }
    }
}

/// One object's line in a plan.
package struct ObjectPlan: Sendable, Hashable {
    package let key: ObjectKey
    package let status: ObjectSyncStatus
    /// One sentence; empty for an object that stands.
    package let message: String
    /// Whether the object departed from what Git wants, rather than Git from what the object was.
    package let isDrift: Bool

    package init(key: ObjectKey, status: ObjectSyncStatus, message: String, isDrift: Bool = false) {
        self.key = key
        self.status = status
        self.message = message
        self.isDrift = isDrift
    }
}

/// The fingerprint that an object has, or would have, when it is as a digest wants it.
package struct ExpectedState: Sendable, Hashable {
    package let digest: ContentHash
    package let fingerprint: Fingerprint
    /// Whether the object was seen in this state; else a dry run told of it, and nobody knows who departed from it.
    package let wasSeen: Bool

    package init(digest: ContentHash, fingerprint: Fingerprint, wasSeen: Bool = true) {
        self.digest = digest
        self.fingerprint = fingerprint
        self.wasSeen = wasSeen
    }
}

/// What is to be done for one app.
package struct AppPlan: Sendable {
    package let app: String
    package let revision: String
    /// In order; empty where nothing is to be done, or nothing may.
    package let steps: [SyncStep]
    /// Everything that is to be sent, now or in later steps: a dry run of it all comes before the first write.
    package let outgoing: [DesiredObject]
    /// What the rest waits for; nil where the steps are all there is.
    package let wait: SyncWait?
    /// Whether the steps are the last of this revision: with them its hooks are over.
    package let isLast: Bool
    /// Whether an object that a dry run shows to differ is to be applied.
    package let appliesVerified: Bool
    package let objects: [ObjectPlan]
    /// Run when a step fails for good.
    package let failureHooks: [SyncAction]
    /// Why nothing, or not everything, may be done.
    package let errors: [SyncError]
    /// Objects that were found in place without asking the server, with what to expect of them from now on.
    package let confirmed: [ObjectKey: ExpectedState]

    /// Whether every object stands and none is left over.
    package var isSynced: Bool {
        errors.isEmpty && objects.allSatisfy { $0.status == .synced || $0.status == .unmanaged }
    }

    /// The objects of which only the server can tell whether they stand.
    var unsure: Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        for step in steps {
            for case .verify(let object) in step.actions { keys.insert(object.key) }
        }
        return keys
    }

    /// The object that the plan would write before everything else, if it begins with an apply that is one request: where
    /// fields are left to others, these are given up first, and that would stay when the apply is refused.
    var firstApply: ObjectKey? {
        guard case .apply(let object, _)? = steps.first?.actions.first, object.ignore == nil else { return nil }
        return object.key
    }

    /// The steps, the first of which has the first action alone.
    var stepsFirstAlone: [SyncStep] {
        guard let step = steps.first, step.actions.count > 1, let first = step.actions.first else { return steps }
        return [SyncStep(actions: [first]), SyncStep(actions: Array(step.actions.dropFirst()))] + steps.dropFirst()
    }

    /// Whether anything would be written.
    package var writes: Bool { steps.contains { !$0.actions.isEmpty } }
}
