internal import Core
package import KubernetesClient
package import KubernetesModel
internal import SluiceAPI
internal import Synchronization

/// What is there, as far as this operator put it there: one record for each labelled object of one cluster.
///
/// Flow: ``watch(_:for:)`` starts one label-filtered watch for each kind, shared by all environments; records are
/// reduced from objects one at a time and the objects dropped. Reading never waits. `onChange` is told of every change
/// that matters after it is visible, from the watch's task, and must not block.
package final class LiveIndex: Sendable {
    /// A change of one object.
    package struct Change: Sendable {
        /// The values of the environment label before and now: one, or two where the object changed hands.
        package let labels: Set<String>
        package let key: ObjectKey
        /// Nil where the object is gone.
        package let record: LiveRecord?
    }

    /// The name under which our applies own fields.
    package let manager: String
    let state = Mutex(LiveIndexState())
    private let client: KubernetesClient
    private let selector: String
    private let onChange: @Sendable (Change) -> Void

    /// - Parameters:
    ///   - client: reads with the operator's own rights; the watches see labelled objects only.
    ///   - selector: of the labels of the objects that are known.
    package init(
        client: KubernetesClient, manager: String = FieldManager.name, selector: String = Label.environment,
        onChange: @escaping @Sendable (Change) -> Void = { _ in }
    ) {
        self.client = client
        self.manager = manager
        self.selector = selector
        self.onChange = onChange
    }

    deinit {
        for watch in state.withLock({ $0.watches.values.map { $0 } }) { watch.task.cancel() }
    }

    // MARK: - Watching

    /// Watches exactly these kinds for an environment, beside what others watch; returns when all that exists is known.
    ///
    /// Kinds that no environment names any more are watched no longer. Kinds that the cluster does not serve are
    /// returned. Throws what the first list met; the watch goes on trying.
    @discardableResult
    package func watch(
        _ kinds: Set<GroupVersionKind>, for environment: NamespacedName
    ) async throws -> Set<GroupVersionKind> {
        var unknown: Set<GroupVersionKind> = []
        for kind in kinds {
            let resource: APIResource
            do throws(KubernetesError) {
                resource = try await client.resource(for: kind)
            } catch {
                guard error.code == .unknownKind else { throw error }
                unknown.insert(kind)
                continue
            }
            start(resource, for: environment)
        }
        let idle = state.withLock { $0.release(environment, except: kinds.subtracting(unknown)) }
        for watch in idle { watch.stop() }
        for kind in kinds.subtracting(unknown) {
            guard let watch = state.withLock({ $0.watches[kind] }) else { continue }
            try await watch.ready.wait()
        }
        return unknown
    }

    /// Forgets an environment: its watches where nobody shares them, its rules and its claims.
    ///
    /// - Parameter isElsewhere: another process sees to it; then nobody here takes objects that name it.
    package func forget(_ environment: NamespacedName, isElsewhere: Bool = false) {
        let idle = state.withLock { state in
            if isElsewhere {
                state.claims.updateValue(nil, forKey: environment)
            } else {
                state.claims[environment] = nil
            }
            state.hooksDone[environment] = nil
            state.rules[TrackingID.label(for: environment)] = nil
            return state.release(environment, except: [])
        }
        for watch in idle { watch.stop() }
    }

    /// The kinds that are watched, for whomever.
    package var watchedKinds: Set<GroupVersionKind> { state.withLock { Set($0.watches.keys) } }

    /// The kinds that are watched for an environment.
    package func watchedKinds(of environment: NamespacedName) -> Set<GroupVersionKind> {
        state.withLock { state in Set(state.watches.filter { $0.value.users.contains(environment) }.keys) }
    }

    private func start(_ resource: APIResource, for environment: NamespacedName) {
        let kind = resource.gvk
        state.withLock { state in
            guard state.watches[kind] == nil else {
                state.watches[kind]?.users.insert(environment)
                return
            }
            let ready = ReadySignal()
            let reflector = Reflector(
                client: client, resource: resource, selector: ObjectSelector(labels: selector), streamsLists: true,
                isKnown: { [weak self] version in self?.state.withLock { $0.knows(version, kind: kind) } ?? false })
            let handle: @Sendable (ReflectorEvent) -> Void = { [weak self] event in
                self?.handle(event, kind: kind, ready: ready)
            }
            // Its first event waits for the lock that is held here, and so finds the watch in its place. It outlasts the
            // reconcile that happens to ask first, and so bears no trace of that.
            let task = TraceContext.$current.withValue(nil) { Task { await reflector.run(handle) } }
            state.watches[kind] = KindWatch(task: task, ready: ready, users: [environment])
        }
    }

    private func handle(_ event: ReflectorEvent, kind: GroupVersionKind, ready: ReadySignal) {
        // A watch that was stopped may still have something to say.
        guard state.withLock({ $0.watches[kind]?.ready === ready }) else { return }
        switch event {
        case .begin: state.withLock { $0.beginList(kind) }
        case .upsert(let manifest): store(manifest, kind: kind)
        case .delete(let manifest):
            notify(
                state.withLock {
                    $0.remove(kind, manifest.namespacedName, uid: manifest.uid, version: manifest.resourceVersion)
                })
        case .finish:
            for change in state.withLock({ $0.finishList(kind) }) { notify(change) }
            ready.set()
        case .connected: break
        case .disconnected(let error): ready.fail(error)
        }
    }

    /// - Parameter isReread: it is read by other rules than before, so it counts although it is known.
    private func store(
        _ manifest: Manifest, kind: GroupVersionKind, isAnswer: Bool = false, isReread: Bool = false
    ) {
        // The answer to a write and the watch's event of it tell the same; whichever comes second is not read.
        if !isReread, state.withLock({ $0.knows(ObjectVersion(of: manifest), kind: kind) }) { return }
        let label = manifest.label(Label.environment) ?? ""
        let rules = state.withLock { $0.rules[label] ?? IgnoreRules() }
        let record = LiveRecord(manifest, manager: manager, ignore: rules)
        notify(state.withLock { $0.upsert(record, kind: kind, isAnswer: isAnswer) })
    }

    private func notify(_ change: Change?) {
        guard let change else { return }
        onChange(change)
    }

    /// Takes an object as a write's answer showed it, so that nobody plans with what was before.
    ///
    /// What is known already as newer stays, and what the watch has told to be gone stays away.
    ///
    /// - Returns: what is known of the object in that very version; nil where its kind is not watched, or more is known.
    @discardableResult
    package func observe(_ manifest: Manifest) -> LiveRecord? {
        let kind = manifest.gvk
        guard state.withLock({ $0.watches[kind] != nil }) else { return nil }
        store(manifest, kind: kind, isAnswer: true)
        guard let record = record(manifest.key, kind), record.uid == manifest.uid,
            record.resourceVersion == manifest.resourceVersion
        else { return nil }
        return record
    }

    /// Takes note that an object is gone, as the answer to a delete said.
    package func observeGone(_ record: LiveRecord) {
        let name = NamespacedName(namespace: record.key.namespace, name: record.key.name)
        notify(state.withLock { $0.remove(record.gvk, name, uid: record.uid) })
    }

    // MARK: - Rules

    /// Sets what is ignored in an environment's objects. Where that changes something, its objects are read again.
    package func setRules(_ rules: IgnoreRules, for environment: NamespacedName) async throws(KubernetesError) {
        let label = TrackingID.label(for: environment)
        let kinds = state.withLock { state -> [GroupVersionKind] in
            let old = state.rules.updateValue(rules, forKey: label) ?? IgnoreRules()
            return old == rules ? [] : state.records.keys.filter { state.hasRecords(of: environment, kind: $0) }
        }
        for kind in kinds {
            let resource = try await client.resource(for: kind)
            _ = try await client.listPages(resource, ObjectSelector(labels: "\(Label.environment)=\(label)")) {
                objects in
                for object in objects { store(object, kind: kind, isReread: true) }
            }
        }
    }

    // MARK: - Reading

    package func record(_ key: ObjectKey, _ kind: GroupVersionKind) -> LiveRecord? {
        state.withLock { $0.records[kind]?[NamespacedName(namespace: key.namespace, name: key.name)] }
    }

    /// The objects whose tracking names an environment and app, each once, in the order of their keys' texts.
    package func tracked(_ environment: NamespacedName, app: String) -> [LiveRecord] {
        let all = state.withLock { $0.tracked(environment, app: app) }
        var seen: Set<ObjectKey> = []
        return all.filter { seen.insert($0.key).inserted }.sorted { $0.key.description < $1.key.description }
    }

    /// The apps of an environment that have objects in the cluster.
    package func apps(of environment: NamespacedName) -> Set<String> {
        state.withLock { Set($0.members[environment]?.keys.map { $0 } ?? []) }
    }

    /// How many objects are known.
    package var count: Int { state.withLock { $0.records.values.reduce(0) { $0 + $1.count } } }

    // MARK: - What was applied

    package func expected(_ key: ObjectKey) -> ExpectedState? { state.withLock { $0.expected[key] } }

    package func setExpected(_ states: [ObjectKey: ExpectedState]) {
        guard !states.isEmpty else { return }
        state.withLock { $0.expected.merge(states) { $1 } }
    }

    /// Forgets what an object was applied with, so that the next plan asks the server.
    package func forgetExpected(_ key: ObjectKey) {
        state.withLock { $0.expected[key] = nil }
    }

    /// How an object was found to differ from what is wanted, while it is as it was then.
    ///
    /// - Parameter wanted: the digest of what is wanted.
    func explanation(of record: LiveRecord, wanted: ContentHash) -> ObjectDrift? {
        state.withLock { state in
            guard let known = state.explanations[record.key], known.fingerprint == record.fingerprint,
                known.wanted == wanted
            else { return nil }
            return known.drift
        }
    }

    func setExplanation(_ drift: ObjectDrift, of record: LiveRecord, wanted: ContentHash) {
        state.withLock { $0.explanations[record.key] = Explanation(record.fingerprint, wanted, drift) }
    }

    /// Whether all hooks of an app's revision have run, as far as this process knows.
    package func hooksAreDone(_ environment: NamespacedName, app: String, revision: String) -> Bool {
        state.withLock { $0.hooksDone[environment]?[app] == revision }
    }

    package func setHooksDone(_ environment: NamespacedName, app: String, revision: String) {
        state.withLock { $0.hooksDone[environment, default: [:]][app] = revision }
    }

    // MARK: - Claims

    /// Says which objects an environment wants. Until it has, nobody takes objects that name it.
    package func claim(_ keys: Set<ObjectKey>, for environment: NamespacedName) {
        state.withLock { $0.claims[environment] = keys }
    }

    /// Announces an environment that has not said yet what it wants.
    package func expectClaim(of environment: NamespacedName) {
        state.withLock { state in
            if state.claims[environment] == nil { state.claims[environment] = .some(nil) }
        }
    }

    /// Whether any environment wants an object.
    func isClaimed(_ key: ObjectKey) -> Bool {
        state.withLock { $0.claims.values.contains { $0?.contains(key) == true } }
    }

    /// Whether an environment other than `environment` wants an object.
    package func claim(on key: ObjectKey, beside environment: NamespacedName) -> SyncPlanner.Claim {
        state.withLock { $0.claim(on: key, beside: environment) }
    }
}
