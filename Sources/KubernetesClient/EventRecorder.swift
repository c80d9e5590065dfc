package import Core
internal import KubernetesModel
package import Logging
internal import Synchronization

/// Writes events about objects: best effort, never in the way of the work they tell of.
///
/// Flow: ``record(_:)`` puts an event in a bounded queue and returns; ``run()`` sends them one after the other. A full
/// queue and a server that refuses lose events, which a counter tells; nothing is retried.
package final class EventRecorder: Sendable {
    /// The most events that wait.
    static let queueLimit = 1000

    private struct State {
        var queue: [(event: ObjectEvent, trace: TraceContext?)] = []
        var waiter: CheckedContinuation<Void, Never>?
        var lost = 0
    }

    private let client: KubernetesClient
    private let controller: String
    private let instance: String
    private let logger: Logger
    private let clock: any WallClock
    private let suffix: @Sendable () -> String
    private let traceAnnotation: String?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - controller: who reports, for example `sluice.dev/operator`.
    ///   - instance: which replica, for example the Pod's name.
    ///   - traceAnnotation: under which annotation an event names the trace in which it happened; nil for none.
    package init(
        client: KubernetesClient, controller: String, instance: String, logger: Logger,
        traceAnnotation: String? = nil, clock: any WallClock = SystemClock(),
        suffix: @escaping @Sendable () -> String = { String(UInt64.random(in: .min ... .max), radix: 16) }
    ) {
        self.client = client
        self.controller = controller
        self.instance = instance
        self.logger = logger
        self.clock = clock
        self.suffix = suffix
        self.traceAnnotation = traceAnnotation
    }

    /// How many events were lost.
    package var lost: Int { state.withLock { $0.lost } }

    package func record(_ event: ObjectEvent) {
        let trace = TraceContext.current
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.queue.count < EventRecorder.queueLimit else {
                state.lost += 1
                return nil
            }
            state.queue.append((event, trace))
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Sends events until the task is cancelled.
    package func run() async {
        var sender = EventSender(
            client: client, controller: controller, instance: instance, clock: clock, suffix: suffix)
        while !Task.isCancelled {
            for (event, trace) in await take() {
                if Task.isCancelled { return }
                do throws(KubernetesError) {
                    try await sender.send(event, annotations: annotations(trace))
                } catch {
                    state.withLock { $0.lost += 1 }
                    if !error.isCancelled {
                        logger.debug(
                            "an event was not written",
                            metadata: Dictionary([.reason: event.reason, .error: error.message]))
                    }
                }
            }
        }
    }

    private func annotations(_ trace: TraceContext?) -> JSONObject {
        guard let traceAnnotation, let trace else { return [:] }
        return [traceAnnotation: .string(trace.traceID)]
    }

    /// All that waits, at least one unless cancelled.
    private func take() async -> [(event: ObjectEvent, trace: TraceContext?)] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Bool in
                    guard state.queue.isEmpty, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        return state.withLock { state in
            defer { state.queue = [] }
            return state.queue
        }
    }
}
