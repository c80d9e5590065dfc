internal import ControllerRuntime
internal import Testing

@Suite("A latch", .timeLimit(.minutes(1)))
struct LatchTests {
    @Test("gives its first value to all who wait, before and after, and drops later ones")
    func value() async throws {
        let latch = Latch<Int>()
        #expect(latch.value == nil)
        async let early = latch.wait()
        latch.set(1)
        latch.set(2)
        let first = try await early
        #expect(first == 1)
        #expect(try await latch.wait() == 1)
        #expect(latch.value == 1)
    }

    @Test("lets go of those whose task is cancelled")
    func cancellation() async throws {
        let latch = Latch<Int>()
        let waiting = Task { try await latch.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        latch.set(1)
        #expect(try await latch.wait() == 1)
    }
}
