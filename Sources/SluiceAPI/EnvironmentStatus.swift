package import Core
package import KubernetesModel

/// What one stage is.
package struct EnvironmentStatus: Sendable, Hashable, Codable {
    /// The generation of the spec that this status is about.
    package var observedGeneration: Int64
    /// The value of the annotation sluice.dev/reconcile-at that was last acted on.
    package var lastHandledReconcileAt: String
    /// Where the environment stands, in one word.
    package var phase: EnvironmentPhase?
    /// What that means, for people.
    package var message: String
    /// The commits that matter.
    package var revision: Revision
    /// How many apps are in which state.
    package var counts: Counts
    /// Short texts for the columns of kubectl.
    package var summary: Summary
    /// One entry for each app.
    package var apps: [App]
    /// The kinds that were applied, so that a kind that left Git is still pruned.
    package var managedKinds: [String]
    /// How the windows stand for promotions.
    package var window: WindowState?
    /// What is at work.
    package var current: Current
    /// The Promotions that wait, first in line first.
    package var queue: [String]
    /// The holds in force, those of rollbacks included.
    package var holds: [HoldState]
    /// The vetoes in force, those of rollbacks included.
    package var vetoes: [VetoState]
    /// Conditions by the conventions of Kubernetes' API.
    package var conditions: [Condition]

    package init(
        observedGeneration: Int64 = 0, lastHandledReconcileAt: String = "", phase: EnvironmentPhase? = nil,
        message: String = "", revision: Revision = Revision(), counts: Counts = Counts(), summary: Summary = Summary(),
        apps: [App] = [], managedKinds: [String] = [], window: WindowState? = nil, current: Current = Current(),
        queue: [String] = [], holds: [HoldState] = [], vetoes: [VetoState] = [], conditions: [Condition] = []
    ) {
        self.observedGeneration = observedGeneration
        self.lastHandledReconcileAt = lastHandledReconcileAt
        self.phase = phase
        self.message = message
        self.revision = revision
        self.counts = counts
        self.summary = summary
        self.apps = apps
        self.managedKinds = managedKinds
        self.window = window
        self.current = current
        self.queue = queue
        self.holds = holds
        self.vetoes = vetoes
        self.conditions = conditions
    }
}

extension EnvironmentStatus {
    /// The commits that matter.
    package struct Revision: Sendable, Hashable, Codable {
        /// The commit that was last seen in the source.
        package var observed: String
        /// The commit that is in the cluster.
        package var synced: String
        /// The last commit with which everything was synced and healthy.
        package var lastHealthy: String

        package init(
            observed: String = "", synced: String = "", lastHealthy: String = ""
        ) {
            self.observed = observed
            self.synced = synced
            self.lastHealthy = lastHealthy
        }
    }

    /// How many apps are in which state.
    package struct Counts: Sendable, Hashable, Codable {
        /// All apps.
        package var apps: Int
        /// Apps as Git says.
        package var synced: Int
        /// Healthy apps.
        package var healthy: Int
        /// Apps that differ from Git.
        package var outOfSync: Int
        /// Apps that failed.
        package var degraded: Int

        package init(
            apps: Int = 0, synced: Int = 0, healthy: Int = 0, outOfSync: Int = 0, degraded: Int = 0
        ) {
            self.apps = apps
            self.synced = synced
            self.healthy = healthy
            self.outOfSync = outOfSync
            self.degraded = degraded
        }
    }

    /// Short texts for the columns of kubectl.
    package struct Summary: Sendable, Hashable, Codable {
        /// Synced apps of all apps, such as 49/50.
        package var synced: String
        /// Healthy apps of all apps, such as 48/50.
        package var healthy: String
        /// Open, Closed, Frozen or Overridden.
        package var window: String
        /// When the windows next open or close.
        package var next: String

        package init(
            synced: String = "", healthy: String = "", window: String = "", next: String = ""
        ) {
            self.synced = synced
            self.healthy = healthy
            self.window = window
            self.next = next
        }
    }

