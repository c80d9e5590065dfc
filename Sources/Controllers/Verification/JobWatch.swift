internal import Core
internal import KubernetesClient
package import KubernetesModel
internal import SluiceAPI
internal import Sync
internal import Synchronization

/// Tells promotions of changes of the Jobs that verify them.
///
/// Flow: a look at a promotion begins with ``follow(_:of:on:)`` and reads its Jobs after that, so that no change falls
/// between the two; ``forget(_:)`` when it has ended. Guarantees: one watch for each cluster in which there are such
/// Jobs, of labelled Jobs only and with the operator's own rights, and none where there are none.
package final class JobWatch: Sendable {
    private struct Watch {
        /// Held, so that its identity stays its own.
        let cluster: ClusterSync
        let task: Task<Void, Never>
        /// Whether all changes are heard at the moment.
        var isLive = false
        var followers: [NamespacedName: Set<NamespacedName>] = [:]
    }

    private let watches = Mutex<[ObjectIdentifier: Watch]>([:])
    private let changed: @Sendable (NamespacedName) -> Void

    /// - Parameter changed: told of each promotion one of whose Jobs changed. Must not block.
    package init(changed: @escaping @Sendable (NamespacedName) -> Void) {
        self.changed = changed
    }

    deinit {
        for watch in watches.withLock({ Array($0.values) }) { watch.task.cancel() }
    }

    /// Follows exactly these Jobs of a cluster for a promotion, whether they exist already or not.
    ///
    /// - Returns: whether their changes are told; where they are not, for want of rights or of a connection, somebody has
    ///   to look.
    func follow(_ jobs: Set<NamespacedName>, of promotion: NamespacedName, on cluster: ClusterSync) -> Bool {
        let id = ObjectIdentifier(cluster)
        guard !jobs.isEmpty else {
            forget(promotion)
            return true
        }
        let (idle, isLive) = watches.withLock { watches in
            for other in watches.keys where other != id { watches[other]?.followers[promotion] = nil }
            var watch = watches[id] ?? Watch(cluster: cluster, task: start(on: cluster))
            watch.followers[promotion] = jobs
            watches[id] = watch
            return (Self.takeIdle(&watches), watch.isLive)
        }
        for task in idle { task.cancel() }
        return isLive
    }

    /// Ends what ``follow(_:of:on:)`` began.
    func forget(_ promotion: NamespacedName) {
        let idle = watches.withLock { watches in
            for id in watches.keys { watches[id]?.followers[promotion] = nil }
            return Self.takeIdle(&watches)
        }
        for task in idle { task.cancel() }
    }

    private static func takeIdle(_ watches: inout [ObjectIdentifier: Watch]) -> [Task<Void, Never>] {
        let idle = watches.filter { $0.value.followers.isEmpty }
        for id in idle.keys { watches[id] = nil }
        return idle.values.map(\.task)
    }

    private func start(on cluster: ClusterSync) -> Task<Void, Never> {
        let id = ObjectIdentifier(cluster)
        let client = try? cluster.client(as: nil)
        // Its first event waits for the lock that is held here, and so finds the watch in its place. It outlasts the
        // reconcile that happens to ask first, and so bears no trace of that.
        return TraceContext.$current.withValue(nil) {
            Task { [weak self] in
                guard let client else { return }
                let reflector = Reflector(
                    client: client, resource: JobRunner.resource, selector: ObjectSelector(labels: Label.promotion))
                await reflector.run { [weak self] event in self?.handle(event, from: id) }
            }
        }
    }

    private func handle(_ event: ReflectorEvent, from id: ObjectIdentifier) {
        let told: [NamespacedName] = watches.withLock { watches in
            guard let watch = watches[id] else { return [] }
            switch event {
            case .upsert(let job), .delete(let job):
                return watch.followers.filter { $0.value.contains(job.namespacedName) }.map(\.key)
            case .connected:
                watches[id]?.isLive = true
                // Those that looked before it was live look again, and then at nothing but what they are told of.
                return watch.isLive ? [] : Array(watch.followers.keys)
            case .disconnected:
                watches[id]?.isLive = false
                return watch.isLive ? Array(watch.followers.keys) : []
            case .begin, .finish:
                return []
            }
        }
        for promotion in told { changed(promotion) }
    }
}
