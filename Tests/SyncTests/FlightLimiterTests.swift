import Core
import Synchronization
import Testing

@testable import Sync

@Suite struct FlightLimiterTests {
    /// Work that stays in flight until it is let go.
    private final class Gate: Sendable {
        private let state = Mutex<(inFlight: Int, most: Int)>((0, 0))
        var most: Int { state.withLock { $0.most } }

        func pass() async {
            state.withLock { state in
                state.inFlight += 1
                state.most = max(state.most, state.inFlight)
            }
            for _ in 0..<5 { await Task.yield() }
            state.withLock { $0.inFlight -= 1 }
        }
    }

    @Test func `no more requests than the limit are in flight, and all are done`() async throws {
        let limiter = FlightLimiter(limit: 4)
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { try await limiter.run { await gate.pass() } } }
            try await group.waitForAll()
        }
        #expect(gate.most <= 4)
        #expect(gate.most >= 1)
    }

    @Test func `a refusal halves the limit and successes raise it again`() {
        let limiter = FlightLimiter(limit: 32)
        limiter.refused()
        #expect(limiter.limit == 16)
        for _ in 0..<15 { limiter.succeeded() }
        #expect(limiter.limit == 16)
        limiter.succeeded()
        #expect(limiter.limit == 17)
        for _ in 0..<10 { limiter.refused() }
        #expect(limiter.limit == 1)
        for _ in 0..<10_000 { limiter.succeeded() }
        #expect(limiter.limit == 32)
    }

    @Test func `refusals of one burst halve the limit once`() {
        let limiter = FlightLimiter(limit: 32)
        for _ in 0..<20 { limiter.refused(wait: .seconds(60)) }
        #expect(limiter.limit == 16)
    }

    @Test func `a cancelled task leaves the queue, and others pass`() async throws {
        let limiter = FlightLimiter(limit: 1)
        let (stream, release) = AsyncStream<Void>.makeStream()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let holder = Task {
            try await limiter.run {
                enter.finish()
                for await _ in stream {}
            }
        }
        for await _ in entered {}
        let waiting = Task { try await limiter.run { true } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        release.finish()
        try await holder.value
        #expect(try await limiter.run { true })
    }
}
