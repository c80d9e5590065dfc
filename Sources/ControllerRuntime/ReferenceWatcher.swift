internal import Core
internal import Synchronization

/// Keeps the Secrets and ConfigMaps that objects refer to at hand, and tells the objects when one changes.
///
/// Flow: a reconcile reads each reference with ``content(of:for:)``, which begins to watch it at the first time, and says
/// at its end with ``retain(_:for:)`` which ones its object refers to; what nobody refers to is watched no more.
/// Guarantees: one watch per reference, however many refer to it; no polling; whoever refers to a reference is named to
/// `onChange` after each change of its content, and when it can be read at last.
package final class ReferenceWatcher<Dependent: Hashable & Sendable>: Sendable {
    private typealias Answer = Result<ReferenceContent?, any Error>

    private struct Entry {
        var task: Task<Void, Never>?
        var dependents: Set<Dependent> = []
        /// Nil until something was heard; content is kept while a watch is interrupted.
        var answer: Answer?
        var waiters: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    }

    private struct Guarded {
        var entries: [Reference: Entry] = [:]
        /// What each dependent refers to, so that a change of that costs no search.
        var references: [Dependent: Set<Reference>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let source: any ReferenceSource
    private let onChange: @Sendable (Set<Dependent>) -> Void
    private let guarded = Mutex(Guarded())

    /// - Parameter onChange: called from a watch; must not block. Adding keys to a ``WorkQueue`` is what it is for.
    package init(source: any ReferenceSource, onChange: @escaping @Sendable (Set<Dependent>) -> Void) {
        self.source = source
        self.onChange = onChange
    }

    deinit {
        guarded.withLock { guarded in
            for entry in guarded.entries.values { entry.task?.cancel() }
        }
    }

    /// How many references are watched.
    package var watchCount: Int { guarded.withLock { $0.entries.count } }

    /// The content of a reference, nil if it does not exist; waits for the first answer of a new watch.
    ///
    /// Throws why it cannot be read (`onChange` follows once it can), or `CancellationError`.
    package func content(of reference: Reference, for dependent: Dependent) async throws -> ReferenceContent? {
        let id = guarded.withLock { guarded in
            refer(&guarded, reference, dependent)
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        let answer: Answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Answer? = guarded.withLock { guarded in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    // Somebody else said meanwhile that the dependent does not refer to it: ask again.
                    guard let entry = guarded.entries[reference] else { return .failure(CancellationError()) }
                    if let answer = entry.answer { return answer }
                    guarded.entries[reference]?.waiters[id] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiter = guarded.withLock { $0.entries[reference]?.waiters.removeValue(forKey: id) }
            waiter?.resume(returning: .failure(CancellationError()))
        }
        return try answer.get()
    }

    /// Says all that an object refers to; an empty set for one that is gone.
    package func retain(_ references: Set<Reference>, for dependent: Dependent) {
        let obsolete = guarded.withLock { guarded in
            let before = guarded.references[dependent] ?? []
            for reference in references.subtracting(before) { refer(&guarded, reference, dependent) }
            var obsolete: [Entry] = []
            for reference in before.subtracting(references) {
                guarded.entries[reference]?.dependents.remove(dependent)
                if let entry = guarded.entries[reference], entry.dependents.isEmpty {
                    guarded.entries[reference] = nil
                    obsolete.append(entry)
                }
            }
            guarded.references[dependent] = references.isEmpty ? nil : references
            return obsolete
        }
        for entry in obsolete {
            entry.task?.cancel()
            for waiter in entry.waiters.values { waiter.resume(returning: .failure(CancellationError())) }
        }
    }

    private func refer(_ guarded: inout Guarded, _ reference: Reference, _ dependent: Dependent) {
        guarded.references[dependent, default: []].insert(reference)
        var entry = guarded.entries[reference] ?? Entry()
        entry.dependents.insert(dependent)
        if entry.task == nil {
            // Weak, and made outside of the task: its watch must not keep a watcher alive that nobody has any more.
            let handler = { @Sendable [weak self] event in self?.handle(event, of: reference) ?? () }
            // It outlasts the reconcile that happens to ask first, and so bears no trace of that.
            entry.task = TraceContext.$current.withValue(nil) {
                Task { [source] in await source.watch(reference, handler) }
            }
        }
        guarded.entries[reference] = entry
    }

    private func handle(_ event: ReferenceEvent, of reference: Reference) {
        let (waiters, affected) = guarded.withLock {
            guarded -> ([CheckedContinuation<Answer, Never>], Set<Dependent>) in
            guard var entry = guarded.entries[reference] else { return ([], []) }
            var changed = false
            switch event {
            case .current(let content):
                // Those who wait hear it now; others are told only of what they have not heard.
                changed = entry.answer.map { (try? $0.get()) != .some(content) } ?? false
                entry.answer = .success(content)
            case .failed(let error):
                if case .success = entry.answer { return ([], []) }
                entry.answer = .failure(error)
            }
            let waiters = Array(entry.waiters.values)
            entry.waiters = [:]
            guarded.entries[reference] = entry
            return (waiters, changed ? entry.dependents : [])
        }
        let answer: Answer =
            switch event {
            case .current(let content): .success(content)
            case .failed(let error): .failure(error)
            }
        for waiter in waiters { waiter.resume(returning: answer) }
        if !affected.isEmpty { onChange(affected) }
    }
}
