internal import Synchronization

/// A time during which this process leads, from an election to the moment it can no longer be sure.
package final class LeaderTerm: Sendable {
    private struct Guarded {
        var isLost = false
        var handlers: [@Sendable () -> Void] = []
    }

    private let guarded = Mutex(Guarded())

    package init() {}

    /// Whether somebody else may lead by now. Once true it stays.
    package var isLost: Bool { guarded.withLock { $0.isLost } }

    /// Calls `handler` when the term is lost; at once if it is lost already. It must not block.
    package func onLoss(_ handler: @escaping @Sendable () -> Void) {
        let lost = guarded.withLock { guarded in
            if !guarded.isLost { guarded.handlers.append(handler) }
            return guarded.isLost
        }
        if lost { handler() }
    }

    func lose() {
        let handlers = guarded.withLock { guarded in
            guarded.isLost = true
            defer { guarded.handlers = [] }
            return guarded.handlers
        }
        for handler in handlers { handler() }
    }
}
