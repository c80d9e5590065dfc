internal import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI
internal import Sync

/// Carries out what was planned for an Environment's apps, all apps side by side; one app's failure touches no other.
struct EnvironmentExecutor: Sendable {
    let context: OperatorContext

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
            func add(_ index: Int) {
                let item = requests[index]
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
            var next = min(requests.count, Self.appsAtOnce)
            for index in 0..<next { add(index) }
            for await outcome in group {
                outcomes.append(outcome)
                guard next < requests.count else { continue }
                add(next)
                next += 1
            }
            return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// How many apps are synced side by side. Each holds its plan in memory; yet with few of them a server gets dry runs
    /// and writes mixed, and answers both more slowly than one kind after the other.
    private static let appsAtOnce = 500

    /// A version that waits for its next try still says why the last one failed.
    private func lastFailure(_ directive: EnvironmentPlan.Directive, _ work: Work) -> String? {
        guard directive.mode == .report, let version = directive.version else { return nil }
        return work.memory.retry(directive.app).failure(of: "\(version.digest)")
    }

    func request(
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
}
