package import Core
package import Git
package import KubernetesModel
package import SluiceAPI
package import Sync

/// All that is known about an Environment at one moment, before anything is done about it.
package struct EnvironmentObservation: Sendable {
    package var environment: Environment
    /// What is wrong with the spec beyond what its schema can say; nothing is synced while there is anything.
    package var faults: [FieldError] = []
    package var source = SourceReading()
    /// Why the cluster cannot be read, if it cannot.
    package var clusterFailure: String?
    /// The windows as they stand for promotions.
    package var window: EnvironmentStatus.WindowState?
    package var apps: [AppReading] = []
    /// Apps that have objects in the cluster and are not in Git.
    package var departed: [String] = []
    /// Submodules where apps would be; they are ignored.
    package var submodules: [String] = []
    /// Promotions and rollbacks at work and in line.
    package var current = EnvironmentStatus.Current()
    package var queue: [String] = []
    package var restraints: Restraints?
    /// Who of `spec.notifications` could not be told, by name, and why.
    package var notificationFailures: [String: String] = [:]

    package init(environment: Environment) {
        self.environment = environment
    }

    /// Whether nothing is known of Git yet, and nothing is wrong either: the first look at it is under way.
    package var isUnread: Bool {
        faults.isEmpty && source.head == nil && source.failure == nil && clusterFailure == nil
    }

    /// What Git says.
    package struct SourceReading: Sendable {
        package struct Failure: Sendable, Hashable {
            package let reason: String
            package let message: String
            /// Whether only a change of the spec, a Secret or the repository mends it.
            package let isTerminal: Bool

            package init(reason: String, message: String, isTerminal: Bool) {
                self.reason = reason
                self.message = message
                self.isTerminal = isTerminal
            }
        }

        package var head: CommitID?
        package var failure: Failure?

        package init() {}
    }

    /// What one app is to be at one commit.
    package struct AppVersion: Sendable {
        package let revision: CommitID
        package let desired: DesiredApp
        /// A digest of all that is wanted: equal digests want the same.
        package let digest: ContentHash

        package init(revision: CommitID, desired: DesiredApp) {
            self.revision = revision
            self.desired = desired
            let all = (desired.objects + desired.hooks).map { "\($0.key) \($0.digest)" }.sorted()
            digest = ContentHash(of: .array(all.map(JSONValue.string)))
        }
    }

    /// One app as Git has it.
    package struct AppReading: Sendable {
        package let name: String
        /// At the head; nil where it cannot be rendered.
        package var head: AppVersion?
        package var renderFailure: String?
        /// At the commit that was synced last; nil where there is none or it cannot be read any more.
        package var synced: AppVersion?
        /// At the commit of a promotion or rollback that has pushed and not ended; it is synced whatever windows say.
        package var pushed: AppVersion?
        /// Whether new revisions may be synced now, and if not, why.
        package var syncGate = AppGate()
        /// Whether drift may be undone now.
        package var healGate = AppGate()
        package var retry = RetryState()
        /// The commit that the status says was synced whole, with the spec as it is now.
        package var syncedRevision: CommitID?

        package init(name: String) {
            self.name = name
        }

        /// Whether another process synced a version whole: this one has synced none of the app yet.
        package func wasSynced(_ version: AppVersion) -> Bool {
            !retry.knowsSettled && version.revision == syncedRevision
        }
    }

    /// A door that windows, freezes or the spec may shut.
    package struct AppGate: Sendable, Hashable {
        package var isOpen = true
        /// Why it is shut, for people.
        package var message = ""
        /// When it opens by itself.
        package var opensAt: Timestamp?

        package init() {}

        package static func shut(_ message: String, until: Timestamp? = nil) -> AppGate {
            var gate = AppGate()
            gate.isOpen = false
            gate.message = message
            gate.opensAt = until
            return gate
        }
    }
}

/// What is to be done for each app of an Environment now.
package struct EnvironmentPlan: Sendable {
    package struct Directive: Sendable {
        package let app: String
        /// Nil where nothing can be done: the app cannot be rendered, or has never been synced and may not be now.
        package let version: EnvironmentObservation.AppVersion?
        package let mode: SyncMode
        /// Why a newer revision is held back, if one is.
        package let heldBack: String?
    }

    package var directives: [Directive] = []
    /// When to look again if nothing changes before.
    package var requeueAt: Timestamp?

    package init() {}
}
