internal import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
package import KubernetesModel
internal import Logging
internal import Policy
package import SluiceAPI
package import Sync

/// Looks at everything an Environment depends on. It changes nothing.
package struct EnvironmentObserver: Sendable {
    private let context: OperatorContext

    package init(_ context: OperatorContext) {
        self.context = context
    }

    /// An observation, and what is needed to act on it.
    package struct Sighting: Sendable {
        package var observation: EnvironmentObservation
        package var cluster: ClusterSync?
        /// The keys that any app of the environment wants, at any of the commits that may be applied.
        package var kinds: Set<GroupVersionKind> = []
    }

    package func observe(_ environment: Environment, memory: EnvironmentMemory) async throws -> Sighting {
        var sighting = Sighting(observation: EnvironmentObservation(environment: environment))
        sighting.observation.faults = Policy.validate(environment)
        let references = try await EnvironmentReferences.read(of: environment, context.references)
        sighting.observation.faults += references.faults
        sighting.observation.notificationFailures = context.notifications.failures(of: environment)
        let calendar = try? WindowCalendar(environment.spec.windows)
        let now = context.clock.now()
        let overriddenUntil = await EvidenceReader(context).override(
            of: environment, signers: references.signers, now: now
        ).until
        if let calendar {
            let verdict = calendar.verdict(.promote, apps: ["*"], at: now, overriddenUntil: overriddenUntil)
            sighting.observation.window = verdict.state(
                override: environment.spec.override.flatMap { override in
                    overriddenUntil.map { EnvironmentStatus.OverrideState(reason: override.reason, until: $0) }
                })
        }
        noteWork(&sighting.observation)
        guard sighting.observation.faults.isEmpty, let calendar else { return sighting }

        let source: Source
        do throws(GitError) {
            source = try await context.sources.follow(environment, credentials: references.credentials)
        } catch {
            sighting.observation.source.failure = .init(
                reason: error.reason, message: error.message, isTerminal: error.disposition == .terminal)
            return sighting
        }
        if environment.metadata.annotations[Annotation.reconcileAt] ?? "" != environment.status.lastHandledReconcileAt {
            await source.nudge()
        }
        var seen = await source.observation
        sighting.observation.source.head = seen.head
        sighting.observation.source.failure = seen.failure.map {
            .init(reason: $0.reason, message: $0.message, isTerminal: $0.disposition == .terminal)
        }
        sighting.observation.restraints = Restraints(
            environment: environment, ledger: seen.ledger, rollbacks: context.rollbacks(in: environment))
        let trust = CommitTrust(environment, references)
        if let head = seen.head, let objection = await trust.objection(to: head, in: source) {
            sighting.observation.source.failure = .init(
                reason: objection.reason, message: objection.message,
                isTerminal: objection.reason == CommitTrust.reason || objection.disposition == .terminal)
            // What counted before is kept and healed: pushing a commit that is refused must not stop that.
            guard let trusted = await trust.lastTrusted(in: source),
                (try? await source.repository.contains(trusted)) == true
            else { return sighting }
            seen.head = trusted
        }
        let cluster: ClusterSync
        do throws(KubernetesError) {
            cluster = try context.clusters.cluster(of: environment, kubeconfig: references.kubeconfig)
        } catch {
            sighting.observation.clusterFailure = error.message
            return sighting
        }
        sighting.cluster = cluster
        try await readApps(
            &sighting, cluster, source, seen, calendar, overriddenUntil, memory, references.ownKeys, now)
        return sighting
    }

    // MARK: Promotions and rollbacks

    private func noteWork(_ observation: inout EnvironmentObservation) {
        let environment = observation.environment
        let promotions = context.promotions.all(in: environment.metadata.namespace)
            .filter { $0.spec.environment == environment.metadata.name && !($0.status.phase?.isTerminal ?? false) }
        observation.current.promotion = promotions.first { $0.status.phase?.isActive ?? false }?.metadata.name ?? ""
        observation.queue = promotions.filter { !($0.status.phase?.isActive ?? false) }.map(\.metadata.name)
        observation.current.rollback =
            context.rollbacks(in: environment).values.filter { !($0.status.phase?.isTerminal ?? false) }
            .map(\.metadata.name).min() ?? ""
    }

    /// The newest commit of a promotion or rollback that has pushed and not ended, for each app that it touches.
    private func pushed(_ environment: Environment, _ ledger: Ledger) -> [String: LedgerEntry] {
        let namespace = environment.metadata.namespace
        var running: Set<String> = []
        for promotion in context.promotions.all(in: namespace)
        where promotion.spec.environment == environment.metadata.name && !(promotion.status.phase?.isTerminal ?? false)
        {
            running.insert(
                "\(LedgerEntry.Kind.promotion.rawValue) \(promotion.namespacedName) \(promotion.spec.attempt)")
        }
        for rollback in context.rollbacks(in: environment).values where !(rollback.status.phase?.isTerminal ?? false) {
            running.insert("\(LedgerEntry.Kind.rollback.rawValue) \(rollback.namespacedName) \(rollback.spec.attempt)")
        }
        guard !running.isEmpty else { return [:] }
        var entries: [String: LedgerEntry] = [:]
        for entry in ledger.entries where running.contains("\(entry.kind.rawValue) \(entry.object) \(entry.attempt)") {
            for app in entry.apps where entries[app] == nil { entries[app] = entry }
        }
        return entries
    }

    // MARK: Apps

    private func readApps(
        _ sighting: inout Sighting, _ cluster: ClusterSync, _ source: Source, _ seen: Source.Observation,
        _ calendar: WindowCalendar, _ overriddenUntil: Timestamp?, _ memory: EnvironmentMemory, _ ownKeys: Set<String>?,
        _ now: Timestamp
    ) async throws {
        let environment = sighting.observation.environment
        guard let head = seen.head else { return }
        let ignore: IgnoreRules
        do throws(SyncError) {
            ignore = try IgnoreRules(environment.spec.sync)
        } catch {
            sighting.observation.faults.append(FieldError("spec.sync.ignoreDifferences", error.message))
            return
        }
        let reader = DesiredStateReader(
            environment: environment, renders: context.renders, ignore: ignore, bases: context.bases)
        let lookup = AppLookup(
            reader: reader, repository: source.repository, cluster: cluster, memory: memory, logger: context.logger)
        let atHead: EnvironmentMemory.Desired
        do {
            atHead = try await lookup.desired(at: head)
            try await cluster.index.setRules(ignore, for: environment.namespacedName)
        } catch let error as any SluiceError {
            if error is KubernetesError {
                sighting.observation.clusterFailure = error.message
            } else {
                sighting.observation.source.failure = .init(
                    reason: error is FileTreeError ? "PathNotFound" : error.reason,
                    message: error is FileTreeError
                        ? "spec.source.path at \(head.short): \(error.message)" : error.message,
                    isTerminal: error.disposition == .terminal)
            }
            return
        }
        if atHead.versions.isEmpty, atHead.failures.isEmpty {
            sighting.observation.source.failure = .init(
                reason: "PathNotFound",
                message: "spec.source.path: no app matches \(environment.spec.source.path) at commit \(head.short)",
                isTerminal: true)
        }
        sighting.observation.submodules = atHead.submodules
        let onTheirWay = pushed(
            environment, context.ledger(seen.ledger.written(by: ownKeys), of: environment.namespacedName))
        let before = Dictionary(
            environment.status.apps.map { ($0.name, $0.revision) }, uniquingKeysWith: { first, _ in first })
        // Hundreds of apps have the same windows, more often than not.
        var gates: [[Int]: (sync: EnvironmentObservation.AppGate, heal: EnvironmentObservation.AppGate)] = [:]
        for name in Set(atHead.versions.keys).union(atHead.failures.keys).sorted() {
            var app = EnvironmentObservation.AppReading(name: name)
            app.head = atHead.versions[name]
            app.renderFailure = atHead.failures[name]
            app.retry = memory.retry(name)
            if environment.status.observedGeneration == environment.metadata.generation {
                app.syncedRevision = before[name].flatMap(CommitID.init(hex:))
            }
            let scope = calendar.scope(of: name)
            let doors =
                gates[scope]
                ?? (
                    sync: gate(.sync, name, environment, calendar, overriddenUntil, now),
                    heal: gate(.selfHeal, name, environment, calendar, overriddenUntil, now)
                )
            gates[scope] = doors
            (app.syncGate, app.healGate) = doors
            // What people merge, they may merge at any time: it waits for its window, as other commits of theirs do.
            let waitsForWindow =
                environment.spec.source.push.mode == .pullRequest && onTheirWay[name]?.kind == .promotion
                && !calendar.verdict(.sync, app: name, at: now, overriddenUntil: overriddenUntil).open
            if !app.syncGate.isOpen, !waitsForWindow, let commit = onTheirWay[name]?.commit {
                app.pushed = try? await lookup.desired(at: commit).versions[name]
            }
            if !app.syncGate.isOpen || app.head == nil, let commit = before[name].flatMap(CommitID.init(hex:)) {
                app.synced = commit == head ? app.head : try? await lookup.desired(at: commit).versions[name]
            }
            for version in [app.head, app.synced, app.pushed] { sighting.kinds.formUnion(version?.desired.kinds ?? []) }
            sighting.observation.apps.append(app)
        }
        let known = Set(sighting.observation.apps.map(\.name))
        sighting.observation.departed = cluster.index.apps(of: environment.namespacedName).subtracting(known).sorted()
    }

    private func gate(
        _ operation: WindowOperation, _ app: String, _ environment: Environment, _ calendar: WindowCalendar,
        _ overriddenUntil: Timestamp?, _ now: Timestamp
    ) -> EnvironmentObservation.AppGate {
        let verdict = calendar.verdict(operation, app: app, at: now, overriddenUntil: overriddenUntil)
        if !verdict.open { return .shut(verdict.message(now: now), until: verdict.nextOpen) }
        if operation == .sync, !environment.spec.sync.automated, overriddenUntil == nil {
            return .shut("spec.sync.automated is false; a promotion or an override syncs it")
        }
        return EnvironmentObservation.AppGate()
    }
}

