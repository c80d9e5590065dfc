internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Performs the steps of one app's plan.
struct SyncExecutor: Sendable {
    /// As whom objects are read and written.
    let client: KubernetesClient
    let index: LiveIndex
    let limiter: FlightLimiter
    let counters: SyncCounters
    let options: ApplyOptions
    let manager: String
    let clock: any MonotonicClock
    let random: UnitRandom

    /// What came of one action.
    struct Result: Sendable {
        var error: SyncError?
        var healed: HealedDrift?
        var wrote = false
        var pruned = false
    }

    /// What came of a whole plan.
    struct Outcome: Sendable {
        var errors: [SyncError] = []
        var healed: [HealedDrift] = []
        var applied = 0
        var pruned = 0
    }

    /// How often a request is sent in all, where another try may help.
    private static let attempts = 5
    /// Reads before healing, for the sake of a message, are made for so many objects of a step at most.
    private static let explainLimit = 8

    /// Runs the steps in order; the first step in which something fails is the last.
    func run(_ plan: AppPlan, validated: inout Set<ContentHash>) async -> Outcome {
        var outcome = Outcome()
        var proven: [ObjectKey: Fingerprint] = [:]
        if options.validate, plan.outgoing.count > 1, plan.appliesVerified {
            let fresh = plan.outgoing.filter { !validated.contains($0.digest) && canDryRun($0, plan) }
            let (fingerprints, errors) = await validate(fresh)
            guard errors.isEmpty else {
                outcome.errors = errors
                return outcome
            }
            proven = fingerprints
            validated.formUnion(fresh.map(\.digest))
        }
        for step in plan.steps {
            let results = await perform(step, plan: plan, proven: proven)
            for result in results {
                if let error = result.error { outcome.errors.append(error) }
                if let healed = result.healed { outcome.healed.append(healed) }
                if result.wrote { outcome.applied += 1 }
                if result.pruned { outcome.pruned += 1 }
            }
            guard outcome.errors.isEmpty else { break }
        }
        return outcome
    }

    /// Starts hooks whose outcome nobody waits for.
    func runHooks(_ hooks: [SyncAction]) async -> [SyncError] {
        var errors: [SyncError] = []
        for case .hook(let object, let run) in hooks {
            do throws(SyncError) { _ = try await start(object, run) } catch { errors.append(error) }
        }
        return errors
    }

    private func perform(_ step: SyncStep, plan: AppPlan, proven: [ObjectKey: Fingerprint]) async -> [Result] {
        let explains = step.actions.count <= SyncExecutor.explainLimit
        if step.actions.count == 1, let action = step.actions.first {
            return [await perform(action, plan, proven, explains: explains)]
        }
        return await withTaskGroup(of: Result.self) { group in
            for action in step.actions {
                group.addTask { await perform(action, plan, proven, explains: explains) }
            }
            var results: [Result] = []
            for await result in group { results.append(result) }
            return results
        }
    }

    private func perform(
        _ action: SyncAction, _ plan: AppPlan, _ proven: [ObjectKey: Fingerprint], explains: Bool
    ) async -> Result {
        do throws(SyncError) {
            switch action {
            case .apply(let object, let reason):
                return try await apply(object, reason, explains: explains && reason == .drifted)
            case .verify(let object):
                return try await verify(object, applies: plan.appliesVerified, known: proven[object.key])
            case .createIfAbsent(let object): return try await createIfAbsent(object)
            case .hook(let object, let run): return try await start(object, run)
            case .deleteHook(let record): return try await delete(record, propagation: .background)
            case .prune(let record): return try await prune(record)
            }
        } catch {
            counters.add { $0.failed += 1 }
            return Result(error: error)
        }
    }

    // MARK: - Validation

    /// Whether the server can judge an object before the rest of the app is there.
    private func canDryRun(_ object: DesiredObject, _ plan: AppPlan) -> Bool {
        if object.kindIsPending || object.options.createOnly { return false }
        let namespace = ObjectKey(
            groupKind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: object.key.namespace)
        return !plan.outgoing.contains { $0.key == namespace }
    }

    private func validate(_ objects: [DesiredObject]) async -> ([ObjectKey: Fingerprint], [SyncError]) {
        await withTaskGroup(of: (ObjectKey, Fingerprint?, SyncError?).self) { group in
            for object in objects {
                group.addTask {
                    do throws(SyncError) {
                        return (object.key, try await dryRun(object), nil)
                    } catch {
                        if error.code == .immutableField, mayReplace(object) { return (object.key, nil, nil) }
                        counters.add { $0.failed += 1 }
                        return (object.key, nil, error)
                    }
                }
            }
            var fingerprints: [ObjectKey: Fingerprint] = [:]
            var errors: [SyncError] = []
            for await (key, fingerprint, error) in group {
                fingerprints[key] = fingerprint
                if let error { errors.append(error) }
            }
            // The group ends in any order; people and tests want one.
            return (fingerprints, errors.sorted { $0.message < $1.message })
        }
    }

