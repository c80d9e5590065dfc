package import Core
internal import Synchronization

/// A time during which one shard is this process's to work on, from an election to the moment it can no longer be sure.
package final class ShardTerm: Sendable {
    private struct Guarded {
        var until: Duration
        var isLost = false
        var handlers: [@Sendable () -> Void] = []
    }

    package let shard: Shard
    private let clock: any MonotonicClock
    private let guarded: Mutex<Guarded>

    /// - Parameter until: when it is over unless it is extended, on `clock`; by default never, for a process that asks
    ///   nobody.
    package init(_ shard: Shard, until: Duration = .seconds(Int64.max / 4), clock: any MonotonicClock = UptimeClock()) {
        self.shard = shard
        self.clock = clock
        guarded = Mutex(Guarded(until: until))
    }

    /// Whether somebody else may hold the shard by now. Once true it stays.
    package var isLost: Bool { guarded.withLock { $0.isLost } }

    /// What has to be asked before each change that the work on this shard makes.
    ///
    /// It closes by time alone, too: whoever should have told the loss may not have had a chance yet.
    package var fence: Fence {
        Fence { [self] in guarded.withLock { !$0.isLost && clock.now() < $0.until } }
    }

    /// Calls `handler` when the term is lost; at once if it is lost already. It must not block.
    package func onLoss(_ handler: @escaping @Sendable () -> Void) {
        let lost = guarded.withLock { guarded in
            if !guarded.isLost { guarded.handlers.append(handler) }
            return guarded.isLost
        }
        if lost { handler() }
    }

    func extend(until: Duration) {
        guarded.withLock { $0.until = max($0.until, until) }
    }

    package func lose() {
        let handlers = guarded.withLock { guarded in
            guarded.isLost = true
            defer { guarded.handlers = [] }
            return guarded.handlers
        }
        for handler in handlers { handler() }
    }
}
