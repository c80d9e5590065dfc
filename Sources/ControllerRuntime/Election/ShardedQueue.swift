package import Core
package import KubernetesModel
internal import Synchronization

/// A key that belongs to a namespace, and with it to a shard.
package protocol ShardedKey: Hashable, Sendable {
    var namespace: String { get }
}

extension NamespacedName: ShardedKey {}

/// One queue for each shard that this process works on.
///
/// A key of another shard is dropped: whoever takes a shard looks at everything in it, so nothing is lost.
package final class ShardedQueue<Key: ShardedKey>: Sendable {
    /// All of one count.
    private let queues = Mutex<[Shard: WorkQueue<Key>]>([:])

    private let clock: any MonotonicClock

    package init(clock: any MonotonicClock = UptimeClock()) {
        self.clock = clock
    }

    /// A new queue, to which the shard's keys go from now on.
    package func open(_ shard: Shard) -> WorkQueue<Key> {
        let queue = WorkQueue<Key>(clock: clock)
        queues.withLock { $0[shard] = queue }
        return queue
    }

    /// Ends what ``open(_:)`` began.
    package func close(_ shard: Shard) {
        queues.withLock { $0.removeValue(forKey: shard) }?.close()
    }

    /// Asks for work on a key as soon as possible.
    package func add(_ key: Key) {
        queue(of: key)?.add(key)
    }

    /// Asks for work on several keys, in this order.
    package func add(_ keys: some Sequence<Key>) {
        for key in keys { add(key) }
    }

    /// Whether a key is of a shard that this process works on.
    package func takes(_ key: Key) -> Bool { queue(of: key) != nil }

    private func queue(of key: Key) -> WorkQueue<Key>? {
        queues.withLock { queues in
            guard let count = queues.first?.key.count else { return nil }
            return queues[Shard(of: key.namespace, among: count)]
        }
    }
}