/// Finds what an environment wants at a commit, once for each commit.
struct AppLookup: Sendable {
    let reader: DesiredStateReader
    let repository: GitRepository
    let cluster: ClusterSync
    let memory: EnvironmentMemory
    let logger: Logger

    func desired(at commit: CommitID) async throws -> EnvironmentMemory.Desired {
        let inputs = EnvironmentMemory.Inputs(
            revision: commit, generation: reader.environment.metadata.generation)
        if let known = memory.desired(inputs) { return known }
        let start = ContinuousClock.now
        let rendered = try await reader.render(commit, of: repository)
        TraceContext.$current.withValue(.following(commit.hex)) {
            logger.info(
                "Commit was rendered",
                metadata: .init([
                    .namespace: reader.environment.metadata.namespace, .name: reader.environment.metadata.name,
                    .revision: commit.hex, .count: rendered.objects.count,
                    .duration: (ContinuousClock.now - start).microseconds / 1000,
                ]))
        }
        let kinds = try await cluster.kinds(rendered.kinds)
        let desired = reader.desired(rendered, at: commit, kinds: kinds)
        // A kind that the cluster does not serve yet may be served a moment later: that is looked up again.
        if !rendered.isPassing, desired.versions.values.allSatisfy({ $0.desired.violations.isEmpty }) {
            memory.remember(desired, for: inputs)
        }
        return desired
    }
}
