package import KubernetesClient
package import KubernetesModel
package import SluiceAPI

/// How objects are written.
package struct ApplyOptions: Sendable, Hashable {
    package var forceConflicts = true
    package var replaceImmutable = false
    /// A dry run of the whole app comes before its first write.
    package var validate = true
    package var propagation = DeleteOptions.Propagation.foreground

    package init() {}

    package init(_ sync: EnvironmentSpec.Sync) {
        forceConflicts = sync.forceConflicts
        replaceImmutable = sync.replaceImmutable
        validate = sync.validate
        propagation =
            switch sync.prunePropagation {
            case .foreground: .foreground
            case .background: .background
            case .orphan: .orphan
            }
    }
}

/// A namespace to create where it is missing, with what it shall carry.
package struct NamespaceSetup: Sendable, Hashable {
    package let name: String
    package let labels: [String: String]
    package let annotations: [String: String]

    package init(name: String, labels: [String: String] = [:], annotations: [String: String] = [:]) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
    }

    var manifest: Manifest {
        var manifest = Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        for (key, value) in labels { manifest.setLabel(key, value) }
        for (key, value) in annotations { manifest.setAnnotation(key, value) }
        return manifest
    }
}

/// One app to be synced, and how.
package struct SyncRequest: Sendable {
    package var environment: NamespacedName
    package var app: DesiredApp
    /// What any app of the environment wants.
    package var wanted: Set<ObjectKey>
    package var mode: SyncMode
    package var policy: SyncPolicy
    package var options: ApplyOptions
    /// Nil where no namespace is to be created.
    package var namespace: NamespaceSetup?
    /// Whether the hooks of this revision are to run.
    package var runHooks: Bool
    /// Whether the app has left Git.
    package var removed: Bool
    /// The user to impersonate in all that is done to the app's objects; nil for the operator itself.
    package var impersonate: String?

    package init(
        environment: NamespacedName, app: DesiredApp, wanted: Set<ObjectKey>, mode: SyncMode = .sync,
        policy: SyncPolicy = SyncPolicy(), options: ApplyOptions = ApplyOptions(), namespace: NamespaceSetup? = nil,
        runHooks: Bool = false, removed: Bool = false, impersonate: String? = nil
    ) {
        self.environment = environment
        self.app = app
        self.wanted = wanted
        self.mode = mode
        self.policy = policy
        self.options = options
        self.namespace = namespace
        self.runHooks = runHooks
        self.removed = removed
        self.impersonate = impersonate
    }
}

/// Where an app stands after a sync.
package struct SyncOutcome: Sendable {
    package let app: String
    package let revision: String
    /// Whether every object stands, none is left over, and no hook is still to come.
    package let isSynced: Bool
    package let objects: [ObjectPlan]
    /// The worst of the app's objects; missing ones count.
    package let health: Health
    /// The objects that are not healthy, worst first, at most 20.
    package let unhealthy: [ObjectHealth]
    /// The images that run, sorted.
    package let images: [String]
    /// What the rest of the sync waits for; the index tells when it changes.
    package let wait: SyncWait?
    package let errors: [SyncError]
    /// What somebody else had changed, and is as Git wants again.
    package let healed: [ObjectDrift]
    /// What somebody else has changed, and is left so.
    package let drifted: [ObjectDrift]
    package let applied: Int
    package let pruned: Int

    /// One object's verdict.
    package struct ObjectHealth: Sendable, Hashable {
        package let key: ObjectKey
        package let gvk: GroupVersionKind
        package let health: Health
    }
}
