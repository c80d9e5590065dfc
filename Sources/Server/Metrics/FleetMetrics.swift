package import Core
internal import KubernetesModel
package import SluiceAPI

/// What the statuses of this project's objects say, as metrics: where each app stands, and what holds promotions.
///
/// Read at each scrape from the caches, by the replica that works on them. The labels are names of objects that exist and words
/// of the API; finished promotions and rollbacks are only counted. So there are as many series as there are apps, plus a
/// few for each environment and each promotion under way, and never more than ``seriesLimit`` of one name.
package struct FleetMetrics {
    package static let help = [
        "sluice_environment_info": "1 for each Environment, by its phase.",
        "sluice_environment_condition": "1 for each condition of an Environment, by its status and reason.",
        "sluice_environment_apps": "How many apps an Environment has: all, synced, healthy, out of sync, degraded.",
        "sluice_environment_window_open": "1 where the windows of an Environment are open.",
        "sluice_environment_held_apps": "How many apps of an Environment are held.",
        "sluice_environment_last_rollback_timestamp_seconds": "When a Rollback was last committed.",
        "sluice_app_info": "1 for each app, by how it compares to Git and how well it is.",
        "sluice_promotions": "How many Promotions there are in each phase.",
        "sluice_promotion_running_seconds": "How long ago a Promotion was committed that has not ended.",
        "sluice_promotion_gate": "1 for each gate that holds a Promotion, by the reason.",
        "sluice_rollbacks": "How many Rollbacks there are in each phase.",
    ]

    /// The most series of one metric; what comes after is counted in `sluice_metrics_dropped_series_total`.
    package static let seriesLimit = 20_000

    private var samples: [PrometheusSample] = []
    private let now: Timestamp

    package static func samples(
        environments: [Environment], promotions: [Promotion], rollbacks: [Rollback], now: Timestamp
    ) -> [PrometheusSample] {
        var metrics = FleetMetrics(now: now)
        for environment in environments { metrics.add(environment) }
        metrics.add(promotions)
        metrics.add(rollbacks)
        return metrics.bounded
    }

    private init(now: Timestamp) { self.now = now }

    private mutating func add(_ name: String, _ value: Double, _ labels: [(String, String)]) {
        samples.append(PrometheusSample(name, .gauge, labels: labels, value))
    }

    private mutating func add(_ environment: Environment) {
        let name = [("namespace", environment.metadata.namespace), ("environment", environment.metadata.name)]
        let status = environment.status
        add("sluice_environment_info", name + [("phase", status.phase?.rawValue ?? "Unknown")])
        for condition in status.conditions {
            add(
                "sluice_environment_condition",
                name + [("type", condition.type), ("status", condition.status.rawValue), ("reason", condition.reason)])
        }
        let counts = status.counts
        for (state, count) in [
            ("all", counts.apps), ("synced", counts.synced), ("healthy", counts.healthy),
            ("out_of_sync", counts.outOfSync), ("degraded", counts.degraded),
        ] {
            add("sluice_environment_apps", Double(count), name + [("state", state)])
        }
        if let window = status.window { add("sluice_environment_window_open", window.open ? 1 : 0, name) }
        add("sluice_environment_held_apps", Double(status.holds.count), name)
        for app in status.apps {
            add(
                "sluice_app_info",
                name + [
                    ("app", app.name), ("sync_status", (app.sync ?? .unknown).rawValue),
                    ("health_status", (app.health ?? .unknown).rawValue),
                ])
        }
    }

    private mutating func add(_ promotions: [Promotion]) {
        var counts: [[String]: Int] = [:]
        for promotion in promotions {
            let (namespace, environment) = (promotion.metadata.namespace, promotion.spec.environment)
            let phase = promotion.status.phase
            counts[[namespace, environment, phase?.rawValue ?? "New"], default: 0] += 1
            guard promotion.status.timestamps.finished == nil else { continue }
            let name = [
                ("namespace", namespace), ("environment", environment), ("promotion", promotion.metadata.name),
            ]
            if let committed = promotion.status.timestamps.committed {
                add("sluice_promotion_running_seconds", max(0, (now - committed) / .seconds(1)), name)
            }
            for gate in promotion.status.gates where gate.state != .open {
                let reason = gate.reason?.rawValue ?? ""
                add("sluice_promotion_gate", name + [("gate", gate.name.rawValue), ("reason", reason)])
            }
        }
        count("sluice_promotions", counts)
    }

    private mutating func add(_ rollbacks: [Rollback]) {
        var counts: [[String]: Int] = [:]
        var last: [[String]: Timestamp] = [:]
        for rollback in rollbacks {
            let key = [rollback.metadata.namespace, rollback.spec.environment]
            counts[key + [rollback.status.phase?.rawValue ?? "New"], default: 0] += 1
            if let committed = rollback.status.timestamps.committed {
                last[key] = max(last[key] ?? committed, committed)
            }
        }
        count("sluice_rollbacks", counts)
        for (key, time) in last {
            add(
                "sluice_environment_last_rollback_timestamp_seconds", Double(time.microseconds) / 1e6,
                [("namespace", key[0]), ("environment", key[1])])
        }
    }

    /// - Parameter counts: by namespace, environment and phase.
    private mutating func count(_ name: String, _ counts: [[String]: Int]) {
        for (key, count) in counts {
            add(name, Double(count), [("namespace", key[0]), ("environment", key[1]), ("phase", key[2])])
        }
    }

    /// The first ``seriesLimit`` samples of each name, and how many there would have been.
    private var bounded: [PrometheusSample] {
        var seen: [String: Int] = [:]
        var kept = samples.filter { sample in
            seen[sample.name, default: 0] += 1
            return seen[sample.name, default: 0] <= Self.seriesLimit
        }
        for (name, count) in seen where count > Self.seriesLimit {
            kept.append(
                PrometheusSample(
                    "sluice_metrics_dropped_series_total", .counter, labels: [("metric", name)],
                    Double(count - Self.seriesLimit)))
        }
        return kept
    }
}

extension FleetMetrics {
    private mutating func add(_ name: String, _ labels: [(String, String)]) { add(name, 1, labels) }
}
