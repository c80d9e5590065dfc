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
    private let observation: EnvironmentObservation
    private let outcomes: [AppOutcome]
    private let managedKinds: Set<GroupVersionKind>
    private let now: Timestamp
    private var status: EnvironmentStatus

    /// The longest message kept for one app, in bytes: a thousand apps stay far below etcd's limit for an object.
    private static let messageLimit = 256
    /// The most images kept for one app.
    private static let imageLimit = 16

    /// - Parameter managedKinds: kinds that are or may be in the cluster for this environment.
    package static func status(
        of observation: EnvironmentObservation, outcomes: [AppOutcome], managedKinds: Set<GroupVersionKind>,
        now: Timestamp
    ) -> EnvironmentStatus {
        var builder = EnvironmentStatusBuilder(observation, outcomes, managedKinds, now: now)
        builder.build()
        return builder.status
    }

    private init(
        _ observation: EnvironmentObservation, _ outcomes: [AppOutcome], _ managedKinds: Set<GroupVersionKind>,
        now: Timestamp
    ) {
        self.observation = observation
        self.outcomes = outcomes
        self.managedKinds = managedKinds
        self.now = now
        status = observation.environment.status
    }

    private var metadata: ObjectMeta { observation.environment.metadata }
    private var spec: EnvironmentSpec { observation.environment.spec }

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
        status.apps = outcomes.map { app($0, before: before[$0.name]) }
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

    private func message(of outcome: AppOutcome, _ sync: SyncOutcome) -> String {
        if let failure = outcome.renderFailure { return failure }
        if let error = sync.errors.first { return error.message }
        if let failure = outcome.failure { return failure }
        if let held = outcome.heldBack { return held }
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
        if status.counts.healthy == status.counts.apps { status.revision.lastHealthy = head.hex }
    }

    private var allSynced: Bool { status.counts.apps > 0 && status.counts.synced == status.counts.apps }
    private var allHealthy: Bool { status.counts.healthy == status.counts.apps }

    // MARK: Conditions

    private mutating func conditions() {
        let source = sourceCondition()
        set(ConditionType.sourceReady, source.ok, source.reason, source.message)
        let synced = syncedCondition()
        set(ConditionType.synced, synced.ok, synced.reason, synced.message)
        let healthy = healthyCondition()
        set(ConditionType.healthy, healthy.ok, healthy.reason, healthy.message)
        if let window = observation.window {
            set(
                ConditionType.windowOpen, window.open, window.reason.isEmpty ? "Allowed" : window.reason,
                windowText(window))
        }
        let held = status.holds.map(\.app).joined(separator: ", ")
        set(
            ConditionType.held, !status.holds.isEmpty, status.holds.isEmpty ? "NoHold" : "Held",
            held.isEmpty ? "" : "no promotion into \(held)")
        let unbuilt = UnbuiltFeatures.features(of: spec).map(\.field).joined(separator: ", ")
        if unbuilt.isEmpty {
            status.conditions.remove(ConditionType.unsupported)
        } else {
            set(ConditionType.unsupported, true, "NotSupported", "not built yet: \(unbuilt)")
        }
        overall(source, synced, healthy)
    }

    private typealias Finding = (ok: Bool, reason: String, message: String)

    private func sourceCondition() -> Finding {
        if let failure = observation.source.failure { return (false, failure.reason, failure.message) }
        guard let head = observation.source.head else { return (false, "Fetching", "the repository is being fetched") }
        return (true, "Fetched", "\(spec.source.referenceName) at \(head.short)")
    }

    private func syncedCondition() -> Finding {
        if let failure = observation.clusterFailure { return (false, "ClusterNotReady", failure) }
        guard let fault = status.apps.first(where: { $0.sync != .synced }) else {
            return status.counts.apps > 0
                ? (true, "Synced", "\(status.counts.apps) of \(status.counts.apps) apps are as Git says")
                : (false, observation.source.failure == nil ? "NoApps" : "SourceNotReady", "no app is known")
        }
        let outcome = outcomes.first { $0.name == fault.name }
        let reason =
            outcome?.renderFailure != nil
            ? RunReason.renderFailed.rawValue
            : outcome?.sync?.errors.first?.reason
                ?? (outcome?.failure != nil
                    ? RunReason.applyFailed.rawValue : outcome?.heldBack != nil ? "HeldBack" : "OutOfSync")
        return (false, reason, counted(status.counts.outOfSync, "apps are out of sync", first: fault))
    }

    private func healthyCondition() -> Finding {
        guard let fault = status.apps.filter({ $0.health != .healthy }).max(by: { severity($0) < severity($1) }) else {
            return status.counts.apps > 0
                ? (true, "Healthy", "all apps are healthy") : (false, "NoApps", "no app is known")
        }
        let state = fault.health?.rawValue ?? HealthState.unknown.rawValue
        return (false, state, counted(status.counts.apps - status.counts.healthy, "apps are not healthy", first: fault))
    }

    private func severity(_ app: EnvironmentStatus.App) -> Int {
        app.health.flatMap { HealthState.allCases.firstIndex(of: $0) } ?? 0
    }

    private func counted(_ count: Int, _ what: String, first: EnvironmentStatus.App) -> String {
        "\(count) of \(status.counts.apps) \(what); \(first.name)" + (first.message.isEmpty ? "" : ": \(first.message)")
    }

    private mutating func overall(_ source: Finding, _ synced: Finding, _ healthy: Finding) {
        if metadata.deletionTimestamp != nil {
            finish(
                .terminating, ready: false, reconciling: true, stalled: false, "Terminating",
                "the environment is being deleted")
        } else if let faults = observation.faults.summary {
            finish(.degraded, ready: false, reconciling: false, stalled: true, "InvalidSpec", faults)
        } else if spec.suspend {
            finish(.suspended, ready: false, reconciling: false, stalled: false, "Suspended", "spec.suspend is set")
        } else if !source.ok {
            let stalled = observation.source.failure?.isTerminal ?? false
            finish(
                observation.source.failure == nil ? .progressing : .degraded, ready: false, reconciling: !stalled,
                stalled: stalled, source.reason, source.message)
        } else if synced.ok, healthy.ok {
            let frozen = observation.window?.reason == GateReason.frozen.rawValue
            finish(frozen ? .frozen : .ready, ready: true, reconciling: false, stalled: false, "Ready", synced.message)
        } else if status.counts.degraded > 0 || isFaulty(synced) {
            let cause = status.counts.degraded > 0 ? healthy : synced
            finish(
                .degraded, ready: false, reconciling: !isFaulty(synced), stalled: isFaulty(synced), cause.reason,
                cause.message)
        } else {
            let cause = synced.ok ? healthy : synced
            finish(.progressing, ready: false, reconciling: true, stalled: false, cause.reason, cause.message)
        }
    }

    /// Whether an app cannot be synced until somebody changes something.
    private func isFaulty(_ synced: Finding) -> Bool {
        guard !synced.ok else { return false }
        return outcomes.contains { outcome in
            outcome.renderFailure != nil || outcome.failure != nil
                || outcome.sync?.errors.contains { $0.disposition == .terminal } ?? false
        }
    }

    private mutating func finish(
        _ phase: EnvironmentPhase, ready: Bool, reconciling: Bool, stalled: Bool, _ reason: String, _ message: String
    ) {
        status.phase = phase
        status.message = message.bounded(to: Condition.messageLimit)
        set(ConditionType.ready, ready, reason, message)
        set(ConditionType.reconciling, reconciling, reconciling ? reason : "Settled", reconciling ? message : "")
        set(ConditionType.stalled, stalled, stalled ? reason : "Proceeding", stalled ? message : "")
    }

    private mutating func set(_ type: String, _ value: Bool, _ reason: String, _ message: String) {
        status.conditions.set(
            Condition(
                type: type, status: value, reason: reason, message: message, generation: metadata.generation, at: now))
    }

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

    private func windowText(_ window: EnvironmentStatus.WindowState) -> String {
        let next =
            window.open
            ? window.nextClose.map { "closes \($0.rfc3339)" } : window.nextOpen.map { "opens \($0.rfc3339)" }
        return [window.active.joined(separator: ", "), next ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
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
