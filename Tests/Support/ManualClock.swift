package import Core
internal import Synchronization

/// A clock that stands still until a test moves it; as a wall clock it began on 2026-01-01.
package final class ManualClock: MonotonicClock, WallClock {
    private struct Sleeper {
        let id: Int
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Guarded {
        var time: Duration = .zero
        var nextID = 0
        var sleepers: [Sleeper] = []
        var observers: [(deadline: Duration, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func start(_ sleeper: Sleeper, cancelled: Bool) {
            guard !cancelled else { return sleeper.continuation.resume(throwing: CancellationError()) }
            guard sleeper.deadline > time else { return sleeper.continuation.resume() }
            sleepers.append(sleeper)
            for observer in observers where observer.deadline == sleeper.deadline { observer.continuation.resume() }
            observers.removeAll { $0.deadline == sleeper.deadline }
        }
    }

    private let guarded = Mutex(Guarded())

    package init() {}

    package func now() -> Duration { guarded.withLock { $0.time } }

    package func now() -> Timestamp { Timestamp(seconds: 1_767_225_600) + guarded.withLock { $0.time } }

    /// The deadlines that somebody sleeps for, in order.
    package var deadlines: [Duration] { guarded.withLock { $0.sleepers.map(\.deadline).sorted() } }

    package func advance(by duration: Duration) {
        let due = guarded.withLock { guarded in
            guarded.time += duration
            let due = guarded.sleepers.filter { $0.deadline <= guarded.time }
            guarded.sleepers.removeAll { $0.deadline <= guarded.time }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until somebody sleeps for exactly this deadline.
    package func untilSlept(for deadline: Duration) async {
        await withCheckedContinuation { continuation in
            let now = guarded.withLock { guarded in
                if guarded.sleepers.contains(where: { $0.deadline == deadline }) { return true }
                guarded.observers.append((deadline, continuation))
                return false
            }
            if now { continuation.resume() }
        }
    }

    package func sleep(until deadline: Duration) async throws {
        let id = guarded.withLock { guarded in
            guarded.nextID += 1
            return guarded.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let sleeper = Sleeper(id: id, deadline: deadline, continuation: continuation)
                guarded.withLock { $0.start(sleeper, cancelled: Task.isCancelled) }
            }
        } onCancel: {
            let sleeper = guarded.withLock { guarded in
                guarded.sleepers.firstIndex { $0.id == id }.map { guarded.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
