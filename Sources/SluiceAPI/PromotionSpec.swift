package import Core
package import KubernetesModel

/// Versions to bring into an environment, in one commit.
package struct PromotionSpec: Sendable, Hashable, Codable {
    /// The Environment, in this namespace.
    package var environment: String
    /// What to promote: all of it or nothing, in one commit.
    package var items: [Item]
    /// Why, for people, the commit and the audit.
    package var reason: String
    /// Only plans.
    package var dryRun: Bool
    /// Raise it to run again.
    package var attempt: Int
    /// The earliest time for the commit.
    package var notBefore: Timestamp?
    /// How long it may wait for its gates.
    package var expiresAfter: GoDuration
    /// What approvers say; each adds an entry in their own name.
    package var approvals: [Approval]
    /// Gates to pass over; never approvals.
    package var override: GateOverride?
    /// Stops it, as long as nothing has been pushed.
    package var abort: Bool

    package init(
        environment: String, items: [Item], reason: String = "", dryRun: Bool = false, attempt: Int = 1,
        notBefore: Timestamp? = nil, expiresAfter: GoDuration = .hours(72), approvals: [Approval] = [],
        override: GateOverride? = nil, abort: Bool = false
    ) {
        self.environment = environment
        self.items = items
        self.reason = reason
        self.dryRun = dryRun
        self.attempt = attempt
        self.notBefore = notBefore
        self.expiresAfter = expiresAfter
        self.approvals = approvals
        self.override = override
        self.abort = abort
    }
}

extension PromotionSpec {
    /// One change of a promotion: an app or apps, and exactly one of image, fromEnvironment and path.
    package struct Item: Sendable, Hashable, Codable {
        /// The app; either this or apps.
        package var app: String
        /// Globs over apps: a release train.
        package var apps: [String]
        /// The image to set, with a new tag, digest or name.
        package var image: ImageOverride?
        /// The Environment whose live and healthy images are taken.
        package var fromEnvironment: String
        /// Files to copy from another Environment's folder of the app; those that are gone there go here too.
        package var path: PathCopy?

        package init(
            app: String = "", apps: [String] = [], image: ImageOverride? = nil, fromEnvironment: String = "",
            path: PathCopy? = nil
        ) {
            self.app = app
            self.apps = apps
            self.image = image
            self.fromEnvironment = fromEnvironment
            self.path = path
        }
    }

    /// Files to copy from another Environment's folder of the app; those that are gone there go here too.
    package struct PathCopy: Sendable, Hashable, Codable {
        /// The Environment to copy from.
        package var from: String
        /// Paths to copy, those that end in / with all they hold; empty for everything.
        package var include: [String]
        /// Paths to leave out.
        package var exclude: [String]

        package init(
            from: String, include: [String] = [], exclude: [String] = []
        ) {
            self.from = from
            self.include = include
            self.exclude = exclude
        }
    }

    /// What one approver says.
    package struct Approval: Sendable, Hashable, Codable {
        /// Who says so; it must be the API user or the commit's signer.
        package var user: String
        /// Yes or no.
        package var decision: Decision
        /// The plan that this is about, as in status.planDigest.
        package var planDigest: String
        /// A word to go with it.
        package var comment: String

        package init(
            user: String, decision: Decision = .approve, planDigest: String, comment: String = ""
        ) {
            self.user = user
            self.decision = decision
            self.planDigest = planDigest
            self.comment = comment
        }
    }
}
