internal import ControllerRuntime
internal import TestSupport
internal import Testing

@Suite("The work queue", .timeLimit(.minutes(1)))
struct WorkQueueTests {
    let clock = ManualClock()

    func queue() -> WorkQueue<String> {
        WorkQueue(backoff: Backoff(base: .seconds(2), limit: .seconds(60)), clock: clock, random: { 0 })
    }

    @Test("a waiting worker gets a key as soon as it is added")
    func wakesWorker() async {
        let queue = queue()
        async let taken = queue.next()
        queue.add("a")
        #expect(await taken?.key == "a")
    }

    @Test("one sleeper wakes the queue at the earliest deadline, also when an earlier one comes later")
    func sleeper() async {
        let queue = queue()
        queue.add("late", after: .seconds(10))
        await clock.untilSlept(for: .seconds(10))
        queue.add("early", after: .seconds(3))
        await clock.untilSlept(for: .seconds(3))
        async let first = queue.next()
        clock.advance(by: .seconds(3))
        #expect(await first?.key == "early")
        await clock.untilSlept(for: .seconds(10))
        #expect(clock.deadlines == [.seconds(10)])
        async let second = queue.next()
        clock.advance(by: .seconds(7))
        #expect(await second?.key == "late")
        #expect(clock.deadlines.isEmpty)
    }

    @Test("a failed key comes back after its backoff")
    func failure() async {
        let queue = queue()
        queue.add("a")
        #expect(await queue.next()?.failures == 0)
        queue.finish("a", .failed)
        await clock.untilSlept(for: .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(await queue.next()?.failures == 1)
    }

    @Test("closing wakes every waiting worker with nothing")
    func close() async {
        let queue = queue()
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<3 { group.addTask { await queue.next()?.key } }
            queue.add("only")
            #expect(await group.next() == .some("only"))
            queue.close()
            for await key in group { #expect(key == nil) }
        }
        #expect(await queue.next() == nil)
    }

    @Test("a cancelled worker stops waiting and takes no key with it")
    func cancellation() async {
        let queue = queue()
        let waiting = Task { await queue.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        queue.add("a")
        #expect(await queue.next()?.key == "a")
    }

    @Test("many workers never share a key, and every addition is answered")
    func stress() async {
        let queue = WorkQueue<Int>()
        let record = Record()
        let workers = (0..<8).map { _ in
            Task {
                while let taken = await queue.next() {
                    await record.begin(taken.key)
                    await Task.yield()
                    await record.end(taken.key)
                    queue.finish(taken.key, .done)
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for adder in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        queue.add((round * (adder + 1)) % 17)
                        if round % 10 == 0 { await Task.yield() }
                    }
                }
            }
        }
        queue.close(drain: true)
        for worker in workers { await worker.value }
        #expect(await record.overlaps == 0)
        #expect(await record.seen == Set(0..<17))
    }
}

private actor Record {
    private var active: Set<Int> = []
    private(set) var overlaps = 0
    private(set) var seen: Set<Int> = []

    func begin(_ key: Int) {
        if !active.insert(key).inserted { overlaps += 1 }
        seen.insert(key)
    }

    func end(_ key: Int) { active.remove(key) }
}
