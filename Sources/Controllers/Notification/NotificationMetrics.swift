package import CoreMetrics
internal import Metrics
package import SluiceAPI

/// Counts what was told: `sluice_notifications_total` by type and result, and how long deliveries took.
package struct NotificationMetrics: Sendable {
    package enum Result: String, Sendable, CaseIterable {
        case delivered
        /// It failed and is tried again.
        case retried
        /// It failed for good, or too often.
        case failed
        /// There was no room for it, or nobody to take it any more.
        case dropped
    }

    private let counters: [[String]: Counter]
    private let timer: CoreMetrics.Timer

    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        var counters: [[String]: Counter] = [:]
        for type in NotificationType.allCases {
            for result in Result.allCases {
                let counter = Counter(
                    label: "sluice_notifications_total",
                    dimensions: [("type", type.rawValue), ("result", result.rawValue)], factory: factory)
                // A series that is there from the start lets a rate see the first increase.
                counter.increment(by: 0)
                counters[[type.rawValue, result.rawValue]] = counter
            }
        }
        self.counters = counters
        timer = Timer(label: "sluice_notification_duration_seconds", factory: factory)
    }

    package func note(_ type: NotificationType, _ result: Result, count: Int = 1) {
        counters[[type.rawValue, result.rawValue]]?.increment(by: count)
    }

    package func took(_ duration: Duration) { timer.record(duration: duration) }
}
