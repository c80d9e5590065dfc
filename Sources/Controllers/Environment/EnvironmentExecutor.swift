internal import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import Notifications
internal import SluiceAPI
internal import Sync

/// Carries out what was planned for an Environment's apps, all apps side by side; one app's failure touches no other.
struct EnvironmentExecutor: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    struct Work: Sendable {
        let environment: Environment
        let observation: EnvironmentObservation
        let plan: EnvironmentPlan
        let cluster: ClusterSync
        /// What may be there: the kinds that are wanted and those that once were.
        let kinds: Set<GroupVersionKind>
        let memory: EnvironmentMemory
        /// The apps' directives and last statuses by name.
        let directives: [String: EnvironmentPlan.Directive]
        let statuses: [String: EnvironmentStatus.App]

        init(
            environment: Environment, observation: EnvironmentObservation, plan: EnvironmentPlan, cluster: ClusterSync,
            kinds: Set<GroupVersionKind>, memory: EnvironmentMemory
        ) {
            self.environment = environment
            self.observation = observation
            self.plan = plan
            self.cluster = cluster
            self.kinds = kinds
            self.memory = memory
            directives = Dictionary(plan.directives.map { ($0.app, $0) }, uniquingKeysWith: { first, _ in first })
            statuses = Dictionary(
                environment.status.apps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    struct Result: Sendable {
        var outcomes: [AppOutcome] = []
        /// The kinds that are wanted or of which something is left.
        var kinds: Set<GroupVersionKind> = []
        /// What nobody wants in the destination's namespaces; nil where nobody asks.
        var orphans: [ObjectKey]?
        /// When a failed or fought-over app is to be tried again.
        var requeueAt: Timestamp?
    }

    func execute(_ work: Work, now: Timestamp, _ call: ReconcileContext) async -> Result {
        let name = work.environment.namespacedName
        let index = work.cluster.index
        let wanted = Set(work.plan.directives.flatMap { $0.version?.desired.objects.map(\.key) ?? [] })
        index.claim(wanted, for: name)
        var result = Result(kinds: work.kinds)
        do {
            try await index.watch(work.kinds, for: name)
        } catch {
            let message = "the cluster cannot be read: \(error)"
            result.outcomes = work.plan.directives.map {
                AppOutcome(name: $0.app, revision: nil, sync: nil, renderFailure: nil, heldBack: message)
            }
            result.requeueAt = now + .seconds(5)
            return result
        }
        var requests: [(directive: EnvironmentPlan.Directive, request: SyncRequest?)] = []
        for directive in work.plan.directives {
            let request = directive.version.map { self.request($0.desired, directive.mode, wanted, work) }
            requests.append((directive, request))
        }
        result.outcomes = await run(requests, work)
        for index in result.outcomes.indices {
            note(result.outcomes[index], work, now, call, &result.requeueAt)
            let name = result.outcomes[index].name
            result.outcomes[index].overdue = overdue(result.outcomes[index], work, now, &result.requeueAt)
            let retry = work.memory.retry(name)
            result.outcomes[index].contest = retry.contest(now: now)
            result.outcomes[index].failures =
                work.directives[name]?.version.map { retry.failures(of: "\($0.digest)") } ?? 0
        }
        tellHealed(result.outcomes, of: work.environment, now)
        announce(result.outcomes, of: work.environment)
        result.outcomes += await depart(wanted, work)
        result.kinds = remaining(wanted, work)
        let watch = OrphanWatch(environment: work.environment, cluster: work.cluster, memory: work.memory)
        let (orphans, nextLook) = await watch.look(
            apps: work.plan.directives.map(\.app), wanted: wanted, as: work.environment.deployer,
            now: now)
        result.orphans = orphans
        result.requeueAt = [result.requeueAt, nextLook].compactMap { $0 }.min()
        return result
    }

    private func run(
        _ requests: [(directive: EnvironmentPlan.Directive, request: SyncRequest?)], _ work: Work
    ) async -> [AppOutcome] {
        let failures = Dictionary(
            work.observation.apps.map { ($0.name, $0.renderFailure) }, uniquingKeysWith: { first, _ in first })
        return await withTaskGroup(of: (Int, AppOutcome).self) { group in
            for (index, item) in requests.enumerated() {
                group.addTask {
                    let sync =
                        if let request = item.request { await work.cluster.sync(request) } else { nil as SyncOutcome? }
                    return (
                        index,
                        AppOutcome(
                            name: item.directive.app, revision: item.directive.version?.revision, sync: sync,
                            renderFailure: failures[item.directive.app] ?? nil, heldBack: item.directive.heldBack,
                            failure: lastFailure(item.directive, work))
                    )
                }
            }
            var outcomes: [(Int, AppOutcome)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// A version that waits for its next try still says why the last one failed.
    private func lastFailure(_ directive: EnvironmentPlan.Directive, _ work: Work) -> String? {
        guard directive.mode == .report, let version = directive.version else { return nil }
        return work.memory.retry(directive.app).failure(of: "\(version.digest)")
    }

    private func request(
        _ desired: DesiredApp, _ mode: SyncMode, _ wanted: Set<ObjectKey>, _ work: Work, removed: Bool = false
    ) -> SyncRequest {
        let spec = work.environment.spec
        let destination = spec.destination
        let place = destination.namespace(of: desired.name)
        var request = SyncRequest(
            environment: work.environment.namespacedName, app: desired, wanted: wanted, mode: mode,
            policy: SyncPolicy(spec.sync), options: ApplyOptions(spec.sync))
        if destination.createNamespace, !place.isEmpty {
            request.namespace = NamespaceSetup(
                name: place, labels: destination.namespaceMetadata.labels,
                annotations: destination.namespaceMetadata.annotations)
        }
        request.impersonate = work.environment.deployer
        let before = work.statuses[desired.name]
        request.runHooks = mode == .sync && (before?.revision != desired.revision || before?.sync != .synced)
        request.removed = removed
        return request
    }

    // MARK: Apps that left Git

    /// Prunes the apps that have objects in the cluster and are no longer in Git.
    ///
    /// Nothing is pruned while Git cannot be read, a render fails, or no app at all is left: that is how a mistyped
    /// path looks.
    private func depart(_ wanted: Set<ObjectKey>, _ work: Work) async -> [AppOutcome] {
        let spec = work.environment.spec
        var outcomes: [AppOutcome] = []
        for name in work.observation.departed {
            let mayPrune =
                spec.sync.prune && !spec.suspend && work.observation.source.failure == nil
                && (!work.observation.apps.isEmpty || spec.sync.allowEmpty)
                && work.observation.apps.allSatisfy { $0.syncGate.isOpen }
            let nothing = DesiredApp(
                name: name, revision: work.observation.source.head?.hex ?? "", rendered: [],
                environment: work.environment.namespacedName, namespace: "", kinds: KindTable(), scope: ScopePolicy(),
                ignore: IgnoreRules())
            let sync = await work.cluster.sync(
                request(nothing, mayPrune ? .sync : .report, wanted, work, removed: true))
            announce(
                [
                    AppOutcome(
                        name: name, revision: work.observation.source.head, sync: sync, renderFailure: nil,
                        heldBack: nil)
                ], of: work.environment)
            guard !sync.isSynced || !sync.errors.isEmpty else { continue }
            outcomes.append(
                AppOutcome(
                    name: name, revision: nil, sync: sync, renderFailure: nil,
                    heldBack: mayPrune ? nil : "app \(name) is no longer in Git; its objects are still there"))
        }
        return outcomes
    }

    private func remaining(_ wanted: Set<ObjectKey>, _ work: Work) -> Set<GroupVersionKind> {
        var kinds = Set(
            work.plan.directives.flatMap { $0.version.map { Array($0.desired.kinds) } ?? [] })
        let name = work.environment.namespacedName
        for app in work.cluster.index.apps(of: name) {
            for record in work.cluster.index.tracked(name, app: app) { kinds.insert(record.gvk) }
        }
        // Where an app cannot be rendered its kinds are not known, so none is given up.
        return work.observation.apps.contains { $0.head == nil } ? kinds.union(work.kinds) : kinds
    }

    /// Deletes everything that the environment has in the cluster.
    ///
    /// - Returns: how many objects are left.
    func pruneAll(_ environment: Environment, _ cluster: ClusterSync) async -> Int {
        let name = environment.namespacedName
        let work = Work(
            environment: environment, observation: EnvironmentObservation(environment: environment),
            plan: EnvironmentPlan(), cluster: cluster, kinds: [], memory: EnvironmentMemory())
        cluster.index.claim([], for: name)
        for app in cluster.index.apps(of: name).sorted() {
            let nothing = DesiredApp(
                name: app, revision: "", rendered: [], environment: name, namespace: "", kinds: KindTable(),
                scope: ScopePolicy(), ignore: IgnoreRules())
            var request = request(nothing, .sync, [], work, removed: true)
            request.policy.prune = true
            request.policy.allowEmpty = true
            _ = await cluster.sync(request)
        }
        return cluster.index.apps(of: name).reduce(0) {
            $0 + cluster.index.tracked(name, app: $1).count { !$0.options.keep }
        }
    }

    // MARK: What it led to

    /// Remembers successes and failures, and tells of what a person wants to hear.
    private func note(
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
    private func overdue(
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
    private func tellHealed(_ outcomes: [AppOutcome], of environment: Environment, _ now: Timestamp) {
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
    private func announce(_ outcomes: [AppOutcome], of environment: Environment) {
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
