package import Core
internal import Git
internal import KubernetesModel
package import Policy
package import SluiceAPI

/// All that is known about a Promotion at one moment; what its planner decides on.
package struct PromotionObservation: Sendable {
    /// What the promotion is for, as far as it can be told.
    package enum Target: Sendable {
        case missing
        case deleting(Environment)
        case present(Environment)

        package var environment: Environment? {
            switch self {
            case .missing: nil
            case .deleting(let environment), .present(let environment): environment
            }
        }
    }

    package var promotion: Promotion
    package var target: Target
    /// Why Git cannot be read, if it cannot.
    package var sourceFailure: String?
    /// The commit of this attempt, found by its trailers; whatever the status says, it happened.
    package var commit: LedgerEntry?
    /// The rollback that reverted that commit since, if one did.
    package var revertedBy: LedgerEntry?
    /// What the promotion would do now; nil once it is committed, or where Git cannot be read.
    package var change: Result<Change, ChangeError>?
    package var requester = Identity()
    /// Who set `spec.abort`.
    package var abortedBy = Identity()
    /// The approvals and their evidence, evaluated against the environment's policy and the change's digest.
    package var approvals = PromotionStatus.ApprovalState()
    /// Every gate, evaluated.
    package var gates: [Gate] = []
    /// When they may stand differently although nothing happens: an approval runs out, a window shuts.
    package var nextChange: Timestamp?
    /// The pull request of the attempt; nil where commits go straight to the branch, and while other gates are shut.
    package var proposal: Result<Proposal, ChangeError>?
    /// Who passed over which gates, and why.
    package var override = ""
    /// Other promotions into the environment that have not ended, oldest first.
    package var others: [Other] = []
    /// Promotions that came later than this one and have succeeded meanwhile.
    package var landed: [Other] = []
    /// The rollback of the environment that has not ended, which goes first.
    package var rollback: String?
    /// The apps of the environment as it reports them, and whether each holds the promotion's commit.
    package var apps: [AppProgress] = []
    /// The apps that a later promotion or rollback has changed since; what they are now is not this one's doing.
    package var overtaken: Set<String> = []
    /// What came back of the metrics that were due, by the names of their parts.
    package var metrics: [String: MetricReading] = [:]
    /// How the Jobs stand whose end is not known yet, by the names of their parts.
    package var jobs: [String: JobReading] = [:]
    /// Whether somebody tells of changes of those Jobs.
    package var jobsAreWatched = false

    package init(promotion: Promotion, target: Target) {
        self.promotion = promotion
        self.target = target
    }

    /// Another promotion into the same environment.
    package struct Other: Sendable, Hashable {
        package let name: String
        package let created: Timestamp
        package let phase: PromotionPhase
        package let apps: [String]

        package init(name: String, created: Timestamp, phase: PromotionPhase, apps: [String]) {
            self.name = name
            self.created = created
            self.phase = phase
            self.apps = apps
        }
    }

    /// One app of the promotion, in the cluster.
    package struct AppProgress: Sendable, Hashable {
        package let app: EnvironmentStatus.App
        /// Whether what is synced contains the promotion's commit.
        package let hasCommit: Bool

        package init(app: EnvironmentStatus.App, hasCommit: Bool) {
            self.app = app
            self.hasCommit = hasCommit
        }
    }
}

extension PromotionPhase {
    /// Whether nothing happens any more in this phase, unless the attempt is raised.
    package var isTerminal: Bool {
        switch self {
        case .queued, .planning, .gated, .committing, .syncing, .verifying: false
        case .succeeded, .failed, .rejected, .superseded, .expired, .aborted, .rolledBack, .planned: true
        }
    }

    /// Whether the push is about to happen or has happened, so that others must wait for their turn.
    package var isActive: Bool { self == .committing || self == .syncing || self == .verifying }
}

extension Promotion {
    /// Whether it has succeeded and its apps are still watched.
    package var isWatched: Bool { status.phase == .succeeded && status.timestamps.watchedUntil != nil }
}