    /// What the object's fingerprint would be.
    private func dryRun(_ object: DesiredObject) async throws(SyncError) -> Fingerprint? {
        counters.add { $0.dryRuns += 1 }
        let record = index.record(object.key, object.gvk)
        let ignored = record?.ignored ?? IgnoredFields()
        let answer = try await send(object) { client throws(KubernetesError) in
            try await client.apply(
                object.apiResource, object.manifest(ignoring: ignored), fieldManager: manager,
                force: options.forceConflicts, dryRun: true)
        }
        return Fingerprint(
            live: answer, manager: manager, ignoring: object.ignore?.fields(in: answer) ?? IgnoredFields())
    }

    // MARK: - Applying

    private func verify(_ object: DesiredObject, applies: Bool, known: Fingerprint?) async throws(SyncError) -> Result {
        var fingerprint = known
        if fingerprint == nil {
            do throws(SyncError) {
                fingerprint = try await dryRun(object)
            } catch {
                guard error.code == .immutableField, applies, mayReplace(object) else { throw error }
            }
        }
        if let fingerprint, let record = index.record(object.key, object.gvk), record.fingerprint == fingerprint {
            index.setExpected([object.key: ExpectedState(digest: object.digest, fingerprint: fingerprint)])
            return Result()
        }
        guard applies else { return Result() }
        return try await apply(object, .changed, explains: false)
    }

    private func createIfAbsent(_ object: DesiredObject) async throws(SyncError) -> Result {
        guard try await read(object) == nil else { return Result() }
        return try await apply(object, .missing, explains: false)
    }

    private func apply(_ object: DesiredObject, _ reason: ApplyReason, explains: Bool) async throws(SyncError) -> Result
    {
        var result = Result()
        let record = index.record(object.key, object.gvk)
        let needsRelease = record?.ownsIgnored ?? (object.ignore != nil)
        var ignored = record?.ignored ?? IgnoredFields()
        var before: Manifest?
        if explains || needsRelease {
            before = try await read(object)
            if let before { ignored = object.ignore?.fields(in: before) ?? IgnoredFields() }
            if needsRelease, let there = before {
                try await handOver(object, there) { live in
                    FieldHandover.release(ignored.pointers, of: live, manager: manager)
                }
            }
        }
        let manifest = object.manifest(ignoring: ignored)
        var answer: Manifest
        do throws(SyncError) {
            answer = try await sendApply(object, manifest)
        } catch {
            guard error.code == .immutableField, mayReplace(object) else { throw error }
            // The next plan creates it anew, as soon as it is gone.
            let uid = index.record(object.key, object.gvk)?.uid
            return try await replace(object, uid: uid)
        }
        if record == nil || reason == .adopted {
            let changed = try await handOver(object, answer) { FieldHandover.takeOver($0, manager: manager) }
            if changed { answer = try await sendApply(object, manifest) }
        }
        if explains, let before { result.healed = drift(from: answer, to: before, object.key, ignored) }
        counters.add { $0.applied += 1 }
        result.wrote = true
        remember(object, answer)
        return result
    }

    private func sendApply(_ object: DesiredObject, _ manifest: Manifest) async throws(SyncError) -> Manifest {
        try await send(object) { client throws(KubernetesError) in
            try await client.apply(
                object.apiResource, manifest, fieldManager: manager, force: options.forceConflicts)
        }
    }

    private func read(_ object: DesiredObject) async throws(SyncError) -> Manifest? {
        counters.add { $0.reads += 1 }
        return try await send(object) { client throws(KubernetesError) in
            try await client.getIfPresent(object.apiResource, namespace: object.key.namespace, name: object.key.name)
        }
    }

    /// Changes who owns what in an object, as often as somebody else is faster, five times at most.
    ///
    /// - Returns: whether there was anything to change.
    @discardableResult
    private func handOver(
        _ object: DesiredObject, _ live: Manifest, _ patch: (Manifest) -> [JSONValue]?
    ) async throws(SyncError) -> Bool {
        var live = live
        for round in 1...SyncExecutor.attempts {
            guard let operations = patch(live) else { return round > 1 }
            do throws(KubernetesError) {
                _ = try await attempt(retriesConflicts: false) { client throws(KubernetesError) in
                    try await client.patch(
                        object.apiResource, namespace: object.key.namespace, name: object.key.name, .json(operations))
                }
                return true
            } catch {
                guard error.isConflict, round < SyncExecutor.attempts else {
                    throw SyncFailure.error(error, key: object.key, origin: object.origin, code: .applyFailed)
                }
            }
            guard let newer = try await read(object) else { return false }
            live = newer
        }
        return false
    }

