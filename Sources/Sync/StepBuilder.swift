internal import Core
internal import KubernetesModel

/// Puts an app's actions in order: hooks, waves, kinds, prunes; and ends where something must be waited for.
///
/// Nothing waits inside a plan: what comes after a wait is planned anew when the cluster says that it changed.
struct StepBuilder {
    let app: DesiredApp
    let actions: [(object: DesiredObject, action: SyncAction)]
    let hooks: [DesiredObject]
    let runHooks: Bool
    let prunes: [LiveRecord]
    let pruneLast: Bool
    let live: @Sendable (ObjectKey, GroupVersionKind) -> LiveRecord?
    /// The objects that stand.
    let settled: Set<ObjectKey>

    struct Order {
        var steps: [SyncStep] = []
        var wait: SyncWait?
        var errors: [SyncError] = []

        var isOpen: Bool { wait == nil && errors.isEmpty }

        mutating func add(_ actions: [SyncAction]) {
            if !actions.isEmpty { steps.append(SyncStep(actions: actions)) }
        }
    }

    private struct Place: Hashable, Comparable {
        let wave: Int
        let rank: Int

        init(_ wave: Int, _ kind: GroupKind) {
            self.wave = wave
            rank = KindOrder.rank(of: kind)
        }

        static func < (a: Place, b: Place) -> Bool { (a.wave, a.rank) < (b.wave, b.rank) }
    }

    func order() -> Order {
        var order = Order()
        run(.preSync, &order)
        applies(&order)
        if !pruneLast { addPrunes(&order) }
        guard order.isOpen else { return order }
        if !due(.postSync).isEmpty || (pruneLast && !prunes.isEmpty) {
            wait(for: app.objects, &order)
        }
        run(.postSync, &order)
        guard order.isOpen else { return order }
        if pruneLast { addPrunes(&order) }
        cleanUp(&order)
        return order
    }

    /// The hooks to start when the sync fails for good.
    var failureHooks: [SyncAction] {
        due(.syncFail).filter { !hasRun($0, .syncFail) }.map {
            .hook($0, HookRun(revision: app.revision, phase: .syncFail))
        }
    }

    // MARK: - Waiting

    /// Ends the plan unless these objects stand and are well.
    private func wait(for objects: some Sequence<DesiredObject>, _ order: inout Order) {
        guard order.isOpen else { return }
        let open = objects.filter { object in
            if object.options.unmanaged { return false }
            guard settled.contains(object.key), let record = live(object.key, object.gvk) else { return true }
            return !object.options.healthIgnored && record.health.status > .suspended
        }
        if !open.isEmpty { order.wait = SyncWait(reason: .health, keys: open.map(\.key)) }
    }

    // MARK: - Applying

    private func applies(_ order: inout Order) {
        var places: [Place: [(object: DesiredObject, action: SyncAction)]] = [:]
        for entry in actions { places[Place(entry.object.wave, entry.object.key.groupKind), default: []].append(entry) }
        let syncHooks = runHooks ? due(.sync) : []
        for hook in syncHooks { places[Place(hook.wave, hook.key.groupKind), default: []] += [] }
        let definition = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
        let definitions = app.objects.filter { $0.key.groupKind == definition }
        for (place, entries) in places.sorted(by: { $0.key < $1.key }) {
            guard order.isOpen else { return }
            wait(for: app.objects.filter { $0.wave < place.wave }, &order)
            guard order.isOpen else { return }
            let pending = entries.filter(\.object.kindIsPending)
            order.add(entries.filter { !$0.object.kindIsPending }.map(\.action))
            start(syncHooks.filter { Place($0.wave, $0.key.groupKind) == place }, .sync, &order)
            // The kind is looked up again once its definition is established, and is then pending no more.
            if !pending.isEmpty, order.isOpen {
                order.wait = SyncWait(reason: .definition, keys: definitions.map(\.key))
            }
        }
    }

    // MARK: - Hooks

    private func due(_ phase: Hook.Phase) -> [DesiredObject] {
        guard runHooks else { return [] }
        return hooks.filter { $0.hook?.phases.contains(phase) ?? false }
    }

    private func hasRun(_ hook: DesiredObject, _ phase: Hook.Phase) -> Bool {
        live(hook.key, hook.gvk)?.hookRun == HookRun(revision: app.revision, phase: phase).text
    }

    private func run(_ phase: Hook.Phase, _ order: inout Order) {
        let places = Dictionary(grouping: due(phase)) { Place($0.wave, $0.key.groupKind) }
        for (_, hooks) in places.sorted(by: { $0.key < $1.key }) {
            guard order.isOpen else { return }
            start(hooks, phase, &order)
        }
    }

    /// Starts the hooks of one place that have not run, and ends the plan unless all have ended well.
    private func start(_ hooks: [DesiredObject], _ phase: Hook.Phase, _ order: inout Order) {
        guard order.isOpen else { return }
        var running: [ObjectKey] = []
        var starting: [SyncAction] = []
        for hook in hooks {
            let record = live(hook.key, hook.gvk)
            guard hasRun(hook, phase), let record else {
                if let record {
                    // What is left of an earlier run goes first: most hooks are Jobs, which cannot be changed.
                    if !record.isDeleting { starting.append(.deleteHook(record)) }
                    running.append(hook.key)
                    continue
                }
                starting.append(.hook(hook, HookRun(revision: app.revision, phase: phase)))
                running.append(hook.key)
                continue
            }
            switch record.health.status {
            case .healthy: continue
            case .degraded:
                order.errors.append(
                    SyncError(.hookFailed, "\(phase.rawValue) hook \(hook.key) failed: \(record.health.message)"))
            default: running.append(hook.key)
            }
        }
        order.add(starting)
        if order.isOpen, !running.isEmpty { order.wait = SyncWait(reason: .hook, keys: running) }
    }

    /// Deletes hooks that have ended, as their policies say. At the end only: until then they tell that they ran.
    private func cleanUp(_ order: inout Order) {
        var deletes: [SyncAction] = []
        for hook in hooks {
            guard let record = live(hook.key, hook.gvk), record.isHook, record.isTracked, !record.isDeleting,
                let policies = hook.hook?.deletePolicies
            else { continue }
            let ended = record.health.status == .healthy && policies.contains(.succeeded)
            let failed = record.health.status == .degraded && policies.contains(.failed)
            if ended || failed { deletes.append(.deleteHook(record)) }
        }
        order.add(deletes)
    }

    // MARK: - Pruning

    private func addPrunes(_ order: inout Order) {
        guard order.isOpen else { return }
        let places = Dictionary(grouping: prunes) { Place($0.wave, $0.key.groupKind) }
        for (_, records) in places.sorted(by: { $1.key < $0.key }) { order.add(records.map(SyncAction.prune)) }
    }
}
