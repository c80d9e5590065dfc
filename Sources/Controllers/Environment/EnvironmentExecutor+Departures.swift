internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI
internal import Sync

/// Apps that left Git, and environments that go.
extension EnvironmentExecutor {
    /// Prunes the apps that have objects in the cluster and are no longer in Git.
    ///
    /// Nothing is pruned while Git cannot be read, a render fails, or no app at all is left: that is how a mistyped
    /// path looks.
    func depart(_ wanted: Set<ObjectKey>, _ work: Work) async -> [AppOutcome] {
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

    func remaining(_ wanted: Set<ObjectKey>, _ work: Work) -> Set<GroupVersionKind> {
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
}
