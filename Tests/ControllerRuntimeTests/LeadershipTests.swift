internal import ControllerRuntime
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite("Leadership", .timeLimit(.minutes(1)))
struct LeadershipTests {
    /// An election that a test decides, and a record of what happened in which order.
    final class Election: Sendable {
        private let record = Mutex<[String]>([])
        private let changes: AsyncStream<Bool>
        let decide: AsyncStream<Bool>.Continuation

        init() { (changes, decide) = AsyncStream<Bool>.makeStream() }

        var events: [String] { record.withLock { $0 } }
        func note(_ event: String) { record.withLock { $0.append(event) } }

        var leadership: Leadership {
            Leadership { [self] changed in
                for await leads in changes { changed(leads) }
                note("released")
            }
        }
    }

    let election = Election()
    let clock = ManualClock()

    @Test("works only while it leads, one term after the other")
    func terms() async {
        let (ends, ended) = AsyncStream<Bool>.makeStream()
        let run = Task { [election, clock] in
            await election.leadership.run { term in
                election.note("begin")
                try? await clock.sleep(until: .seconds(1000))
                election.note("end")
                ended.yield(term.isLost)
            }
        }
        var iterator = ends.makeAsyncIterator()
        for _ in 0..<2 {
            election.decide.yield(true)
            await clock.untilSlept(for: .seconds(1000))
            election.decide.yield(false)
            #expect(await iterator.next() == true)
        }
        run.cancel()
        await run.value
        #expect(election.events == ["begin", "end", "begin", "end", "released"])
    }

    @Test("releases the lease only when the work has ended")
    func gracefulStop() async {
        let run = Task { [election, clock] in
            await election.leadership.run { term in
                try? await clock.sleep(until: .seconds(1000))
                // What is under way is finished although the task is cancelled.
                await Task { try? await clock.sleep(until: .seconds(3)) }.value
                election.note(term.isLost ? "end, lost" : "end")
            }
        }
        election.decide.yield(true)
        await clock.untilSlept(for: .seconds(1000))
        run.cancel()
        await clock.untilSlept(for: .seconds(3))
        #expect(election.events == [])
        clock.advance(by: .seconds(3))
        await run.value
        #expect(election.events == ["end", "released"])
    }

    @Test("tells work that is coming to its end when the leadership is lost meanwhile")
    func lossDuringStop() async {
        let run = Task { [election, clock] in
            await election.leadership.run { term in
                let finishing = Task { try? await clock.sleep(until: .seconds(1000)) }
                term.onLoss { finishing.cancel() }
                await finishing.value
                election.note(term.isLost ? "end, lost" : "end")
            }
        }
        election.decide.yield(true)
        await clock.untilSlept(for: .seconds(1000))
        run.cancel()
        election.decide.yield(false)
        await run.value
        #expect(election.events == ["end, lost", "released"])
    }

    @Test("a handler that comes after the loss is called at once")
    func lateHandler() async {
        let (terms, began) = AsyncStream<LeaderTerm>.makeStream()
        let run = Task { [election] in await election.leadership.run { began.yield($0) } }
        election.decide.yield(true)
        var iterator = terms.makeAsyncIterator()
        let term = await iterator.next()
        election.decide.yield(false)
        election.decide.yield(true)
        _ = await iterator.next()
        let called = Mutex(false)
        term?.onLoss { called.withLock { $0 = true } }
        #expect(called.withLock { $0 })
        run.cancel()
        await run.value
    }
}
