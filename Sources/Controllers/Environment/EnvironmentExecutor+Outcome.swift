internal import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import Notifications
internal import SluiceAPI
internal import Sync

/// What a sync led to: what is remembered of it, and what people are told.
extension EnvironmentExecutor {
    /// Remembers successes and failures, and tells of what a person wants to hear.
    func note(
        _ outcome: AppOutcome, _ work: Work, _ now: Timestamp, _ call: ReconcileContext, _ requeueAt: inout Timestamp?
    ) {
        guard let sync = outcome.sync,
            let directive = work.directives[outcome.name],
            let version = directive.version
        else { return }
        let digest = "\(version.digest)"
        let environment = Self.reference(to: work.environment)
        for healed in sync.healed {
            context.events.record(
                ObjectEvent(
                    .warning, regarding: environment, reason: "DriftHealed", action: "Apply",
                    note: "\(healed.key): \(healed.deed); restored to commit \(version.revision.short)"))
        }
        guard directive.mode != .report else { return }
        work.memory.updateRetry(outcome.name) { retry in
            if let healed = sync.healed.first { retry.healed(at: now, "\(healed.key): \(healed.deed)") }
            if sync.errors.isEmpty {
                retry.succeeded(digest, isSynced: sync.isSynced)
            } else {
                retry.failed(digest, at: now, because: sync.errors.first?.message ?? "")
                let next = retry.nextTry(
                    digest, policy: work.environment.spec.sync.retry, jitter: Double.random(in: 0...1))
                requeueAt = [requeueAt, next].compactMap { $0 }.min()
            }
        }
        tell(of: sync, version, environment, outcome.name, call)
    }

    /// Why an app that waits for its health has waited too long; nil where it has not.
    ///
    /// What waits goes on waiting: an old object is not pruned before the new ones are well, however long that takes.
    func overdue(
        _ outcome: AppOutcome, _ work: Work, _ now: Timestamp, _ requeueAt: inout Timestamp?
    ) -> String? {
        guard let sync = outcome.sync, let directive = work.directives[outcome.name], directive.mode != .report,
            let version = directive.version
        else { return nil }
        guard let wait = sync.wait, wait.reason == .health, sync.errors.isEmpty else {
            work.memory.updateRetry(outcome.name) { $0.waitsNoMore() }
            return nil
        }
        var since = now
        work.memory.updateRetry(outcome.name) { since = $0.waits("\(version.digest)", at: now) }
        let timeout = work.environment.spec.sync.timeout
        let deadline = since + timeout.duration
        guard now >= deadline else {
            requeueAt = [requeueAt, deadline].compactMap { $0 }.min()
            return nil
        }
        return "not healthy within \(timeout): \(wait.summary)"
    }

    private func tell(
        of sync: SyncOutcome, _ version: EnvironmentObservation.AppVersion, _ environment: ObjectReference,
        _ app: String, _ call: ReconcileContext
    ) {
        if let error = sync.errors.first {
            call.logger.info(
                "An app failed to sync",
                metadata: .init([.app: app, .error: error.message, .reason: error.reason]))
            context.events.record(
                ObjectEvent(
                    .warning, regarding: environment, reason: "SyncFailed", action: "Sync",
                    note: "app \(app) at \(version.revision.short): \(error.message)"))
        }
    }

    /// Tells of what was undone; not again and again of a fight, which the status tells.
    func tellHealed(_ outcomes: [AppOutcome], of environment: Environment, _ now: Timestamp) {
        let apps = outcomes.compactMap { outcome in
            outcome.contest == nil
                ? outcome.sync?.healed.first.map { Notice.App(name: outcome.name, message: "\($0.key): \($0.deed)") }
                : nil
        }
        guard !apps.isEmpty else { return }
        context.notifications.post(
            [
                Notice(
                    .driftHealed, at: now, namespace: environment.metadata.namespace,
                    environment: environment.metadata.name, apps: apps, isByApp: true,
                    commit: environment.status.revision.observed, repository: environment.spec.source.shownRepository)
            ], of: environment)
    }

    /// One event for all that was synced at a commit: fifty apps of a first sync are no news of their own each.
    func announce(_ outcomes: [AppOutcome], of environment: Environment) {
        let synced = outcomes.filter { outcome in
            guard let sync = outcome.sync else { return false }
            return sync.applied + sync.pruned > 0 && sync.healed.isEmpty && sync.errors.isEmpty
        }
        for (revision, apps) in Dictionary(grouping: synced, by: \.revision) {
            let applied = apps.reduce(0) { $0 + ($1.sync?.applied ?? 0) }
            let pruned = apps.reduce(0) { $0 + ($1.sync?.pruned ?? 0) }
            let names = apps.prefix(Self.namesInEvent).map(\.name).joined(separator: ", ")
            let more = apps.count > Self.namesInEvent ? " and \(apps.count - Self.namesInEvent) more" : ""
            context.logger.info(
                "Commit was applied",
                metadata: .init([
                    .namespace: environment.metadata.namespace, .name: environment.metadata.name,
                    .revision: revision?.hex ?? "", .count: applied + pruned,
                ]))
            context.events.record(
                ObjectEvent(
                    regarding: Self.reference(to: environment), reason: "Synced", action: "Sync",
                    note: "\(revision.map { "commit \($0.short)" } ?? "no commit"): \(applied) applied, "
                        + "\(pruned) pruned in \(apps.count == 1 ? "app" : "\(apps.count) apps:") \(names)\(more)"))
        }
    }

    /// How many apps an event names.
    private static let namesInEvent = 20

    private static func reference(to environment: Environment) -> ObjectReference {
        ObjectReference(
            apiVersion: SluiceGroup.apiVersion, kind: Environment.kind, namespace: environment.metadata.namespace,
            name: environment.metadata.name, uid: environment.metadata.uid)
    }
}
