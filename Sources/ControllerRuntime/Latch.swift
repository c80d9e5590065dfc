internal import Synchronization

/// A value that comes once, and that any number of tasks wait for.
package final class Latch<Value: Sendable>: Sendable {
    private struct Guarded {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var next = 0
    }

    private let guarded = Mutex(Guarded())

    package init() {}

    /// The value, if it has come.
    package var value: Value? { guarded.withLock { $0.value } }

    /// Sets the value and wakes everybody; later values are dropped.
    package func set(_ value: Value) {
        let waiters = guarded.withLock { guarded in
            guard guarded.value == nil else { return [Int: CheckedContinuation<Value?, Never>]() }
            guarded.value = value
            defer { guarded.waiters = [:] }
            return guarded.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: value) }
    }

    /// Returns the value once it has come; throws `CancellationError` when the task is cancelled first.
    package func wait() async throws -> Value {
        let id = guarded.withLock { guarded in
            guarded.next += 1
            return guarded.next
        }
        let value = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
                let now = guarded.withLock { guarded -> Value?? in
                    if let value = guarded.value { return .some(value) }
                    if Task.isCancelled { return .some(nil) }
                    guarded.waiters[id] = continuation
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            guarded.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
        guard let value else { throw CancellationError() }
        return value
    }
}
