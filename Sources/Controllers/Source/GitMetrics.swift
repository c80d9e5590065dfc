package import CoreMetrics
internal import Metrics

/// Counts what is asked of Git servers: `sluice_git_operations_total` by operation and result, and how long it takes.
///
/// No repository is named: there may be any number of them.
package struct GitMetrics: Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        /// A look at the remote, with what it brings.
        case fetch
        case push
    }

    /// How one ended.
    package enum Result: String, Sendable, CaseIterable {
        case success
        /// Somebody else was there first: nothing was pushed, and it is planned again.
        case rejected
        case error
    }

    private let counters: [[String]: Counter]
    private let timers: [Operation: CoreMetrics.Timer]

    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        var counters: [[String]: Counter] = [:]
        var timers: [Operation: CoreMetrics.Timer] = [:]
        for operation in Operation.allCases {
            for result in Result.allCases {
                let counter = Counter(
                    label: "sluice_git_operations_total",
                    dimensions: [("operation", operation.rawValue), ("result", result.rawValue)], factory: factory)
                // A series that is there from the start lets a rate see the first increase.
                counter.increment(by: 0)
                counters[[operation.rawValue, result.rawValue]] = counter
            }
            timers[operation] = Timer(
                label: "sluice_git_operation_duration_seconds", dimensions: [("operation", operation.rawValue)],
                factory: factory)
        }
        self.counters = counters
        self.timers = timers
    }

    package func finished(_ operation: Operation, _ result: Result, took: Duration) {
        counters[[operation.rawValue, result.rawValue]]?.increment()
        timers[operation]?.record(duration: took)
    }
}