    /// Takes an apply's answer as what is there and what is to be expected.
    private func remember(_ object: DesiredObject, _ answer: Manifest) {
        let ignored = object.ignore?.fields(in: answer) ?? IgnoredFields()
        if let fingerprint = Fingerprint(live: answer, manager: manager, ignoring: ignored) {
            index.setExpected([object.key: ExpectedState(digest: object.digest, fingerprint: fingerprint)])
        }
        index.observe(answer)
    }

    /// What an apply put right: where our fields, as the server has them now, were different before.
    private func drift(
        from answer: Manifest, to before: Manifest, _ key: ObjectKey, _ ignored: IgnoredFields
    ) -> HealedDrift? {
        guard let owned = Fingerprint.owned(of: answer, by: manager, ignoring: ignored) else { return nil }
        let fields = FieldOwnership.drift(of: before, from: Manifest(owned), beside: manager)
        let named = fields.first { !$0.manager.isEmpty }?.manager
        return HealedDrift(
            key: key, manager: named ?? FieldOwnership.lastForeignManager(of: before, beside: manager), fields: fields)
    }

    // MARK: - Previews

    /// An object as it is and as an apply would leave it, both cut to what our manager owns or would own.
    func preview(_ object: DesiredObject) async -> (before: Manifest?, after: Manifest?, error: SyncError?) {
        do throws(SyncError) {
            guard let live = try await read(object) else { return (nil, object.manifest, nil) }
            if object.options.createOnly { return (nil, nil, nil) }
            let ignored = object.ignore?.fields(in: live) ?? IgnoredFields()
            counters.add { $0.dryRuns += 1 }
            let answer = try await send(object) { client throws(KubernetesError) in
                try await client.apply(
                    object.apiResource, object.manifest(ignoring: ignored), fieldManager: manager,
                    force: options.forceConflicts, dryRun: true)
            }
            let fields = answer.managedFields.first { $0.isApply(by: manager) }?.fields ?? JSONObject()
            let removed = live.managedFields.first { $0.isApply(by: manager) }?.fields ?? JSONObject()
            // What we own now and would not any more is part of the picture too.
            let union = FieldSetEdit.union(fields, removed)
            return (cut(live, to: union, ignored), cut(answer, to: union, ignored), nil)
        } catch {
            return (nil, nil, error)
        }
    }

    /// An object that a sync would prune.
    func preview(_ record: LiveRecord) async -> (before: Manifest?, after: Manifest?, error: SyncError?) {
        do throws(SyncError) {
            let resource = try await resource(of: record)
            let live = try await send(record.key, "") { client throws(KubernetesError) in
                try await client.getIfPresent(resource, namespace: record.key.namespace, name: record.key.name)
            }
            return (live, nil, nil)
        } catch {
            return (nil, nil, error)
        }
    }

    private func cut(_ manifest: Manifest, to fields: JSONObject, _ ignored: IgnoredFields) -> Manifest {
        let json = ignored.removed(from: manifest.json)
        var out = FieldProjection.project(json, owned: fields, others: []) ?? .object(JSONObject())
        out["apiVersion"] = manifest.json["apiVersion"]
        out["kind"] = manifest.json["kind"]
        var metadata = out["metadata"] ?? .object(JSONObject())
        metadata["name"] = .string(manifest.name)
        metadata["namespace"] = manifest.namespace.isEmpty ? nil : .string(manifest.namespace)
        out["metadata"] = metadata
        return Manifest(out)
    }

    // MARK: - Replacing, hooks, pruning

    /// Whether an object may be deleted and created anew. What holds data or other objects only by its own annotation.
    private func mayReplace(_ object: DesiredObject) -> Bool {
        if object.options.force { return true }
        let precious: Set<GroupKind> = [
            GroupKind(group: "", kind: "Namespace"), GroupKind(group: "", kind: "PersistentVolume"),
            GroupKind(group: "", kind: "PersistentVolumeClaim"),
            GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"),
        ]
        return options.replaceImmutable && !precious.contains(object.key.groupKind)
    }

    private func replace(_ object: DesiredObject, uid: String?) async throws(SyncError) -> Result {
        let answer = try await send(object) { client throws(KubernetesError) in
            try await client.delete(
                object.apiResource, namespace: object.key.namespace, name: object.key.name,
                options: DeleteOptions(propagation: .background, uid: uid))
        }
        index.forgetExpected(object.key)
        if answer.kind == "Status" {
            if let record = index.record(object.key, object.gvk) { index.observeGone(record) }
        } else {
            index.observe(answer)
        }
        return Result(wrote: true)
    }

