package import Core
package import KubernetesModel
internal import Synchronization

/// The current objects of one kind, reduced to what their reader needs.
///
/// Flow: feed it from a ``Reflector`` with ``run(_:)`` (or ``handle(_:)``); read at any time from any thread. Only the
/// reduced values are kept. Handlers are told of every change after it is visible, one change at a time, in order.
package final class ObjectCache<Value: Sendable>: Sendable {
    /// What happened to one object.
    package struct Change: Sendable {
        package let name: NamespacedName
        /// Nil for an object that is new.
        package let old: Value?
        /// Nil for one that is gone.
        package let new: Value?
    }

    private struct Entry {
        let value: Value
        let version: String
    }

    private struct State {
        var entries: [NamespacedName: Entry] = [:]
        /// What a running list has named; nil outside of one.
        var listed: Set<NamespacedName>?
        var synced = false
        var disconnectedSince: Duration?
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var nextWaiter = 0
    }

    private let state: Mutex<State>
    private let transform: @Sendable (Manifest) -> Value?
    private let onChange: @Sendable (Change) -> Void
    private let clock: any MonotonicClock

    /// - Parameters:
    ///   - transform: reduces an object; nil leaves it out, as if it did not exist.
    ///   - onChange: told of each change; must not block.
    package init(
        clock: any MonotonicClock = UptimeClock(), transform: @escaping @Sendable (Manifest) -> Value?,
        onChange: @escaping @Sendable (Change) -> Void = { _ in }
    ) {
        self.transform = transform
        self.onChange = onChange
        self.clock = clock
        state = Mutex(State(disconnectedSince: clock.now()))
    }

    /// Follows a reflector until the task is cancelled.
    package func run(_ reflector: Reflector) async {
        await reflector.run { self.handle($0) }
    }

    package func get(_ name: NamespacedName) -> Value? {
        state.withLock { $0.entries[name]?.value }
    }

    /// All objects, in no order.
    package var values: [Value] { state.withLock { $0.entries.values.map(\.value) } }

    package var names: [NamespacedName] { state.withLock { Array($0.entries.keys) } }

    package var count: Int { state.withLock { $0.entries.count } }

    /// The objects that match, in no order; for O(n) questions without copying all values.
    package func filter(_ matches: (Value) -> Bool) -> [Value] {
        state.withLock { state in state.entries.values.lazy.map(\.value).filter(matches) }
    }

    /// Whether a whole list has been seen. Once true it stays.
    package var isSynced: Bool { state.withLock { $0.synced } }

    /// Since when, on the injected clock, what is here may be old; nil while a watch is open.
    package var disconnectedSince: Duration? { state.withLock { $0.disconnectedSince } }

    /// Returns once a whole list has been seen; throws `CancellationError` when the task is cancelled first.
    package func waitUntilSynced() async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let synced = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool? in
                    if state.synced { return true }
                    if Task.isCancelled { return false }
                    state.waiters[id] = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: false)
        }
        if !synced { throw CancellationError() }
    }

    /// Takes one event of a reflector. Events must come one at a time.
    package func handle(_ event: ReflectorEvent) {
        switch event {
        case .begin: state.withLock { $0.listed = [] }
        case .upsert(let object): upsert(object)
        case .delete(let object): remove(object.namespacedName)
        case .finish: finish()
        case .connected: state.withLock { $0.disconnectedSince = nil }
        case .disconnected:
            let now = clock.now()
            state.withLock { if $0.disconnectedSince == nil { $0.disconnectedSince = now } }
        }
    }

    private func upsert(_ object: Manifest) {
        let name = object.namespacedName
        let version = object.resourceVersion
        let unchanged = state.withLock { state -> Bool in
            state.listed?.insert(name)
            // A list names again what is known already.
            return !version.isEmpty && state.entries[name]?.version == version
        }
        if unchanged { return }
        guard let value = transform(object) else {
            remove(name)
            return
        }
        let old = state.withLock { state in
            state.entries.updateValue(Entry(value: value, version: version), forKey: name)?.value
        }
        onChange(Change(name: name, old: old, new: value))
    }

    private func remove(_ name: NamespacedName) {
        guard let old = state.withLock({ $0.entries.removeValue(forKey: name)?.value }) else { return }
        onChange(Change(name: name, old: old, new: nil))
    }

    private func finish() {
        let (gone, waiters) = state.withLock { state in
            let listed = state.listed ?? []
            let gone = state.entries.filter { !listed.contains($0.key) }
            for name in gone.keys { state.entries[name] = nil }
            state.listed = nil
            state.synced = true
            defer { state.waiters = [:] }
            return (gone, state.waiters)
        }
        for (name, entry) in gone { onChange(Change(name: name, old: entry.value, new: nil)) }
        for waiter in waiters.values { waiter.resume(returning: true) }
    }
}
