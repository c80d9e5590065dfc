package import Core
package import KubernetesClient
package import KubernetesModel
internal import SluiceAPI

/// Keeps the objects of one cluster as their environments want them.
///
/// Flow for an environment: ``kinds(_:)`` -> ``DesiredApp`` for each app -> ``LiveIndex/claim(_:for:)`` ->
/// ``LiveIndex/watch(_:for:)`` -> ``sync(_:)`` for each app, as often as the index tells of changes. `sync` does all that can be done now and returns; it
/// never waits for health or hooks. One app's failure touches no other.
package final class ClusterSync: Sendable {
    package let index: LiveIndex
    package let limiter: FlightLimiter
    package let counters: SyncCounters
    let client: KubernetesClient
    private let namespaces: NamespaceKeeper
    private let clock: any MonotonicClock
    private let random: UnitRandom

    /// How many times a sync plans anew what its own steps made possible; each round ends a wave or a hook.
    private static let rounds = 64

    /// - Parameter selector: of the labels of the objects that are known.
    package init(
        client: KubernetesClient, selector: String = Label.environment, limiter: FlightLimiter = FlightLimiter(),
        counters: SyncCounters = SyncCounters(),
        clock: any MonotonicClock = UptimeClock(), random: @escaping UnitRandom = systemRandom,
        onChange: @escaping @Sendable (LiveIndex.Change) -> Void = { _ in }
    ) {
        self.client = client
        self.limiter = limiter
        self.counters = counters
        self.clock = clock
        self.random = random
        namespaces = NamespaceKeeper(client: client)
        index = LiveIndex(client: client, selector: selector, onChange: onChange)
    }

    /// What the cluster serves of some kinds; those that it does not serve are left out.
    package func kinds(_ kinds: some Sequence<GroupVersionKind>) async throws(KubernetesError) -> KindTable {
        var table = KindTable()
        for kind in kinds {
            do throws(KubernetesError) {
                let resource = try await client.resource(for: kind)
                table[kind] = KindTable.Entry(resource: resource.gvr, namespaced: resource.namespaced)
            } catch {
                guard error.code == .unknownKind else { throw error }
            }
        }
        return table
    }

    /// Does for an app all that can be done now.
    package func sync(_ request: SyncRequest) async -> SyncOutcome {
        var request = request
        let (environment, name, revision) = (request.environment, request.app.name, request.app.revision)
        // A hook that was deleted after its run is no reason to run it again.
        if index.hooksAreDone(environment, app: name, revision: revision) { request.runHooks = false }
        var progress = SyncExecutor.Outcome()
        var validated: Set<ContentHash> = []
        let executor: SyncExecutor
        do throws(SyncError) {
            executor = try self.executor(request)
        } catch {
            return outcome(request, nil, SyncExecutor.Outcome(errors: [error]))
        }
        var plan = self.plan(request)
        for _ in 0..<ClusterSync.rounds {
            index.setExpected(plan.confirmed)
            if !plan.writes, plan.wait?.reason == .definition, request.mode != .report,
                await establish(&request, plan)
            {
                plan = self.plan(request)
                continue
            }
            guard plan.writes else {
                if plan.isLast, request.runHooks {
                    index.setHooksDone(environment, app: name, revision: revision)
                }
                break
            }
            if let error = await prepareNamespace(request, plan) {
                progress.errors.append(error)
                break
            }
            let done = await executor.run(plan, validated: &validated)
            progress.healed += done.healed
            progress.applied += done.applied
            progress.pruned += done.pruned
            progress.errors += done.errors
            if !done.errors.isEmpty, let setup = request.namespace { await namespaces.forget(setup.name) }
            guard done.errors.isEmpty, request.mode != .report, !Task.isCancelled else { break }
            if plan.isLast, request.runHooks {
                index.setHooksDone(environment, app: name, revision: revision)
                request.runHooks = false
            }
            if await !establish(&request, plan) { break }
            plan = self.plan(request)
        }
        if !progress.errors.isEmpty || !plan.errors.isEmpty, !plan.failureHooks.isEmpty {
            _ = await executor.runHooks(plan.failureHooks)
        }
        plan = self.plan(request)
        index.setExpected(plan.confirmed)
        if request.mode == .report || !request.policy.selfHeal {
            progress.drifted = await explain(plan, request.app, executor)
        }
        let standing = plan.objects.count { $0.status == .synced }
        counters.add { $0.skipped += max(0, standing - progress.applied) }
        return outcome(request, plan, progress)
    }

    /// What a sync would do, without doing it.
    package func plan(_ request: SyncRequest) -> AppPlan {
        let index = index
        let environment = request.environment
        let planner = SyncPlanner(
            environment: environment, mode: request.mode, policy: request.policy, wanted: request.wanted,
            live: { index.record($0, $1) }, expected: { index.expected($0) },
            claim: { index.claim(on: $0, beside: environment) })
        return planner.plan(
            request.app, tracked: index.tracked(environment, app: request.app.name), runHooks: request.runHooks,
            removed: request.removed)
    }

    /// What a sync would change in the cluster, as the server would write it; nothing is changed.
    ///
    /// For each object one read and one dry run; the errors are of objects that could not be compared.
    package func diff(_ request: SyncRequest) async -> (diff: ObjectDiff, errors: [SyncError]) {
        let executor: SyncExecutor
        do throws(SyncError) {
            executor = try self.executor(request)
        } catch {
            return (ObjectDiff(before: [], after: []), [error])
        }
        var before: [Manifest] = []
        var after: [Manifest] = []
        var errors = request.app.violations
        await withTaskGroup(of: (before: Manifest?, after: Manifest?, error: SyncError?).self) { group in
            for object in request.app.objects where !object.options.unmanaged {
                group.addTask { await executor.preview(object) }
            }
            let wanted = request.wanted
            for record in index.tracked(request.environment, app: request.app.name)
            where !wanted.contains(record.key) && record.isTracked && !record.isHook && request.policy.prune {
                group.addTask { await executor.preview(record) }
            }
            for await result in group {
                if let manifest = result.before { before.append(manifest) }
                if let manifest = result.after { after.append(manifest) }
                if let error = result.error { errors.append(error) }
            }
        }
        return (ObjectDiff(before: before, after: after), errors.sorted { $0.message < $1.message })
    }

    private func executor(_ request: SyncRequest) throws(SyncError) -> SyncExecutor {
        var acting = client
        if let user = request.impersonate {
            do throws(KubernetesError) {
                acting = try client.impersonating(user: user)
            } catch {
                throw SyncError(
                    .identityMissing,
                    "app \(request.app.name): the service account to act as is empty; nothing is done",
                    cause: error)
            }
        }
        return SyncExecutor(
            client: acting, index: index, limiter: limiter, counters: counters, options: request.options,
            manager: index.manager, clock: clock, random: random)
    }

    /// Creates the destination's namespace before something is put there.
    private func prepareNamespace(_ request: SyncRequest, _ plan: AppPlan) async -> SyncError? {
        guard let setup = request.namespace, request.mode != .report else { return nil }
        let ownNamespace = request.app.objects.contains {
            $0.key.groupKind == GroupKind(group: "", kind: "Namespace") && $0.key.name == setup.name
        }
        let isUsed = plan.outgoing.contains { $0.key.namespace == setup.name } || !request.app.hooks.isEmpty
        guard isUsed, !ownNamespace else { return nil }
        do throws(KubernetesError) {
            try await namespaces.ensure(setup, as: request.impersonate)
            return nil
        } catch {
            let key = ObjectKey(
                groupKind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: setup.name)
            return SyncFailure.error(error, key: key, origin: "spec.destination.namespace", code: .applyFailed)
        }
    }

    /// Once definitions of the app are established, looks up the kinds that waited for them.
    ///
    /// - Returns: false where the sync must wait.
    private func establish(_ request: inout SyncRequest, _ plan: AppPlan) async -> Bool {
        guard plan.wait?.reason == .definition else { return true }
        let pending = Set(request.app.objects.filter(\.kindIsPending).map(\.gvk))
        for kind in pending { client.discovery.invalidate(apiVersion: kind.apiVersion) }
        guard let table = try? await kinds(pending), pending.allSatisfy({ table[$0] != nil }) else { return false }
        do {
            let known = index.watchedKinds(of: request.environment)
            try await index.watch(known.union(pending), for: request.environment)
        } catch {
            return false
        }
        request.app = request.app.serving(pending)
        return true
    }

    /// What the drift that is left consists of, object by object; each is asked about once.
    private func explain(_ plan: AppPlan, _ app: DesiredApp, _ executor: SyncExecutor) async -> [ObjectDrift] {
        let keys = Set(plan.objects.filter { $0.isDrift }.map(\.key))
        var drifted: [ObjectDrift] = []
        for object in app.objects where keys.contains(object.key) {
            guard drifted.count < SyncExecutor.explainLimit, let record = index.record(object.key, object.gvk) else {
                break
            }
            if let known = index.explanation(of: record, wanted: object.digest) {
                drifted.append(known)
            } else if let drift = await executor.explain(object) {
                index.setExplanation(drift, of: record, wanted: object.digest)
                drifted.append(drift)
            }
        }
        return drifted
    }

    /// Sums an app up.
    private func outcome(_ request: SyncRequest, _ plan: AppPlan?, _ progress: SyncExecutor.Outcome) -> SyncOutcome {
        var verdicts: [SyncOutcome.ObjectHealth] = []
        var images: Set<String> = []
        for object in request.app.objects where !object.options.unmanaged {
            let record = index.record(object.key, object.gvk)
            images.formUnion(record?.images ?? [])
            guard !object.options.healthIgnored else { continue }
            let health = record?.health ?? Health(.missing, "is not there")
            verdicts.append(SyncOutcome.ObjectHealth(key: object.key, gvk: object.gvk, health: health))
        }
        let worst = verdicts.max { $0.health.status < $1.health.status }
        let health: Health
        if !request.app.violations.isEmpty {
            health = Health(.unknown, "the app cannot be applied")
        } else if let worst, worst.health.status > .healthy {
            health = Health(worst.health.status, "\(worst.key): \(worst.health.message)")
        } else {
            health = .healthy
        }
        let unhealthy = verdicts.filter { $0.health.status > .healthy }
            .sorted { $0.health.status > $1.health.status }
        return SyncOutcome(
            app: request.app.name, revision: request.app.revision,
            isSynced: (plan?.isSynced ?? false) && progress.errors.isEmpty && plan?.wait == nil,
            objects: plan?.objects ?? [],
            health: health, unhealthy: Array(unhealthy.prefix(20)), images: images.sorted(), wait: plan?.wait,
            errors: progress.errors + (plan?.errors ?? []), healed: progress.healed,
            drifted: progress.drifted, applied: progress.applied, pruned: progress.pruned)
    }

    /// A client of this cluster, as the user to impersonate, if one is named.
    package func client(as user: String?) throws(KubernetesError) -> KubernetesClient {
        guard let user else { return client }
        return try client.impersonating(user: user)
    }

    /// Why a workload is not healthy, as its pods tell; nil where they do not.
    package func cause(of object: SyncOutcome.ObjectHealth, as user: String? = nil) async -> String? {
        guard object.gvk.group == "apps" || object.gvk.group == "batch" else { return nil }
        do {
            let acting = try user.map { try client.impersonating(user: $0) } ?? client
            let resource = try await client.resource(for: object.gvk)
            let workload = try await acting.get(resource, namespace: object.key.namespace, name: object.key.name)
            guard let selector = HealthCause.podSelector(of: workload) else { return nil }
            let page = try await acting.listPage(
                .pods, ObjectSelector(namespace: object.key.namespace, labels: selector), limit: 100)
            counters.add { $0.reads += 2 }
            return HealthCause.explain(pods: page.items)
        } catch {
            // The verdict stands without its cause.
            return nil
        }
    }
}
