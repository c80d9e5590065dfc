package import Core
internal import Synchronization

/// Does something again and again, one after the other, each time after an interval with jitter, or when poked.
///
/// The interval counts from the end of one run to the beginning of the next, so a slow source is not asked in a rush.
/// Nothing happens in between: one sleep, no polling.
package final class Ticker: Sendable {
    private struct Guarded {
        var poked = false
        var waiter: Task<Void, any Error>?
    }

    private let interval: Duration
    private let jitter: Double
    private let clock: any MonotonicClock
    private let random: UnitRandom
    private let guarded = Mutex(Guarded())

    /// - Parameters:
    ///   - interval: the time between runs.
    ///   - jitter: the share of the interval by which it is randomly shorter or longer, 0...1.
    package init(
        interval: Duration, jitter: Double = 0.1, clock: any MonotonicClock = UptimeClock(),
        random: @escaping UnitRandom = systemRandom
    ) {
        self.interval = interval
        self.jitter = min(max(jitter, 0), 1)
        self.clock = clock
        self.random = random
    }

    /// Makes the next run begin at once; during a run, right after it.
    ///
    /// Several pokes are one.
    package func poke() {
        let waiter = guarded.withLock { guarded in
            guarded.poked = true
            return guarded.waiter
        }
        waiter?.cancel()
    }

    /// Runs `body` now and then after each interval, until the task is cancelled.
    package func run(_ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            await pause()
        }
    }

    /// The next interval: with 60 s and a jitter of 0.1, between 54 s and 66 s.
    private func nextInterval() -> Duration {
        interval * (1 + jitter * (2 * random() - 1))
    }

    private func pause() async {
        let deadline = clock.now() + nextInterval()
        let sleep = guarded.withLock { guarded -> Task<Void, any Error>? in
            guard !guarded.poked else {
                guarded.poked = false
                return nil
            }
            let sleep = Task { [clock] in try await clock.sleep(until: deadline) }
            guarded.waiter = sleep
            return sleep
        }
        guard let sleep else { return }
        await withTaskCancellationHandler {
            _ = await sleep.result
        } onCancel: {
            sleep.cancel()
        }
        guarded.withLock { guarded in
            guarded.waiter = nil
            guarded.poked = false
        }
    }
}
