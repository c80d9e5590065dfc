/// A clock that never goes back, for deadlines and measurements; tests inject one that they move by hand.
package protocol MonotonicClock: Sendable {
    /// The time since a fixed, arbitrary moment.
    func now() -> Duration
    /// Returns once ``now()`` has reached `deadline`; throws `CancellationError` when the task is cancelled first.
    func sleep(until deadline: Duration) async throws
}

/// The machine's own monotonic clock; it goes on while the machine sleeps.
package struct UptimeClock: MonotonicClock {
    private let origin = ContinuousClock.now

    package init() {}

    package func now() -> Duration { origin.duration(to: .now) }

    package func sleep(until deadline: Duration) async throws {
        // Half a century from now is as good as never, and the sum below stays within the clock's range.
        let bounded = min(deadline, .seconds(1_600_000_000))
        try await Task.sleep(until: origin.advanced(by: bounded), clock: .continuous)
    }
}

/// A source of randomness in `0..<1`, injected so that tests know what comes.
package typealias UnitRandom = @Sendable () -> Double

/// The system's randomness.
package let systemRandom: UnitRandom = { Double.random(in: 0..<1) }
