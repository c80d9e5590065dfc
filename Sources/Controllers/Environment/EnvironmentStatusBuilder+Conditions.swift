internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI
internal import Sync

/// The conditions, and the phase that they amount to.
extension EnvironmentStatusBuilder {
    mutating func conditions() {
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
        contested()
        orphaned()
        notifying()
        overall(source, synced, healthy)
    }

    /// Warns of what no manifest names, where the spec asks for it.
    private mutating func orphaned() {
        guard spec.destination.orphans == .warn else {
            status.conditions.remove(ConditionType.orphansFound)
            return
        }
        guard let orphans else { return }
        guard !orphans.isEmpty else {
            return set(ConditionType.orphansFound, false, "NoOrphans", "manifests name all that is there")
        }
        let shown = orphans.prefix(10).map { "\($0)" }.joined(separator: ", ")
        let more = orphans.count > 10 ? " and \(orphans.count - 10) more" : ""
        let count = orphans.count == 1 ? "1 object" : "\(orphans.count) objects"
        set(ConditionType.orphansFound, true, "OrphansFound", "\(count) that no manifest names: \(shown)\(more)")
    }

    /// Names who cannot be told what happens; there only where somebody is to be told.
    private mutating func notifying() {
        guard !spec.notifications.isEmpty else {
            status.conditions.remove(ConditionType.notifying)
            return
        }
        let failures = observation.notificationFailures
        guard let first = failures.min(by: { $0.key < $1.key }) else {
            return set(ConditionType.notifying, true, "Notifying", "")
        }
        let more = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
        set(ConditionType.notifying, false, "NotDelivered", "\(first.key): \(first.value)\(more)")
    }

    /// Names who undoes what is healed again and again; there only while somebody does.
    private mutating func contested() {
        let contests = outcomes.compactMap { outcome in outcome.contest.map { (outcome.name, $0) } }
        guard let (app, contest) = contests.max(by: { $0.1.heals < $1.1.heals }) else {
            status.conditions.remove(ConditionType.contested)
            return
        }
        let more = contests.count > 1 ? " (and \(contests.count - 1) more apps)" : ""
        set(ConditionType.contested, true, "DriftReturns", "app \(app): \(contest.message)\(more)")
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
                    ? RunReason.applyFailed.rawValue
                    : outcome?.overdue != nil
                        ? RunReason.healthTimeout.rawValue : outcome?.heldBack != nil ? "HeldBack" : "OutOfSync")
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
            outcome.renderFailure != nil || outcome.failure != nil || outcome.overdue != nil
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

    private func windowText(_ window: EnvironmentStatus.WindowState) -> String {
        let next =
            window.open
            ? window.nextClose.map { "closes \($0.rfc3339)" } : window.nextOpen.map { "opens \($0.rfc3339)" }
        return [window.active.joined(separator: ", "), next ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }
}
