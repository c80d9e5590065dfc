package import Core
package import Logging

/// Calls a reconciler for the keys of a queue, with a number of workers.
///
/// Flow: others add keys to ``queue`` at any time; ``run(during:)`` works until its task is cancelled, and may be called
/// again then. Guarantees: one call at a time per key; on cancellation no new call begins, calls under way may finish
/// within the grace and are cancelled then, or at once when the term is lost, and ``run(during:)`` returns when the last
/// one has ended. No call changes anything outside the process once the term's fence is closed. Keys that were not finished are still in the queue.
package final class Controller<R: Reconciler>: Sendable {
    package struct Options: Sendable {
        /// How many keys are worked on at once.
        package var workers = 4
        /// The longest a call may take before it is cancelled and counts as failed.
        package var timeout: Duration = .seconds(300)
        /// How long calls under way may go on after ``Controller/run(during:)`` was cancelled.
        package var grace: Duration = .seconds(10)

        package init() {}
    }

    package let name: String
    package let queue: WorkQueue<R.Key>
    private let reconciler: R
    private let options: Options
    private let logger: Logger
    private let metrics: ControllerMetrics
    private let clock: any MonotonicClock
    private let wallClock: any WallClock
    private let identifiers: @Sendable () -> String

    /// - Parameters:
    ///   - name: a constant, lower-case name, for logs and metrics.
    ///   - queue: by default one with the default backoff.
    ///   - identifiers: makes the id of each reconcile.
    package init(
        _ name: String, _ reconciler: R, queue: WorkQueue<R.Key>? = nil, options: Options = Options(),
        logger: Logger, metrics: ControllerMetrics? = nil, clock: any MonotonicClock = UptimeClock(),
        wallClock: any WallClock = SystemClock(), identifiers: @escaping @Sendable () -> String = randomReconcileID
    ) {
        self.name = name
        self.reconciler = reconciler
        self.queue = queue ?? WorkQueue(clock: clock)
        self.options = options
        var logger = logger
        logger[.controller] = .string(name)
        self.logger = logger
        self.metrics = metrics ?? ControllerMetrics(controller: name)
        self.clock = clock
        self.wallClock = wallClock
        self.identifiers = identifiers
    }

    /// Works until the task is cancelled; see the type's guarantees.
    ///
    /// - Parameter term: the term that this work needs, if any.
    package func run(during term: ShardTerm? = nil) async {
        queue.resume()
        // Workers are no child tasks: cancelling this task must not cancel a call before its grace is over.
        let workers = Fence.$current.withValue(term?.fence) {
            (0..<max(options.workers, 1)).map { _ in Task { await self.work() } }
        }
        let abort = { @Sendable in
            for worker in workers { worker.cancel() }
        }
        // A cancelled worker takes no further key.
        term?.onLoss(abort)
        await withTaskCancellationHandler {
            for worker in workers { await worker.value }
        } onCancel: {
            queue.pause()
            guard options.grace > .zero else { return abort() }
            let end = clock.now() + options.grace
            Task { [clock] in
                try? await clock.sleep(until: end)
                abort()
            }
        }
    }

    private func work() async {
        while let taken = await queue.next() {
            metrics.took(waited: taken.waited)
            metrics.queue(depth: queue.depth, active: queue.activeCount)
            queue.finish(taken.key, await call(taken))
            metrics.queue(depth: queue.depth, active: queue.activeCount)
        }
    }

    /// One call of the reconciler, with all that surrounds it: a span of its own.
    private func call(_ taken: WorkQueueState<R.Key>.Taken) async -> WorkQueueState<R.Key>.Outcome {
        let id = identifiers()
        return await TraceContext.$current.withValue(TraceContext(spanID: id)) { await call(taken, id: id) }
    }

    private func call(_ taken: WorkQueueState<R.Key>.Taken, id: String) async -> WorkQueueState<R.Key>.Outcome {
        var logger = logger
        for (key, value) in taken.key.logMetadata { logger[metadataKey: key] = value }
        logger[.reconcile] = .string(id)
        let context = ReconcileContext(logger: logger, reconcileID: id, failures: taken.failures)
        let start = clock.now()
        let outcome: WorkQueueState<R.Key>.Outcome
        let result: ControllerMetrics.Result
        do {
            let answer = try await limited(taken.key, context)
            (outcome, result) = finish(answer)
            logger.debug("Reconciled", metadata: .init([.duration: milliseconds(since: start)]))
        } catch {
            (outcome, result) = handle(error, logger, start: start, cancelled: Task.isCancelled)
        }
        metrics.finished(result, took: clock.now() - start)
        return outcome
    }

    private func finish(_ answer: ReconcileResult) -> (WorkQueueState<R.Key>.Outcome, ControllerMetrics.Result) {
        switch answer {
        case .done: (.done, .success)
        case .requeue(let delay): (.again(at: clock.now() + delay), .requeue)
        case .requeueAt(let moment): (.again(at: monotonic(moment)), .requeue)
        }
    }

    private func handle(
        _ error: any Error, _ logger: Logger, start: Duration, cancelled: Bool
    ) -> (WorkQueueState<R.Key>.Outcome, ControllerMetrics.Result) {
        // The process is stopping or leads no more, and the error is most likely the stop itself.
        if cancelled {
            logger.debug("Reconcile was stopped", metadata: .init([.error: "\(error)".bounded(to: 2048)]))
            return (.again(at: clock.now()), .error)
        }
        var metadata: Logger.Metadata = [
            LogKey.error.rawValue: .string("\(error)".bounded(to: 2048)),
            LogKey.duration.rawValue: .stringConvertible(milliseconds(since: start)),
        ]
        let known = error as? any SluiceError
        metadata[LogKey.reason.rawValue] = known.map { .string($0.reason) }
        switch known?.disposition ?? .transient {
        case .transient:
            logger.warning("Reconcile failed and is tried again", metadata: metadata)
            return (.failed, .error)
        case .terminal:
            logger.warning("Reconcile failed and waits for a change", metadata: metadata)
            return (.done, .terminal)
        case .waitUntil(let moment):
            logger.warning("Reconcile failed and is tried again at the time it was told", metadata: metadata)
            return (.held(until: monotonic(moment)), .error)
        }
    }

    /// Calls the reconciler and cancels it when its time is over; returns or throws only when it has ended.
    private func limited(_ key: R.Key, _ context: ReconcileContext) async throws -> ReconcileResult {
        let deadline = clock.now() + options.timeout
        let limit = options.timeout
        return try await withThrowingTaskGroup(of: ReconcileResult?.self) { group in
            group.addTask { [reconciler] in try await reconciler.reconcile(key, context) }
            group.addTask { [clock] in
                try await clock.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                group.cancelAll()
                // The call may have ended well just now, which is as good as in time.
                if let late = try? await group.next(), let result = late { return result }
                throw ReconcileTimeout(limit: limit)
            }
            return result
        }
    }

    /// The monotonic clock's time at a moment of the wall clock, or in a quarter of an hour if that is earlier: the
    /// wall clock may be set meanwhile, and a reconcile that finds nothing to do costs next to nothing.
    private func monotonic(_ moment: Timestamp) -> Duration {
        clock.now() + min(max(moment - wallClock.now(), .zero), .seconds(900))
    }

    private func milliseconds(since start: Duration) -> Int64 {
        (clock.now() - start).microseconds / 1000
    }
}

/// Sixteen random hexadecimal digits.
package let randomReconcileID: @Sendable () -> String = {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
