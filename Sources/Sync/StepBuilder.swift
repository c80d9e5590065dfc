internal import KubernetesModel

/// Puts an app's actions in order: hooks, waves, kinds, prunes.
struct StepBuilder {
    let app: DesiredApp
    let actions: [(object: DesiredObject, action: SyncAction)]
    let hooks: [DesiredObject]
    let prunes: [LiveRecord]
    let pruneLast: Bool

    private struct Place: Hashable, Comparable {
        let wave: Int
        let rank: Int

        static func < (a: Place, b: Place) -> Bool { (a.wave, a.rank) < (b.wave, b.rank) }
    }

    func steps() -> [SyncStep] {
        var steps: [SyncStep] = []
        steps += hookSteps(.preSync, gate: .none)
        steps += applySteps()
        let everything = waitable(app.objects)
        let post = hookSteps(.postSync, gate: .healthy(everything))
        steps += post
        // After PostSync hooks the rest is healthy already.
        steps += pruneSteps(gate: pruneLast && post.isEmpty ? .healthy(everything) : .none)
        return steps
    }

    /// The objects whose health is worth waiting for.
    private func waitable(_ objects: some Sequence<DesiredObject>) -> [ObjectKey] {
        objects.filter { !$0.options.healthIgnored && !$0.options.unmanaged }.map(\.key)
    }

    private func hookSteps(_ phase: Hook.Phase, gate: StepGate) -> [SyncStep] {
        let due = hooks.filter { $0.hook?.phases.contains(phase) ?? false }
        let places = Dictionary(grouping: due) { Place(wave: $0.wave, rank: KindOrder.rank(of: $0.key.groupKind)) }
        return places.sorted { $0.key < $1.key }.enumerated().map { index, place in
            SyncStep(gate: index == 0 ? gate : .none, actions: place.value.map(SyncAction.hook))
        }
    }

    private func applySteps() -> [SyncStep] {
        var places: [Place: [SyncAction]] = [:]
        var pendingKinds: Set<Place> = []
        for (object, action) in actions {
            let place = Place(wave: object.wave, rank: KindOrder.rank(of: object.key.groupKind))
            places[place, default: []].append(action)
            if object.kindIsPending { pendingKinds.insert(place) }
        }
        for hook in hooks where hook.hook?.phases.contains(.sync) ?? false {
            let place = Place(wave: hook.wave, rank: KindOrder.rank(of: hook.key.groupKind))
            places[place, default: []].append(.hook(hook))
        }
        let definition = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
        let definitions = app.objects.filter { $0.key.groupKind == definition }.map(\.key)
        var steps: [SyncStep] = []
        var wave: Int?
        for (place, actions) in places.sorted(by: { $0.key < $1.key }) {
            var gate = StepGate.none
            if pendingKinds.contains(place), !definitions.isEmpty { gate = .established(definitions) }
            if let last = wave, last != place.wave {
                let below = waitable(app.objects.filter { $0.wave < place.wave })
                // Healthy definitions are established ones.
                if !below.isEmpty { gate = .healthy(below) }
            }
            wave = place.wave
            steps.append(SyncStep(gate: gate, actions: actions))
        }
        return steps
    }

    private func pruneSteps(gate: StepGate) -> [SyncStep] {
        let places = Dictionary(grouping: prunes) { Place(wave: $0.wave, rank: KindOrder.rank(of: $0.key.groupKind)) }
        return places.sorted { $1.key < $0.key }.enumerated().map { index, place in
            SyncStep(gate: index == 0 ? gate : .none, actions: place.value.map(SyncAction.prune))
        }
    }
}
