package import Core
internal import DequeModule
internal import Synchronization

/// A queue of keys to work on, with the rules of ``WorkQueueState``: no key twice in line, never two workers on one key,
/// an addition during the work means once more after it.
///
/// Additions are synchronous, so a watch's callback needs no task to make one and their order is kept. A lock guards
/// the state; it is never held while anything waits or is resumed. One task at most sleeps for all deadlines.
///
/// Flow: ``next()`` in a loop, and ``finish(_:_:)`` exactly once for each key it gave. After ``close(drain:)`` it
/// returns nil when nothing is left for it, and while the queue is paused, at once.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    package typealias State = WorkQueueState<Key>

    private struct Guarded {
        var state: State
        var waiters: Deque<(id: UInt64, continuation: CheckedContinuation<State.Taken?, Never>)> = []
        var nextWaiter: UInt64 = 0
        var isPaused = false
        var sleeper: (deadline: Duration, task: Task<Void, Never>)?
    }

    /// What a change of the state asks to be done once the lock is released.
    private struct Effects {
        var resumptions: [(CheckedContinuation<State.Taken?, Never>, State.Taken?)] = []
        var obsolete: Task<Void, Never>?

        func perform() {
            obsolete?.cancel()
            for (continuation, taken) in resumptions { continuation.resume(returning: taken) }
        }
    }

    private let guarded: Mutex<Guarded>
    private let clock: any MonotonicClock
    private let random: UnitRandom

    package init(
        backoff: Backoff = Backoff(), changeDelay: Duration = .seconds(1),
        clock: any MonotonicClock = UptimeClock(), random: @escaping UnitRandom = systemRandom
    ) {
        guarded = Mutex(Guarded(state: State(backoff: backoff, changeDelay: changeDelay)))
        self.clock = clock
        self.random = random
    }

    /// How many keys stand in line.
    package var depth: Int { guarded.withLock { $0.state.depth } }
    /// How many keys are being worked on.
    package var activeCount: Int { guarded.withLock { $0.state.activeCount } }
    /// How many keys wait for their time.
    package var delayedCount: Int { guarded.withLock { $0.state.delayedCount } }

    /// Asks for work on a key as soon as possible.
    package func add(_ key: Key) {
        change { $0.add(key, now: $1) }
    }

    /// Asks for work on several keys, in this order.
    package func add(_ keys: some Sequence<Key>) {
        change { state, now in
            for key in keys { state.add(key, now: now) }
        }
    }

    /// Asks for work on a key after a delay; of several such wishes the earliest counts, and work in between answers
    /// them all.
    package func add(_ key: Key, after delay: Duration) {
        change { $0.add(key, at: $1 + delay, now: $1) }
    }

    /// Drops a key's failures and its deadline, for an object that is gone.
    package func forget(_ key: Key) {
        change { state, _ in state.forget(key) }
    }

    /// Says how the work on a key from ``next()`` ended.
    package func finish(_ key: Key, _ outcome: State.Outcome) {
        let random = random()
        change { $0.finish(key, outcome, now: $1, random: random) }
    }

    /// Accepts nothing more and wakes every waiting worker.
    ///
    /// With `drain`, what stands in line is still handed out.
    package func close(drain: Bool = false) {
        change { state, _ in state.close(drain: drain) }
    }

    /// Hands out nothing until ``resume()``, and wakes every waiting worker; additions are kept in line.
    package func pause() { setPaused(true) }

    /// Hands out keys again.
    package func resume() { setPaused(false) }

    private func setPaused(_ paused: Bool) {
        let now = clock.now()
        let effects = guarded.withLock { guarded in
            guarded.isPaused = paused
            return settle(&guarded, now: now)
        }
        effects.perform()
    }

    /// Waits for the next key to work on; nil when the queue is closed and empty, or paused, or the task is cancelled.
    package func next() async -> State.Taken? {
        let id = guarded.withLock { guarded in
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = clock.now()
                let effects = guarded.withLock { guarded in
                    if Task.isCancelled { return Effects(resumptions: [(continuation, nil)]) }
                    guarded.waiters.append((id, continuation))
                    return settle(&guarded, now: now)
                }
                effects.perform()
            }
        } onCancel: {
            let waiter = guarded.withLock { guarded in
                guarded.waiters.firstIndex { $0.id == id }.map { guarded.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(returning: nil)
        }
    }

    private func change(_ body: (inout State, Duration) -> Void) {
        let now = clock.now()
        let effects = guarded.withLock { guarded in
            body(&guarded.state, now)
            return settle(&guarded, now: now)
        }
        effects.perform()
    }

    /// Brings waiters and keys together and sees to it that somebody sleeps for the next deadline.
    private func settle(_ guarded: inout Guarded, now: Duration) -> Effects {
        var effects = Effects()
        guarded.state.wake(now: now)
        while !guarded.isPaused, !guarded.waiters.isEmpty, let taken = guarded.state.take(now: now) {
            effects.resumptions.append((guarded.waiters.removeFirst().continuation, taken))
        }
        if guarded.isPaused || guarded.state.isClosed && guarded.state.depth == 0 {
            effects.resumptions += guarded.waiters.map { ($0.continuation, nil) }
            guarded.waiters.removeAll()
        }
        let deadline = guarded.state.nextDeadline()
        if deadline != guarded.sleeper?.deadline {
            effects.obsolete = guarded.sleeper?.task
            guarded.sleeper = deadline.map { deadline in (deadline, sleep(until: deadline)) }
        }
        return effects
    }

    private func sleep(until deadline: Duration) -> Task<Void, Never> {
        // Weak, so that a queue that nobody uses any more does not live until its last deadline.
        Task { [weak self, clock] in
            guard (try? await clock.sleep(until: deadline)) != nil else { return }
            self?.wake(after: deadline)
        }
    }

    private func wake(after deadline: Duration) {
        let now = max(clock.now(), deadline)
        let effects = guarded.withLock { guarded in
            if guarded.sleeper?.deadline == deadline { guarded.sleeper = nil }
            return settle(&guarded, now: now)
        }
        effects.perform()
    }
}
