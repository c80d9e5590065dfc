internal import ControllerRuntime
internal import Core
internal import KubernetesModel
internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@Suite("The controller", .timeLimit(.minutes(1)))
struct ControllerTests {
    let clock = ManualClock()
    let key = NamespacedName(namespace: "shop", name: "production")

    func controller(
        timeout: Duration = .seconds(300), grace: Duration = .seconds(10), logs: LogRecorder = LogRecorder(),
        _ body: @escaping @Sendable (ReconcileContext) async throws -> ReconcileResult
    ) -> Controller<ClosureReconciler> {
        var options = Controller<ClosureReconciler>.Options()
        options.workers = 2
        options.timeout = timeout
        options.grace = grace
        return Controller(
            "environment", ClosureReconciler(body: body),
            queue: WorkQueue(backoff: Backoff(base: .seconds(2), limit: .seconds(60)), clock: clock, random: { 0 }),
            options: options, logger: logs.logger, clock: clock, wallClock: clock, identifiers: { "0011223344556677" })
    }

    @Test("says who is reconciled on every line")
    func logging() async {
        let logs = LogRecorder()
        let (calls, called) = AsyncStream<Void>.makeStream()
        let controller = controller(logs: logs) { context in
            context.logger.info("Working")
            called.yield()
            return .done
        }
        let run = Task { await controller.run() }
        controller.queue.add(key)
        for await _ in calls { break }
        run.cancel()
        await run.value
        #expect(
            logs.lines.first
                == "info Working controller=environment object.name=production object.namespace=shop "
                + "reconcile.id=0011223344556677")
    }

    @Test("comes back when the reconciler or its error says", arguments: Answer.all)
    func comesBack(answer: Answer) async {
        let (calls, called) = AsyncStream<Int>.makeStream()
        let controller = controller { context in
            called.yield(context.failures)
            return try answer.give()
        }
        let run = Task { await controller.run() }
        controller.queue.add(key)
        var failures = calls.makeAsyncIterator()
        #expect(await failures.next() == 0)
        if let wait = answer.wait {
            await clock.untilSlept(for: wait)
            clock.advance(by: wait)
            #expect(await failures.next() == answer.failures)
        }
        run.cancel()
        await run.value
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let wait: Duration?
        var failures = 0
        let give: @Sendable () throws -> ReconcileResult

        static let start = Timestamp(seconds: 1_767_225_600)
        static let all = [
            Answer(testDescription: "done", wait: nil) { .done },
            Answer(testDescription: "later", wait: .seconds(30)) { .requeue(after: .seconds(30)) },
            Answer(testDescription: "at a time", wait: .seconds(90)) { .requeueAt(start + .seconds(90)) },
            Answer(testDescription: "in a year", wait: .seconds(900)) { .requeueAt(start + .seconds(31_536_000)) },
            Answer(testDescription: "transient", wait: .seconds(1), failures: 1) { throw TestError(.transient) },
            Answer(testDescription: "foreign error", wait: .seconds(1), failures: 1) { throw CancellationError() },
            Answer(testDescription: "terminal", wait: nil) { throw TestError(.terminal) },
            Answer(testDescription: "told when", wait: .seconds(45)) {
                throw TestError(.waitUntil(start + .seconds(45)))
            },
        ]
    }

    @Test("cancels a reconcile that takes too long, and tries it again")
    func timeout() async {
        let logs = LogRecorder()
        let (calls, called) = AsyncStream<Int>.makeStream()
        let controller = controller(timeout: .seconds(5), logs: logs) { [clock] context in
            called.yield(context.failures)
            try await clock.sleep(until: .seconds(1000))
            return .done
        }
        let run = Task { await controller.run() }
        controller.queue.add(key)
        var failures = calls.makeAsyncIterator()
        #expect(await failures.next() == 0)
        await clock.untilSlept(for: .seconds(5))
        clock.advance(by: .seconds(5))
        await clock.untilSlept(for: .seconds(6))
        clock.advance(by: .seconds(1))
        #expect(await failures.next() == 1)
        #expect(logs.lines.contains { $0.contains("reason=ReconcileTimeout") })
        run.cancel()
        await clock.untilSlept(for: .seconds(16))
        clock.advance(by: .seconds(10))
        await run.value
    }

    @Test("lets a call under way finish when it is stopped, and begins no other")
    func gracefulStop() async {
        let (calls, called) = AsyncStream<Void>.makeStream()
        let finished = Mutex(0)
        let controller = controller { [clock] _ in
            called.yield()
            try await clock.sleep(until: .seconds(3))
            finished.withLock { $0 += 1 }
            return .requeue(after: .zero)
        }
        let run = Task { await controller.run() }
        controller.queue.add(key)
        for await _ in calls { break }
        await clock.untilSlept(for: .seconds(3))
        run.cancel()
        await clock.untilSlept(for: .seconds(10))
        clock.advance(by: .seconds(3))
        await run.value
        #expect(finished.withLock { $0 } == 1)
    }

    @Test("cancels calls at once without a grace, or when the term is lost", arguments: [true, false])
    func hardStop(lost: Bool) async {
        let (calls, called) = AsyncStream<Void>.makeStream()
        let controller = controller(grace: lost ? .seconds(10) : .zero) { [clock] _ in
            called.yield()
            try await clock.sleep(until: .seconds(1000))
            return .done
        }
        let term = ShardTerm(Shard(0, of: 1), clock: clock)
        let run = Task { await controller.run(during: term) }
        controller.queue.add(key)
        for await _ in calls { break }
        if lost { term.lose() } else { run.cancel() }
        await run.value
        #expect(controller.queue.activeCount == 0)
        #expect(controller.queue.depth == 1, "the key is still to be worked on")
    }

    @Test("changes nothing once its term is over by the clock, whether or not anybody has said so")
    func fence() async {
        let (answers, answered) = AsyncStream<Bool>.makeStream()
        let controller = controller { [clock] _ in
            for moment: Duration in [.seconds(3), .seconds(4)] {
                // What the reconciler starts is fenced as well.
                await Task { try? await clock.sleep(until: moment) }.value
                answered.yield(await Task { Fence.mayWrite }.value)
            }
            return .done
        }
        let term = ShardTerm(Shard(0, of: 1), until: .seconds(4), clock: clock)
        let run = Task { await controller.run(during: term) }
        controller.queue.add(key)
        var iterator = answers.makeAsyncIterator()
        await clock.untilSlept(for: .seconds(3))
        clock.advance(by: .seconds(3))
        #expect(await iterator.next() == true)
        await clock.untilSlept(for: .seconds(4))
        clock.advance(by: .seconds(1))
        #expect(await iterator.next() == false)
        #expect(!term.isLost)
        run.cancel()
        await run.value
    }

    @Test("works again after a stop, on what was added meanwhile")
    func restart() async {
        let (calls, called) = AsyncStream<Void>.makeStream()
        let controller = controller { _ in
            called.yield()
            return .done
        }
        let first = Task { await controller.run() }
        first.cancel()
        await first.value
        controller.queue.add(key)
        #expect(controller.queue.depth == 1)
        let second = Task { await controller.run() }
        for await _ in calls { break }
        second.cancel()
        await second.value
        #expect(controller.queue.depth == 0)
    }
}

struct ClosureReconciler: Reconciler {
    let body: @Sendable (ReconcileContext) async throws -> ReconcileResult

    func reconcile(_ key: NamespacedName, _ context: ReconcileContext) async throws -> ReconcileResult {
        try await body(context)
    }
}

struct TestError: SluiceError {
    let disposition: Disposition
    var reason: String { "Test" }
    var message: String { "it failed as it should" }

    init(_ disposition: Disposition) { self.disposition = disposition }
}

/// Keeps log lines, with their metadata sorted.
final class LogRecorder: Sendable {
    private let guarded = Mutex<[String]>([])

    var lines: [String] { guarded.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let text = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            recorder.guarded.withLock { $0.append("\(event.level) \(event.message)\(text)") }
        }
    }
}
