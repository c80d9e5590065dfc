internal import KubernetesClient
internal import KubernetesModel
internal import Synchronization

/// One kind's watch.
struct KindWatch {
    let task: Task<Void, Never>
    let ready: ReadySignal
    var users: Set<NamespacedName>

    /// Ends the watch, and tells those who wait for it.
    func stop() {
        task.cancel()
        ready.fail(CancellationError())
    }
}

/// How an object differed from what was wanted, and what both were then.
struct Explanation {
    let fingerprint: Fingerprint?
    let wanted: ContentHash
    let drift: ObjectDrift

    init(_ fingerprint: Fingerprint?, _ wanted: ContentHash, _ drift: ObjectDrift) {
        self.fingerprint = fingerprint
        self.wanted = wanted
        self.drift = drift
    }
}

/// The data of a ``LiveIndex``; pure, its owner locks it.
struct LiveIndexState {
    var watches: [GroupVersionKind: KindWatch] = [:]
    var records: [GroupVersionKind: [NamespacedName: LiveRecord]] = [:]
    /// By environment and app, where their records are.
    var members: [NamespacedName: [String: Set<Slot>]] = [:]
    var expected: [ObjectKey: ExpectedState] = [:]
    var rules: [String: IgnoreRules] = [:]
    /// What each environment wants; nil for one that has not said.
    var claims: [NamespacedName: Set<ObjectKey>?] = [:]
    /// How objects were found to differ.
    var explanations: [ObjectKey: Explanation] = [:]
    /// The revisions whose hooks are over, by environment and app.
    var hooksDone: [NamespacedName: [String: String]] = [:]
    /// What a running list has named.
    private var listed: [GroupVersionKind: Set<NamespacedName>] = [:]
    private var gone = GoneObjects()

    /// Where a record is.
    struct Slot: Hashable {
        let kind: GroupVersionKind
        let name: NamespacedName
    }

    mutating func beginList(_ kind: GroupVersionKind) { listed[kind] = [] }

    /// Ends a list: what it did not name is gone.
    mutating func finishList(_ kind: GroupVersionKind) -> [LiveIndex.Change] {
        let named = listed.removeValue(forKey: kind) ?? []
        let gone = (records[kind] ?? [:]).keys.filter { !named.contains($0) }
        return gone.compactMap { remove(kind, $0) }
    }

    /// Whether an object is known in the very version that is told of; a list that is running has named it then.
    mutating func knows(_ version: ObjectVersion, kind: GroupVersionKind) -> Bool {
        guard let record = records[kind]?[version.name], record.uid == version.uid, !record.resourceVersion.isEmpty,
            record.resourceVersion == version.resourceVersion
        else { return false }
        listed[kind]?.insert(version.name)
        return true
    }

    /// Puts a record in, unless a newer one is there; says what changed, if anything that matters did.
    ///
    /// - Parameter isAnswer: it is from a write's answer, which may come after the watch has told of the object's end;
    ///   nothing would ever take it out again.
    mutating func upsert(
        _ record: LiveRecord, kind: GroupVersionKind, isAnswer: Bool = false
    ) -> LiveIndex.Change? {
        let name = NamespacedName(namespace: record.key.namespace, name: record.key.name)
        if isAnswer, records[kind]?[name]?.uid != record.uid,
            gone.covers(record.uid, version: record.resourceVersion)
        {
            return nil
        }
        // Also what a write's answer shows while a list runs: the list may be older, and not name it.
        listed[kind]?.insert(name)
        let old = records[kind]?[name]
        if let old, LiveIndexState.isNewer(old.resourceVersion, than: record.resourceVersion), old.uid == record.uid {
            return nil
        }
        records[kind, default: [:]][name] = record
        if old?.tracking != record.tracking {
            if let old { unlink(old, kind, name) }
            link(record, kind, name)
        }
        guard old == nil || old?.isAlike(record) == false else { return nil }
        return LiveIndex.Change(
            labels: Set([old?.environmentLabel, record.environmentLabel].compactMap { $0 }), key: record.key,
            record: record)
    }

