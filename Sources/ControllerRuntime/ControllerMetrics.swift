package import CoreMetrics
internal import Metrics

/// What one controller counts and measures.
///
/// The only labels are the controller's name and four results, and for the state of a queue the shard.
package struct ControllerMetrics: Sendable {
    /// How a reconcile ended, as a label.
    package enum Result: String, Sendable, CaseIterable {
        case success
        case requeue
        /// It will be tried again by itself.
        case error
        /// It waits for a change.
        case terminal
    }

    private let reconciles: [Result: Counter]
    private let duration: CoreMetrics.Timer
    private let wait: CoreMetrics.Timer
    private let depth: Meter
    private let active: Meter

    /// - Parameters:
    ///   - controller: a constant name, lower case.
    ///   - shard: whose keys it works on.
    package init(
        controller: String, shard: Shard = Shard(0, of: 1), factory: any MetricsFactory = MetricsSystem.factory
    ) {
        let labels = [("controller", controller)]
        let queue = labels + [("shard", "\(shard.index)")]
        reconciles = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                let counter = Counter(
                    label: "sluice_reconcile_total", dimensions: labels + [("result", result.rawValue)],
                    factory: factory)
                // A series that is there from the start lets a rate see the first increase.
                counter.increment(by: 0)
                return (result, counter)
            })
        duration = Timer(label: "sluice_reconcile_duration_seconds", dimensions: labels, factory: factory)
        wait = Timer(label: "sluice_workqueue_wait_seconds", dimensions: labels, factory: factory)
        depth = Meter(label: "sluice_workqueue_depth", dimensions: queue, factory: factory)
        active = Meter(label: "sluice_workqueue_active", dimensions: queue, factory: factory)
        depth.set(0)
        active.set(0)
    }

    func took(waited: Duration) {
        wait.record(duration: waited)
    }

    func finished(_ result: Result, took: Duration) {
        reconciles[result]?.increment()
        duration.record(duration: took)
    }

    func queue(depth: Int, active: Int) {
        self.depth.set(depth)
        self.active.set(active)
    }
}
