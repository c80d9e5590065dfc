internal import Synchronization

/// How many large request bodies may be in memory at a time: whoever reaches the port may send one.
final class LargeBodies: Sendable {
    private let free: Mutex<Int>

    init(limit: Int) {
        free = Mutex(limit)
    }

    /// Whether there is room for one more; if so, ``leave()`` is owed.
    func enter() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func leave() { free.withLock { $0 += 1 } }
}
