/// How well an object, an app or an environment is.
package enum HealthStatus: String, Sendable, Hashable, Comparable, CaseIterable {
    case healthy = "Healthy"
    case suspended = "Suspended"
    case progressing = "Progressing"
    case unknown = "Unknown"
    case missing = "Missing"
    case degraded = "Degraded"

    private var severity: Int {
        switch self {
        case .healthy: 0
        case .suspended: 1
        case .progressing: 2
        case .unknown: 3
        case .missing: 4
        case .degraded: 5
        }
    }

    /// Worse is greater.
    package static func < (a: HealthStatus, b: HealthStatus) -> Bool { a.severity < b.severity }
}

/// A verdict on one object, with what a person wants to know about it.
package struct Health: Sendable, Hashable {
    package let status: HealthStatus
    /// One sentence; empty where there is nothing to add.
    package let message: String

    package init(_ status: HealthStatus, _ message: String = "") {
        self.status = status
        self.message = message
    }

    package static let healthy = Health(.healthy)

    /// The worst of several verdicts, the first among equals; healthy where there are none.
    package static func worst(of verdicts: some Sequence<Health>) -> Health {
        var worst = Health.healthy
        for verdict in verdicts where verdict.status > worst.status { worst = verdict }
        return worst
    }
}
