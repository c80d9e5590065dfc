internal import Synchronization

/// Does work while this process leads, and only then.
///
/// Flow: ``run(_:)`` takes part in the election; each time it is won, `work` begins with a new term, and when the term is
/// lost, its handlers are called and the work's task is cancelled. When ``run(_:)`` is cancelled, the work's task is
/// cancelled first, then, when the work has ended, the lease is released: nobody else begins while we finish.
/// Guarantees: no two terms' work at a time within the process.
package struct Leadership: Sendable {
    /// Takes part until its task is cancelled, tells of each change, and gives up what it holds at the end.
    package typealias Election = @Sendable (_ changed: @escaping @Sendable (Bool) -> Void) async -> Void

    private let election: Election

    package init(election: @escaping Election) {
        self.election = election
    }

    /// Takes part until the task is cancelled; returns when the work has ended and the lease is released.
    package func run(_ work: @escaping @Sendable (LeaderTerm) async -> Void) async {
        let terms = Terms(work: work)
        let (end, ended) = AsyncStream<Never>.makeStream()
        // No child task: it goes on while the work of a cancelled run comes to its end.
        let candidate = Task { [election] in
            await election { leading in leading ? terms.begin() : terms.lose() }
            ended.finish()
        }
        // Ends when the election does, or this task is cancelled.
        for await _ in end {}
        await terms.stop()
        candidate.cancel()
        await candidate.value
    }
}

/// The terms of one run, one after the other.
private final class Terms: Sendable {
    private struct Guarded {
        var term: LeaderTerm?
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let guarded = Mutex(Guarded())
    private let work: @Sendable (LeaderTerm) async -> Void

    init(work: @escaping @Sendable (LeaderTerm) async -> Void) {
        self.work = work
    }

    func begin() {
        let term = LeaderTerm()
        guarded.withLock { guarded in
            guard !guarded.isStopped else { return }
            let previous = guarded.task
            guarded.term = term
            guarded.task = Task { [work] in
                await previous?.value
                if !term.isLost, !Task.isCancelled { await work(term) }
            }
        }
    }

    func lose() {
        let (term, task) = guarded.withLock { guarded in
            defer { guarded.term = nil }
            return (guarded.term, guarded.task)
        }
        term?.lose()
        task?.cancel()
    }

    /// Lets the work come to its end, which a loss meanwhile still hastens.
    func stop() async {
        let task = guarded.withLock { guarded in
            guarded.isStopped = true
            return guarded.task
        }
        task?.cancel()
        await task?.value
    }
}
