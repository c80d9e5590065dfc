package import Core
internal import Synchronization

/// A clock that runs as the machine's does, from a moment that a test chose, and that the test moves on.
///
/// Who waits by it is woken when it is moved past what they wait for.
package final class MovedClock: MonotonicClock, WallClock {
    /// The longest that anybody sleeps before looking again: no sum below leaves the range of a clock.
    private static let nap = Duration.seconds(3600)

    private struct Guarded {
        /// From the machine's wall clock to this one.
        var offset: Duration
        /// By how much it was moved on; sleepers wait for that much less.
        var moved = Duration.zero
        var nextID = 0
        var sleepers: [Int: Task<Void, Never>] = [:]
    }

    private let machine = SystemClock()
    private let uptime = UptimeClock()
    private let guarded: Mutex<Guarded>

    package init(at start: Timestamp) {
        guarded = Mutex(Guarded(offset: start - SystemClock().now()))
    }

    package func now() -> Timestamp { machine.now() + guarded.withLock { $0.offset } }

    package func now() -> Duration { uptime.now() + guarded.withLock { $0.moved } }

    /// Moves it on to a moment, unless that is past already.
    package func advance(to moment: Timestamp) {
        let now: Timestamp = now()
        advance(by: max(.zero, moment - now))
    }

    package func advance(by duration: Duration) {
        precondition(duration >= .zero, "a clock that runs monotonically is moved forward only")
        let woken = guarded.withLock { guarded in
            guarded.offset += duration
            guarded.moved += duration
            return Array(guarded.sleepers.values)
        }
        for sleeper in woken { sleeper.cancel() }
    }

    package func sleep(until deadline: Duration) async throws {
        while true {
            try Task.checkCancellation()
            let remaining: Duration = deadline - now()
            guard remaining > .zero else { return }
            let nap = Task { _ = try? await Task.sleep(for: min(remaining, Self.nap)) }
            let id = guarded.withLock { guarded in
                guarded.nextID += 1
                guarded.sleepers[guarded.nextID] = nap
                return guarded.nextID
            }
            // Moved between the look at it and the nap's beginning.
            if deadline - now() < remaining - .seconds(1) { nap.cancel() }
            await withTaskCancellationHandler {
                await nap.value
            } onCancel: {
                nap.cancel()
            }
            guarded.withLock { $0.sleepers[id] = nil }
        }
    }
}