    private func start(_ object: DesiredObject, _ run: HookRun) async throws(SyncError) -> Result {
        var manifest = object.manifest
        manifest.setAnnotation(HookRun.annotation, run.text)
        let answer = try await sendApply(object, manifest)
        counters.add { $0.applied += 1 }
        index.observe(answer)
        return Result(wrote: true)
    }

    /// Deletes an object that left Git, after a look at whether it is still ours to delete.
    private func prune(_ record: LiveRecord) async throws(SyncError) -> Result {
        counters.add { $0.reads += 1 }
        let resource = try await resource(of: record)
        let live = try await send(record.key, "") { client throws(KubernetesError) in
            try await client.getIfPresent(resource, namespace: record.key.namespace, name: record.key.name)
        }
        guard let live, live.uid == record.uid else {
            index.observeGone(record)
            return Result()
        }
        guard TrackingID(of: live) == record.tracking, !ObjectOptions(of: live).keep else {
            index.observe(live)
            return Result()
        }
        return try await delete(record, propagation: options.propagation)
    }

    private func delete(_ record: LiveRecord, propagation: DeleteOptions.Propagation) async throws(SyncError) -> Result
    {
        let resource = try await resource(of: record)
        let answer = try await send(record.key, "", absentIsFine: true) { client throws(KubernetesError) in
            try await client.delete(
                resource, namespace: record.key.namespace, name: record.key.name,
                options: DeleteOptions(propagation: propagation, uid: record.uid))
        }
        if let answer, answer.kind != "Status" {
            index.observe(answer)
        } else {
            index.observeGone(record)
        }
        counters.add { $0.pruned += 1 }
        return Result(pruned: true)
    }

    private func resource(of record: LiveRecord) async throws(SyncError) -> APIResource {
        do throws(KubernetesError) {
            return try await client.resource(for: record.gvk)
        } catch {
            throw SyncFailure.error(error, key: record.key, origin: "", code: .pruneFailed)
        }
    }

    // MARK: - Requests

    private func send<Value: Sendable>(
        _ object: DesiredObject, _ work: (KubernetesClient) async throws(KubernetesError) -> Value
    ) async throws(SyncError) -> Value {
        do throws(KubernetesError) {
            return try await attempt(work)
        } catch {
            if error.isNotFound { index.forgetExpected(object.key) }
            throw SyncFailure.error(error, key: object.key, origin: object.origin, code: .applyFailed)
        }
    }

    private func send<Value: Sendable>(
        _ key: ObjectKey, _ origin: String, _ work: (KubernetesClient) async throws(KubernetesError) -> Value?
    ) async throws(SyncError) -> Value? {
        try await send(key, origin, absentIsFine: false, work)
    }

    private func send<Value: Sendable>(
        _ key: ObjectKey, _ origin: String, absentIsFine: Bool,
        _ work: (KubernetesClient) async throws(KubernetesError) -> Value?
    ) async throws(SyncError) -> Value? {
        do throws(KubernetesError) {
            return try await attempt(work)
        } catch {
            // Gone, or another object took the name since: the one that was meant is no more.
            if absentIsFine, error.isNotFound || error.isConflict { return nil }
            throw SyncFailure.error(error, key: key, origin: origin, code: .pruneFailed)
        }
    }

    /// Sends a request when there is room for it, and again where that may help: 0.2 s doubling, with jitter, or as
    /// the server says.
    private func attempt<Value: Sendable>(
        retriesConflicts: Bool = true, _ work: (KubernetesClient) async throws(KubernetesError) -> Value
    ) async throws(KubernetesError) -> Value {
        var attempt = 1
        while true {
            let failure: KubernetesError
            do {
                let value = try await limiter.run { () throws(KubernetesError) in try await work(client) }
                limiter.succeeded()
                return value
            } catch let error as KubernetesError {
                failure = error
            } catch {
                throw KubernetesError(.cancelled, "the sync was stopped")
            }
            guard attempt < SyncExecutor.attempts, SyncFailure.isWorthAnotherTry(failure),
                retriesConflicts || !failure.isConflict
            else { throw failure }
            var delay = Duration.milliseconds(200 << min(attempt - 1, 5)) * (0.5 + 0.5 * min(max(random(), 0), 1))
            if case .waitUntil(let moment) = failure.disposition {
                delay = max(delay, min(moment - SystemClock().now(), .seconds(30)))
            }
            if failure.isTooManyRequests {
                counters.add { $0.throttled += 1 }
                limiter.refused(wait: delay)
            }
            do { try await clock.sleep(until: clock.now() + delay) } catch { throw failure }
            attempt += 1
        }
    }
}

extension DesiredObject {
    /// The resource that serves it.
    var apiResource: APIResource {
        APIResource(gvk: gvk, plural: resource.resource, namespaced: !key.namespace.isEmpty)
    }
}
