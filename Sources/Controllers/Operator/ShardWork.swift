package import ControllerRuntime
internal import KubernetesModel
package import Logging

/// The controllers for the objects of one shard.
package struct ShardWork: Sendable {
    /// How long calls under way may go on once the shard is to be given up: others wait for it.
    private static let grace = Duration.seconds(3)

    private let context: OperatorContext
    private let workers: Int
    private let logger: Logger

    /// - Parameter workers: how many objects of one kind are worked on at once.
    package init(context: OperatorContext, workers: Int, logger: Logger) {
        self.context = context
        self.workers = workers
        self.logger = logger
    }

    /// Works until the task is cancelled or the term is lost. What is known of the shard's objects from an earlier term is
    /// forgotten at the start: others may have worked on them since.
    package func run(_ term: ShardTerm) async {
        let shard = term.shard
        context.turns.forget { shard.holds($0.namespace) }
        context.clusters.expect(context.environments.names)
        let environments = controller(
            "environment", EnvironmentReconciler(context), context.environmentQueue, shard, timeout: .seconds(900))
        let promotions = controller("promotion", PromotionReconciler(context), context.promotionQueue, shard)
        let rollbacks = controller("rollback", RollbackReconciler(context), context.rollbackQueue, shard)
        let upkeep = controller("upkeep", UpkeepReconciler(context), context.upkeepQueue, shard)
        // The queues are open by now: what changes from here on is not missed.
        let names = context.environments.names.filter { shard.holds($0.namespace) }
        environments.queue.add(names)
        promotions.queue.add(context.promotions.names.filter { shard.holds($0.namespace) })
        rollbacks.queue.add(context.rollbacks.names.filter { shard.holds($0.namespace) })
        upkeep.queue.add(Set(names.map(\.namespace)).map(NamespaceKey.init))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await environments.run(during: term) }
            group.addTask { await promotions.run(during: term) }
            group.addTask { await rollbacks.run(during: term) }
            group.addTask { await upkeep.run(during: term) }
        }
        context.environmentQueue.close(shard)
        context.promotionQueue.close(shard)
        context.rollbackQueue.close(shard)
        context.upkeepQueue.close(shard)
    }

    private func controller<R: Reconciler>(
        _ name: String, _ reconciler: R, _ queue: ShardedQueue<R.Key>, _ shard: Shard,
        timeout: Duration = .seconds(300)
    ) -> Controller<R> where R.Key: ShardedKey {
        var options = Controller<R>.Options()
        options.workers = workers
        options.timeout = timeout
        options.grace = Self.grace
        return Controller(
            name, reconciler, queue: queue.open(shard), options: options, logger: logger,
            metrics: ControllerMetrics(controller: name, shard: shard), clock: context.pace, wallClock: context.clock)
    }
}

extension OperatorContext {
    /// Lets go of the Environments that another replica works on now: their sources are followed and their objects watched
    /// there.
    ///
    /// What nobody has taken over stays, for it most likely comes back to this process.
    func give(away shards: ShardView) {
        let left = environments.names.filter { shards.isElsewhere($0.namespace) }
        for name in left {
            clusters.forget(name, isElsewhere: true)
            references.retain([], for: name)
        }
        Task { for name in left { await sources.unfollow(name) } }
    }
}