    /// One app.
    package struct App: Sendable, Hashable, Codable {
        /// The app's name.
        package var name: String
        /// The images that its workloads run.
        package var images: [String]
        /// The commit that is live.
        package var revision: String
        /// How the cluster compares to Git.
        package var sync: SyncState?
        /// How well it is.
        package var health: HealthState?
        /// Since when these images are live.
        package var since: Timestamp?
        /// A digest of all that Git wants of it at that commit.
        package var content: String
        /// Since when that content is live.
        package var contentSince: Timestamp?
        /// Since when it is healthy without a break.
        package var healthySince: Timestamp?
        /// What was wrong with it since it was last synced and healthy: SyncFailed, OutOfSync, Degraded.
        package var trouble: [NotificationEvent]
        /// A digest of what could not be synced, so that one failure is told once.
        package var failedContent: String
        /// What is wrong, if anything.
        package var message: String

        package init(
            name: String, images: [String] = [], revision: String = "", sync: SyncState? = nil,
            health: HealthState? = nil, since: Timestamp? = nil, content: String = "", contentSince: Timestamp? = nil,
            healthySince: Timestamp? = nil, trouble: [NotificationEvent] = [], failedContent: String = "",
            message: String = ""
        ) {
            self.name = name
            self.images = images
            self.revision = revision
            self.sync = sync
            self.health = health
            self.since = since
            self.content = content
            self.contentSince = contentSince
            self.healthySince = healthySince
            self.trouble = trouble
            self.failedContent = failedContent
            self.message = message
        }
    }

    /// How the windows stand.
    package struct WindowState: Sendable, Hashable, Codable {
        /// Whether promotions may commit now.
        package var open: Bool
        /// The windows, denials or freezes that decide.
        package var active: [String]
        /// Why, in one word.
        package var reason: String
        /// When they open, if they are shut.
        package var nextOpen: Timestamp?
        /// When they shut, if they are open.
        package var nextClose: Timestamp?
        /// The override in force.
        package var override: OverrideState?

        package init(
            open: Bool = false, active: [String] = [], reason: String = "", nextOpen: Timestamp? = nil,
            nextClose: Timestamp? = nil, override: OverrideState? = nil
        ) {
            self.open = open
            self.active = active
            self.reason = reason
            self.nextOpen = nextOpen
            self.nextClose = nextClose
            self.override = override
        }
    }

    /// An override in force.
    package struct OverrideState: Sendable, Hashable, Codable {
        /// Who asked for it.
        package var user: String
        /// Why.
        package var reason: String
        /// When it ends.
        package var until: Timestamp?

        package init(
            user: String = "", reason: String = "", until: Timestamp? = nil
        ) {
            self.user = user
            self.reason = reason
            self.until = until
        }
    }

    /// What is at work.
    package struct Current: Sendable, Hashable, Codable {
        /// The Promotion that is at work.
        package var promotion: String
        /// The Rollback that is at work.
        package var rollback: String

        package init(
            promotion: String = "", rollback: String = ""
        ) {
            self.promotion = promotion
            self.rollback = rollback
        }
    }

    /// A hold in force.
    package struct HoldState: Sendable, Hashable, Codable {
        /// The app, or a glob.
        package var app: String
        /// Why.
        package var reason: String
        /// The Rollback that set it; empty for one of the spec.
        package var rollback: String
        /// Since when.
        package var since: Timestamp?

        package init(
            app: String, reason: String = "", rollback: String = "", since: Timestamp? = nil
        ) {
            self.app = app
            self.reason = reason
            self.rollback = rollback
            self.since = since
        }
    }

    /// A veto in force.
    package struct VetoState: Sendable, Hashable, Codable {
        /// The app, or a glob.
        package var app: String
        /// The version that is refused.
        package var version: String
        /// Why.
        package var reason: String
        /// The Rollback that set it; empty for one of the spec.
        package var rollback: String
        /// When it ends.
        package var until: Timestamp?

        package init(
            app: String, version: String, reason: String = "", rollback: String = "", until: Timestamp? = nil
        ) {
            self.app = app
            self.version = version
            self.reason = reason
            self.rollback = rollback
            self.until = until
        }
    }
}
