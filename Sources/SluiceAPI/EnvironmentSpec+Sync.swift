package import KubernetesModel

extension EnvironmentSpec {
    /// How the cluster is brought to what Git says, and kept there.
    package struct Sync: Sendable, Hashable, Codable {
        /// Syncs each new revision. If false only the difference is reported until a promotion or an override syncs.
        package var automated: Bool
        /// Deletes what is no longer in Git.
        package var prune: Bool
        /// Undoes changes that others make to the objects in the cluster.
        package var selfHeal: Bool
        /// Lets an app that renders to nothing be pruned to nothing.
        package var allowEmpty: Bool
        /// Deletes only after everything else is applied and healthy.
        package var pruneLast: Bool
        /// How the dependents of deleted objects go.
        package var prunePropagation: PropagationPolicy
        /// Fields that others own: neither applied to existing objects nor seen as drift.
        package var ignoreDifferences: [IgnoreDifference]
        /// Takes over fields that another field manager holds.
        package var forceConflicts: Bool
        /// Deletes and creates objects anew where the server says that a field cannot be changed.
        package var replaceImmutable: Bool
        /// Tries all objects of an app as a dry run before the first is written, so that one bad object changes
        /// nothing.
        package var validate: Bool
        /// How long an app may take to become healthy.
        package var timeout: GoDuration
        /// How failed syncs are tried again.
        package var retry: Retry

        package init(
            automated: Bool = true, prune: Bool = true, selfHeal: Bool = true, allowEmpty: Bool = false,
            pruneLast: Bool = true, prunePropagation: PropagationPolicy = .foreground,
            ignoreDifferences: [IgnoreDifference] = [], forceConflicts: Bool = true, replaceImmutable: Bool = false,
            validate: Bool = true, timeout: GoDuration = .minutes(10), retry: Retry = Retry()
        ) {
            self.automated = automated
            self.prune = prune
            self.selfHeal = selfHeal
            self.allowEmpty = allowEmpty
            self.pruneLast = pruneLast
            self.prunePropagation = prunePropagation
            self.ignoreDifferences = ignoreDifferences
            self.forceConflicts = forceConflicts
            self.replaceImmutable = replaceImmutable
            self.validate = validate
            self.timeout = timeout
            self.retry = retry
        }
    }

    /// Fields that others own.
    package struct IgnoreDifference: Sendable, Hashable, Codable {
        /// The API group of the objects, a glob; empty for the core group.
        package var group: String
        /// The kind of the objects, a glob.
        package var kind: String
        /// The name of the objects, a glob.
        package var name: String
        /// The namespace of the objects, a glob.
        package var namespace: String
        /// The fields as JSON pointers (RFC 6901); * stands for every element.
        package var jsonPointers: [String]
        /// Field managers whose fields are left alone.
        package var managers: [String]

        package init(
            group: String = "", kind: String, name: String = "*", namespace: String = "*", jsonPointers: [String] = [],
            managers: [String] = []
        ) {
            self.group = group
            self.kind = kind
            self.name = name
            self.namespace = namespace
            self.jsonPointers = jsonPointers
            self.managers = managers
        }
    }

    /// How failed syncs are tried again.
    package struct Retry: Sendable, Hashable, Codable {
        /// How many times; 0 for never. A newer commit begins anew.
        package var limit: Int
        /// How long to wait between tries.
        package var backoff: Backoff

        package init(
            limit: Int = 5, backoff: Backoff = Backoff()
        ) {
            self.limit = limit
            self.backoff = backoff
        }
    }

    /// How long to wait between tries.
    package struct Backoff: Sendable, Hashable, Codable {
        /// The wait before the first repetition.
        package var duration: GoDuration
        /// What each wait is multiplied by for the next.
        package var factor: Int
        /// The longest wait.
        package var maxDuration: GoDuration

        package init(
            duration: GoDuration = .seconds(5), factor: Int = 2, maxDuration: GoDuration = .minutes(3)
        ) {
            self.duration = duration
            self.factor = factor
            self.maxDuration = maxDuration
        }
    }
}
