package import Core
internal import Synchronization

/// Bounds how many requests are in flight to one cluster, and adapts the bound to what the server bears.
///
/// A refusal (429) halves the bound, down to one, and holds new requests back until the server's `Retry-After`; what
/// is refused meanwhile was under way already and halves nothing. Each whole round of requests without one raises it again by one, up to where it began:
/// 32 -> refused -> 16 -> 16 successes -> 17.
package final class FlightLimiter: Sendable {
    private struct State {
        var limit: Int
        var inFlight = 0
        var successes = 0
        var heldUntil = Duration.zero
        var queue: [Waiter] = []
        /// Index of the queue's first element: taking from the front stays cheap.
        var head = 0
        var next = 0

        /// Lets as many in as there is room for.
        mutating func admit() -> [Waiter] {
            var admitted: [Waiter] = []
            while head < queue.count, inFlight < limit {
                admitted.append(queue[head])
                head += 1
                inFlight += 1
            }
            if head > 64, head * 2 > queue.count {
                queue.removeFirst(head)
                head = 0
            }
            return admitted
        }
    }

    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state: Mutex<State>
    private let ceiling: Int
    private let clock: any MonotonicClock

    /// - Parameter limit: how many requests at once; 32 keeps a server of a few cores busy and leaves others room.
    package init(limit: Int = 32, clock: any MonotonicClock = UptimeClock()) {
        ceiling = max(1, limit)
        state = Mutex(State(limit: max(1, limit)))
        self.clock = clock
    }

    /// How many requests may be in flight now.
    package var limit: Int { state.withLock { $0.limit } }

    /// Does one request's work when there is room; throws `CancellationError` when the task is cancelled before that.
    package func run<Value: Sendable, Failure: Error>(
        _ work: () async throws(Failure) -> Value
    ) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await work()
    }

    /// Takes note of a refusal.
    ///
    /// - Parameter wait: what the server asked for, if it did.
    package func refused(wait: Duration = .zero) {
        let now = clock.now()
        let until = now + wait
        state.withLock { state in
            if now >= state.heldUntil {
                state.limit = max(1, state.limit / 2)
                state.successes = 0
            }
            state.heldUntil = max(state.heldUntil, until)
        }
    }

    /// Takes note of an answer that was no refusal.
    package func succeeded() {
        let woken = state.withLock { state -> [Waiter] in
            state.successes += 1
            guard state.successes >= state.limit, state.limit < ceiling else { return [] }
            state.successes = 0
            state.limit += 1
            return state.admit()
        }
        for waiter in woken { waiter.continuation.resume(returning: true) }
    }

    private func enter() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let entered = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if state.inFlight < state.limit {
                        state.inFlight += 1
                        return true
                    }
                    state.queue.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.queue.indices.dropFirst(state.head).first(where: { state.queue[$0].id == id })
                else { return nil }
                return state.queue.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
        guard entered else { throw CancellationError() }
        let held = state.withLock { $0.heldUntil }
        if held > clock.now() {
            do { try await clock.sleep(until: held) } catch {
                leave()
                throw CancellationError()
            }
        }
    }

    private func leave() {
        let woken = state.withLock { state -> [Waiter] in
            state.inFlight -= 1
            return state.admit()
        }
        for waiter in woken { waiter.continuation.resume(returning: true) }
    }
}