    /// Takes a record out.
    ///
    /// - Parameters:
    ///   - uid: of the object that is gone; another one that took its name since stays. Nil for any.
    ///   - version: when it went; empty where that is not known.
    mutating func remove(
        _ kind: GroupVersionKind, _ name: NamespacedName, uid: String? = nil, version: String = ""
    ) -> LiveIndex.Change? {
        if let uid = uid ?? records[kind]?[name]?.uid { gone.insert(uid, version: version) }
        if let uid, let there = records[kind]?[name], there.uid != uid { return nil }
        listed[kind]?.remove(name)
        guard let old = records[kind]?.removeValue(forKey: name) else { return nil }
        unlink(old, kind, name)
        expected[old.key] = nil
        explanations[old.key] = nil
        return LiveIndex.Change(labels: [old.environmentLabel], key: old.key, record: nil)
    }

    /// Takes an environment off the watches of all kinds but some; the watches that nobody needs are returned.
    mutating func release(_ environment: NamespacedName, except kinds: Set<GroupVersionKind>) -> [KindWatch] {
        var idle: [KindWatch] = []
        for (kind, watch) in watches where watch.users.contains(environment) && !kinds.contains(kind) {
            watches[kind]?.users.remove(environment)
            guard watches[kind]?.users.isEmpty == true else { continue }
            watches[kind] = nil
            listed[kind] = nil
            for (name, record) in records.removeValue(forKey: kind) ?? [:] {
                unlink(record, kind, name)
                expected[record.key] = nil
                explanations[record.key] = nil
            }
            idle.append(watch)
        }
        return idle
    }

    func tracked(_ environment: NamespacedName, app: String) -> [LiveRecord] {
        (members[environment]?[app] ?? []).compactMap { records[$0.kind]?[$0.name] }
    }

    func hasRecords(of environment: NamespacedName, kind: GroupVersionKind) -> Bool {
        members[environment]?.values.contains { $0.contains { $0.kind == kind } } ?? false
    }

    func claim(on key: ObjectKey, beside environment: NamespacedName) -> SyncPlanner.Claim {
        for (other, keys) in claims where other != environment {
            if keys?.contains(key) == true { return .environment(other) }
        }
        // An object that names an environment which has not spoken yet is not up for grabs.
        for (other, keys) in claims where other != environment && keys == nil {
            if members[other]?.values.contains(where: { $0.contains { records[$0.kind]?[$0.name]?.key == key } })
                == true
            {
                return .undecided(other)
            }
        }
        return .nobody
    }

    private mutating func link(_ record: LiveRecord, _ kind: GroupVersionKind, _ name: NamespacedName) {
        guard let tracking = record.tracking else { return }
        members[tracking.environment, default: [:]][tracking.app, default: []].insert(Slot(kind: kind, name: name))
    }

    private mutating func unlink(_ record: LiveRecord, _ kind: GroupVersionKind, _ name: NamespacedName) {
        guard let tracking = record.tracking else { return }
        members[tracking.environment]?[tracking.app]?.remove(Slot(kind: kind, name: name))
        if members[tracking.environment]?[tracking.app]?.isEmpty == true {
            members[tracking.environment]?[tracking.app] = nil
            if members[tracking.environment]?.isEmpty == true { members[tracking.environment] = nil }
        }
    }

    /// Resource versions are opaque by contract and growing numbers in every server that exists; where they are no
    /// numbers nothing is newer.
    static func isNewer(_ a: String, than b: String) -> Bool {
        guard let a = UInt64(a), let b = UInt64(b) else { return false }
        return a > b
    }
}

extension LiveRecord {
    /// Whether two records differ in nothing that a plan or a status would show.
    func isAlike(_ other: LiveRecord) -> Bool {
        uid == other.uid && fingerprint == other.fingerprint && health == other.health
            && isDeleting == other.isDeleting && tracking == other.tracking && images == other.images
            && environmentLabel == other.environmentLabel && hookRun == other.hookRun
            && options == other.options && ignored == other.ignored && isHalfAdopted == other.isHalfAdopted
    }
}

/// Something that happens once, or fails for now; tasks wait for it.
final class ReadySignal: Sendable {
    private struct State {
        var isSet = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0

        mutating func takeWaiters() -> [CheckedContinuation<Void, any Error>] {
            defer { waiters = [:] }
            return Array(waiters.values)
        }
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let waiters = state.withLock { state in
            state.isSet = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Tells those who wait now that it did not come to pass this time.
    func fail(_ error: any Error) {
        for waiter in state.withLock({ $0.takeWaiters() }) { waiter.resume(throwing: error) }
    }

    /// Returns once it is set; throws what ``fail(_:)`` says, or `CancellationError`.
    func wait() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let now = state.withLock { state -> Result<Void, any Error>? in
                    if state.isSet { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
