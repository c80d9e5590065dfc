internal import Core
internal import Synchronization

/// Bounds how often something is done: so many times at once, and so many times a second in the long run.
final class TokenBucket: Sendable {
    private struct State {
        var tokens: Double
        var at: Duration
    }

    private let perSecond: Double
    private let burst: Double
    private let clock: any MonotonicClock
    private let state: Mutex<State>

    init(perSecond: Double, burst: Int, clock: any MonotonicClock = UptimeClock()) {
        self.perSecond = perSecond
        self.burst = Double(burst)
        self.clock = clock
        state = Mutex(State(tokens: Double(burst), at: clock.now()))
    }

    /// Whether it may be done once more now.
    func take() -> Bool {
        let now = clock.now()
        return state.withLock { state in
            state.tokens = min(burst, state.tokens + max(.zero, now - state.at) / .seconds(1) * perSecond)
            state.at = now
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
