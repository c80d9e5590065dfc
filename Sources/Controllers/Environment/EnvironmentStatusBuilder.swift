package import Core
package import Git
package import KubernetesModel
package import SluiceAPI
package import Sync

/// What became of one app in a reconcile.
package struct AppOutcome: Sendable {
    package let name: String
    /// The commit that was acted on; nil where none could be.
    package let revision: CommitID?
    /// Nil where nothing was done, not even looked.
    package let sync: SyncOutcome?
    package let renderFailure: String?
    package let heldBack: String?
    /// Why the last try failed, while the next is not due yet.
    package let failure: String?
    /// Why its health has been waited for too long, if it has.
    package var overdue: String?
    /// Who fights over what, if somebody does.
    package var contest: RetryState.Contest?
    /// How often in a row this version could not be synced, this time included.
    package var failures = 0

    package init(
        name: String, revision: CommitID?, sync: SyncOutcome?, renderFailure: String?, heldBack: String?,
        failure: String? = nil
    ) {
        self.failure = failure
        self.name = name
        self.revision = revision
        self.sync = sync
        self.renderFailure = renderFailure
        self.heldBack = heldBack
    }
}

/// Makes an Environment's status from what was observed and what was done. Pure.
package struct EnvironmentStatusBuilder {
    let observation: EnvironmentObservation
    let outcomes: [AppOutcome]
    private let managedKinds: Set<GroupVersionKind>
    let orphans: [ObjectKey]?
    let now: Timestamp
    var status: EnvironmentStatus
    /// The apps as Git has them, by name.
    private let readings: [String: EnvironmentObservation.AppReading]

    /// The longest message kept for one app, in bytes: a thousand apps stay far below etcd's limit for an object.
    private static let messageLimit = 256
    /// The most images kept for one app.
    private static let imageLimit = 16

    /// - Parameters:
    ///   - managedKinds: kinds that are or may be in the cluster for this environment.
    ///   - orphans: what no manifest names in the destination's namespaces; nil where that is not known.
    package static func status(
        of observation: EnvironmentObservation, outcomes: [AppOutcome], managedKinds: Set<GroupVersionKind>,
        orphans: [ObjectKey]? = nil, now: Timestamp
    ) -> EnvironmentStatus {
        var builder = EnvironmentStatusBuilder(observation, outcomes, managedKinds, orphans, now: now)
        builder.build()
        return builder.status
    }

    private init(
        _ observation: EnvironmentObservation, _ outcomes: [AppOutcome], _ managedKinds: Set<GroupVersionKind>,
        _ orphans: [ObjectKey]?, now: Timestamp
    ) {
        self.orphans = orphans
        self.observation = observation
        self.outcomes = outcomes
        self.managedKinds = managedKinds
        self.now = now
        status = observation.environment.status
        readings = Dictionary(observation.apps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var metadata: ObjectMeta { observation.environment.metadata }
    var spec: EnvironmentSpec { observation.environment.spec }

    private mutating func build() {
        status.observedGeneration = metadata.generation
        status.lastHandledReconcileAt = metadata.annotations[Annotation.reconcileAt] ?? ""
        status.window = observation.window
        status.current = observation.current
        status.queue = observation.queue
        if let restraints = observation.restraints {
            status.holds = restraints.holds
            status.vetoes = restraints.vetoes
        }
        status.managedKinds = managedKinds.map(\.description).sorted()
        if let head = observation.source.head { status.revision.observed = head.hex }
        // Where the source cannot be read the apps stay as they were last seen.
        if !outcomes.isEmpty || observation.source.failure == nil { apps() }
        counts()
        revisions()
        conditions()
        summary()
    }

    // MARK: Apps

    private mutating func apps() {
        let before = Dictionary(status.apps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        status.apps = outcomes.map { outcome in
            var app = app(outcome, before: before[outcome.name])
            noteTrouble(&app, outcome)
            return app
        }
    }

    private func app(_ outcome: AppOutcome, before: EnvironmentStatus.App?) -> EnvironmentStatus.App {
        var app = before ?? EnvironmentStatus.App(name: outcome.name)
        guard let sync = outcome.sync else {
            app.sync = outcome.renderFailure == nil && outcome.heldBack == nil ? .unknown : .outOfSync
            app.message = (outcome.renderFailure ?? outcome.heldBack ?? "").bounded(to: Self.messageLimit)
            if app.health == nil { app.health = .unknown }
            return app
        }
        let isCurrent = outcome.renderFailure == nil && outcome.heldBack == nil
        app.sync = sync.isSynced && isCurrent ? .synced : .outOfSync
        if sync.isSynced, let revision = outcome.revision {
            if app.images != sync.images || app.since == nil { app.since = now.wholeSeconds }
            app.revision = revision.hex
            if let content = content(of: outcome.name, at: revision), app.content != content {
                app.content = content
                app.contentSince = now.wholeSeconds
            }
        }
        app.images = Array(sync.images.prefix(Self.imageLimit))
        let health = HealthState(sync.health.status)
        if health == .healthy {
            if app.healthySince == nil || app.health != .healthy { app.healthySince = now.wholeSeconds }
        } else {
            app.healthySince = nil
        }
        app.health = health
        app.message = message(of: outcome, sync).bounded(to: Self.messageLimit)
        return app
    }

    /// The digest of what an app wants at the commit that was acted on.
    func content(of app: String, at revision: CommitID) -> String? {
        guard let reading = readings[app] else { return nil }
        return [reading.head, reading.pushed, reading.synced].compactMap { $0 }
            .first { $0.revision == revision }?.digest.description
    }

    private func message(of outcome: AppOutcome, _ sync: SyncOutcome) -> String {
        if let failure = outcome.renderFailure { return failure }
        if let error = sync.errors.first { return error.message }
        if let failure = outcome.failure ?? outcome.overdue { return failure }
        if !sync.isSynced, let contest = outcome.contest { return contest.message }
        if let drift = sync.drifted.first {
            let held = outcome.heldBack.map { "; \($0)" } ?? ""
            let more = sync.drifted.count > 1 ? " (and \(sync.drifted.count - 1) more objects)" : ""
            return drift.summary + more + held
        }
        if let held = outcome.heldBack { return held }
        if !sync.isSynced, let wait = sync.wait { return wait.summary }
        if !sync.isSynced, let object = sync.objects.first(where: { $0.status != .synced && $0.status != .unmanaged }) {
            return "\(object.key) \(object.message)"
        }
        guard sync.health.status != .healthy else { return "" }
        return sync.unhealthy.first.map { "\($0.key): \($0.health.message)" } ?? sync.health.message
    }

    private mutating func counts() {
        var counts = EnvironmentStatus.Counts()
        counts.apps = status.apps.count
        for app in status.apps {
            if app.sync == .synced { counts.synced += 1 } else { counts.outOfSync += 1 }
            if app.health == .healthy { counts.healthy += 1 }
            if app.health == .degraded { counts.degraded += 1 }
        }
        status.counts = counts
    }

    private mutating func revisions() {
        guard allSynced, observation.source.failure == nil, let head = observation.source.head else { return }
        status.revision.synced = head.hex
        if allHealthy { status.revision.lastHealthy = head.hex }
    }

    private var allSynced: Bool { status.counts.apps > 0 && status.counts.synced == status.counts.apps }
    private var allHealthy: Bool { status.counts.healthy == status.counts.apps }

    // MARK: Columns

    private mutating func summary() {
        let window = observation.window
        status.summary = EnvironmentStatus.Summary(
            synced: "\(status.counts.synced)/\(status.counts.apps)",
            healthy: "\(status.counts.healthy)/\(status.counts.apps)",
            window: window.map(windowWord) ?? "",
            next: window.flatMap { ($0.open ? $0.nextClose : $0.nextOpen)?.rfc3339 } ?? "")
    }

    private func windowWord(_ window: EnvironmentStatus.WindowState) -> String {
        if window.override != nil { return "Overridden" }
        if window.reason == GateReason.frozen.rawValue { return "Frozen" }
        return window.open ? "Open" : "Closed"
    }
}

extension HealthState {
    fileprivate init(_ status: HealthStatus) {
        self =
            switch status {
            case .healthy: .healthy
            case .suspended: .suspended
            case .progressing: .progressing
            case .unknown: .unknown
            case .missing: .missing
            case .degraded: .degraded
            }
    }
}

extension EnvironmentSpec.Source {
    /// What is followed, for people: `branch main`, `tag v1`.
    package var referenceName: String {
        if !commit.isEmpty { return "commit \(commit.prefix(12))" }
        if !semver.isEmpty { return "version \(semver)" }
        if !tag.isEmpty { return "tag \(tag)" }
        return "branch \(branch)"
    }
}
