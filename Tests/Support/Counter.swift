internal import Synchronization

/// A number that many may take from.
package final class Counter: Sendable {
    private let left: Mutex<Int>

    package init(_ left: Int) {
        self.left = Mutex(left)
    }

    /// Takes one; false where none is left.
    package func take() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }
}
