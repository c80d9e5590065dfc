package import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
package import KubernetesModel
internal import Logging
internal import SluiceAPI
internal import Sync

/// Keeps the apps of an Environment in the cluster as Git has them, and says so in its status.
///
/// Observe, plan, execute, write the status; each call is complete in itself and waits for nothing but requests. What
/// happens later (an object gets healthy, drifts, is gone; Git moves; a window opens) calls it again.
package struct EnvironmentReconciler: Reconciler {
    private let context: OperatorContext
    private let observer: EnvironmentObserver
    private let executor: EnvironmentExecutor
    private let memories = EnvironmentMemories()
    private let status: StatusWriter
    private let finalizer: FinalizerStep

    package init(_ context: OperatorContext) {
        self.context = context
        observer = EnvironmentObserver(context)
        executor = EnvironmentExecutor(context)
        let store = context.store(Environment.self)
        status = StatusWriter(store: store, logger: context.logger)
        finalizer = FinalizerStep(name: Finalizer.environment, store: store)
    }

    package func reconcile(_ key: NamespacedName, _ call: ReconcileContext) async throws -> ReconcileResult {
        guard let entry = context.environments.get(key) else {
            await forget(key)
            return .done
        }
        var manifest = status.freshest(entry.manifest)
        let environment: Environment
        do throws(FieldError) {
            environment = try Environment(manifest: manifest)
        } catch {
            try await writeUnreadable(manifest, error)
            return .done
        }
        if manifest.deletionTimestamp != nil { return try await finalise(manifest, environment) }
        let wanted = environment.spec.deletionPolicy == .prune
        guard let kept = try await wanted ? finalizer.ensure(on: manifest) : finalizer.remove(from: manifest) else {
            return .done
        }
        if kept.resourceVersion != manifest.resourceVersion { manifest = status.freshest(kept) }
        return try await sync(manifest, environment, call)
    }

    private func sync(
        _ manifest: Manifest, _ environment: Environment, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        let memory = memories[environment.namespacedName]
        let sighting = try await observer.observe(environment, memory: memory)
        // From here on all is about the commit that was seen.
        return try await TraceContext.$current.withValue(.following(sighting.observation.source.head?.hex ?? "")) {
            try await act(on: sighting, manifest, environment, memory, call)
        }
    }

    private func act(
        on sighting: EnvironmentObserver.Sighting, _ manifest: Manifest, _ environment: Environment,
        _ memory: EnvironmentMemory, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        var manifest = manifest
        let observation = sighting.observation
        // A new process has not looked at Git yet and calls again when it has; until then the last status stands.
        if observation.isUnread, environment.status.observedGeneration == environment.metadata.generation {
            return .done
        }
        for path in memory.news(observation.submodules) {
            context.events.record(
                ObjectEvent(
                    .warning, regarding: ObjectReference(manifest), reason: "SubmoduleIgnored", action: "Rendering",
                    note: "\(path) is a Git submodule, and those are not read: no app is taken from there"))
        }
        let now = context.clock.now()
        var plan = EnvironmentPlanner.plan(observation, jitter: Double.random(in: 0...1), now: now)
        let known = Set(environment.status.managedKinds.compactMap { GroupVersionKind($0) })
        let kinds = known.union(sighting.kinds)
        var last = environment.status
        var outcomes: [AppOutcome] = []
        var left = kinds
        var orphans: [ObjectKey]?
        if let cluster = sighting.cluster, observation.faults.isEmpty, observation.clusterFailure == nil,
            observation.source.head != nil
        {
            if kinds != known {
                // A kind is written down before its first object exists, so that none is ever forgotten.
                var early =
                    environment.status.conditions.isEmpty
                    ? EnvironmentStatusBuilder.status(of: observation, outcomes: [], managedKinds: kinds, now: now)
                    : environment.status
                early.managedKinds = kinds.map(\.description).sorted()
                guard let written = try await status.write(Self.json(early, environment), to: manifest) else {
                    return .done
                }
                manifest = written
                last = early
            }
            let work = EnvironmentExecutor.Work(
                environment: environment, observation: observation, plan: plan, cluster: cluster, kinds: kinds,
                memory: memory)
            let result = await executor.execute(work, now: now, call)
            outcomes = result.outcomes
            left = result.kinds
            orphans = result.orphans
            plan.requeueAt = [plan.requeueAt, result.requeueAt].compactMap { $0 }.min()
        }
        let next = EnvironmentStatusBuilder.status(
            of: observation, outcomes: outcomes, managedKinds: left, orphans: orphans, now: context.clock.now())
        if let due = try await write(next, over: last, environment, manifest, memory, call) {
            plan.requeueAt = [plan.requeueAt, due].compactMap { $0 }.min()
        }
        return plan.requeueAt.map(ReconcileResult.requeueAt) ?? .done
    }

    /// Writes a status where it differs from the last one, and tells what is new in it.
    ///
    /// - Returns: when to come back where it is too early to write it.
    private func write(
        _ next: EnvironmentStatus, over last: EnvironmentStatus, _ environment: Environment, _ manifest: Manifest,
        _ memory: EnvironmentMemory, _ call: ReconcileContext
    ) async throws -> Timestamp? {
        guard next != last else { return nil }
        let began = context.clock.now()
        if let due = memory.pace.due(next, over: last, now: began) { return due }
        guard let written = try await status.write(Self.json(next, environment), to: manifest) else { return nil }
        if written.resourceVersion != manifest.resourceVersion {
            let ended = context.clock.now()
            memory.pace.wrote(at: ended, took: ended - began)
        }
        tell(next, environment, call)
        return nil
    }

    /// What was written is news once.
    private func tell(_ next: EnvironmentStatus, _ environment: Environment, _ call: ReconcileContext) {
        let before = environment.status
        if next.revision.lastHealthy != before.revision.lastHealthy {
            call.logger.info(
                "Commit is healthy",
                metadata: .init([.revision: next.revision.lastHealthy, .count: next.counts.apps]))
        }
        guard !environment.spec.notifications.isEmpty else { return }
        let news = EnvironmentNews(environment, before: before, after: next, now: context.clock.now())
        context.notifications.post(news.notices, news.report, of: environment)
    }

    /// A status as JSON, through the object that it belongs to.
    private static func json(_ status: EnvironmentStatus, _ environment: Environment) -> JSONValue {
        Environment(metadata: environment.metadata, spec: environment.spec, status: status).statusJSON
    }

    private func writeUnreadable(_ manifest: Manifest, _ error: FieldError) async throws {
        let environment = Environment(
            metadata: ObjectMeta(
                name: manifest.name, namespace: manifest.namespace, uid: manifest.uid, generation: manifest.generation),
            spec: EnvironmentSpec(source: EnvironmentSpec.Source(repository: "", path: "")))
        var observation = EnvironmentObservation(environment: environment)
        observation.faults = [error]
        let next = EnvironmentStatusBuilder.status(
            of: observation, outcomes: [], managedKinds: [], now: context.clock.now())
        try await status.write(Self.json(next, environment), to: manifest)
    }

    // MARK: The end of an environment

    private func finalise(_ manifest: Manifest, _ environment: Environment) async throws -> ReconcileResult {
        guard manifest.finalizers.contains(Finalizer.environment) else { return .done }
        if environment.spec.deletionPolicy == .prune {
            let references = try await EnvironmentReferences.read(of: environment, context.references)
            let cluster = try context.clusters.cluster(of: environment, kubeconfig: references.kubeconfig)
            let kinds = Set(environment.status.managedKinds.compactMap { GroupVersionKind($0) })
            try await cluster.index.watch(kinds, for: environment.namespacedName)
            let remaining = await executor.pruneAll(environment, cluster)
            guard remaining == 0 else {
                var next = environment.status
                next.phase = .terminating
                next.message = "\(remaining) objects are still there"
                try await status.write(Self.json(next, environment), to: manifest)
                return .requeue(after: .seconds(5))
            }
        }
        try await finalizer.remove(from: manifest)
        return .done
    }

    private func forget(_ key: NamespacedName) async {
        memories.forget(key)
        status.forget(key)
        context.clusters.forget(key)
        context.references.retain([], for: key)
        context.notifications.forget(key)
        await context.sources.unfollow(key)
    }
}
