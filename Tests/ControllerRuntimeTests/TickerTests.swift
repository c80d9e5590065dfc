internal import ControllerRuntime
internal import TestSupport
internal import Testing

@Suite("The ticker", .timeLimit(.minutes(1)))
struct TickerTests {
    let clock = ManualClock()

    @Test("runs at once and then after each interval with jitter")
    func interval() async {
        let ticker = Ticker(interval: .seconds(60), jitter: 0.1, clock: clock, random: { 0 })
        let (runs, ran) = AsyncStream<Void>.makeStream()
        let task = Task { await ticker.run { ran.yield() } }
        var iterator = runs.makeAsyncIterator()
        await iterator.next()
        await clock.untilSlept(for: .seconds(54))
        clock.advance(by: .seconds(54))
        await iterator.next()
        await clock.untilSlept(for: .seconds(108))
        task.cancel()
        await task.value
    }

    @Test("a poke makes the next run begin at once; several are one")
    func poke() async {
        let ticker = Ticker(interval: .seconds(60), jitter: 0, clock: clock)
        let (runs, ran) = AsyncStream<Void>.makeStream()
        let task = Task { await ticker.run { ran.yield() } }
        var iterator = runs.makeAsyncIterator()
        await iterator.next()
        await clock.untilSlept(for: .seconds(60))
        clock.advance(by: .seconds(5))
        ticker.poke()
        ticker.poke()
        await iterator.next()
        await clock.untilSlept(for: .seconds(65))
        task.cancel()
        await task.value
    }

    @Test("a poke during a run is answered by one more run")
    func pokeDuringRun() async {
        let ticker = Ticker(interval: .seconds(60), jitter: 0, clock: clock)
        let (runs, ran) = AsyncStream<Void>.makeStream()
        let task = Task {
            var count = 0
            await ticker.run {
                count += 1
                if count == 1 { ticker.poke() }
                ran.yield()
            }
        }
        var iterator = runs.makeAsyncIterator()
        await iterator.next()
        await iterator.next()
        await clock.untilSlept(for: .seconds(60))
        task.cancel()
        await task.value
    }
}
