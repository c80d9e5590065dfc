internal import Core
internal import Synchronization

/// The work on the shards that this process holds.
///
/// Guarantees: the work on one shard never runs twice at a time within the process, and a term that is lost before its
/// work has begun is not worked on.
final class ShardTerms: Sendable {
    typealias Work = @Sendable (ShardTerm) async -> Void

    private struct Entry {
        let term: ShardTerm
        let task: Task<Void, Never>
    }

    private struct Guarded {
        /// By the number that the election gave the term.
        var entries: [Int: Entry] = [:]
        /// The last work on each shard, which may still be coming to its end.
        var last: [Shard: Task<Void, Never>] = [:]
    }

    private let guarded = Mutex(Guarded())
    private let clock: any MonotonicClock
    private let work: Work
    private let ended: @Sendable (_ term: Int) -> Void

    /// - Parameter ended: told when work that was ended has come to its end.
    init(clock: any MonotonicClock, work: @escaping Work, ended: @escaping @Sendable (Int) -> Void) {
        self.clock = clock
        self.work = work
        self.ended = ended
    }

    func handle(_ event: ElectionState.Event) {
        switch event {
        case .begin(let shard, let number, let until): begin(shard, number, until)
        case .extend(let until):
            for entry in guarded.withLock({ $0.entries.values.map { $0 } }) { entry.term.extend(until: until) }
        case .end(let number): end(number)
        case .lose(let number): lose(number)
        }
    }

    /// Returns when no work goes on any more.
    func idle() async {
        for task in guarded.withLock({ $0.last.values.map { $0 } }) { await task.value }
    }

    private func begin(_ shard: Shard, _ number: Int, _ until: Duration) {
        let term = ShardTerm(shard, until: until, clock: clock)
        guarded.withLock { guarded in
            // Of another division there may be work on the same namespaces, too.
            let previous = guarded.last.filter { $0.key == shard || $0.key.count != shard.count }.map(\.value)
            let task = Task { [work] in
                for task in previous { await task.value }
                if !term.isLost, !Task.isCancelled { await work(term) }
            }
            guarded.entries[number] = Entry(term: term, task: task)
            guarded.last[shard] = task
        }
    }

    private func end(_ number: Int) {
        guard let entry = guarded.withLock({ $0.entries[number] }) else { return }
        entry.task.cancel()
        Task {
            await entry.task.value
            guarded.withLock { _ = $0.entries.removeValue(forKey: number) }
            ended(number)
        }
    }

    private func lose(_ number: Int) {
        guard let entry = guarded.withLock({ $0.entries.removeValue(forKey: number) }) else { return }
        entry.term.lose()
        entry.task.cancel()
    }
}
