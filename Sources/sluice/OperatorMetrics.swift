import ControllerRuntime
import Controllers
import Core
import Kustomize
import Server
import Sync

/// What the operator counts itself, read when metrics are asked for.
enum OperatorMetrics {
    static let help = [
        "sluice_leader": "1 where this replica works on a shard at least, 0 where it stands by.",
        "sluice_replicas": "How many replicas this one knows of, itself among them.",
        "sluice_shard_held": "1 where this replica works on a shard, 0 where it does not.",
        "sluice_renders_total": "Apps rendered.",
        "sluice_render_hits_total": "Renders reused.",
        "sluice_render_cache_bytes": "What reused renders take.",
        "sluice_git_mirror_bytes": "What the mirror of a repository takes on disk.",
        "sluice_sync_applied_total": "Objects applied.",
        "sluice_sync_pruned_total": "Objects pruned.",
        "sluice_sync_dry_runs_total": "Applies that only asked.",
        "sluice_sync_failed_total": "Actions that failed.",
        "sluice_git_operations_total": "Fetches and pushes.",
        "sluice_git_operation_duration_seconds": "How long they took.",
        "sluice_deployments_total": "Promotions that went live and were verified.",
        "sluice_deployment_lead_time_seconds": "From a promotion's request to its verification.",
        "sluice_change_failures_total": "Promotions that failed after their commit, or were rolled back.",
        "sluice_time_to_restore_seconds": "From a rollback's request to health.",
        "sluice_notifications_total": "Notifications by type, and what became of them.",
        "sluice_notification_duration_seconds": "How long deliveries took.",
        "sluice_api_requests_total": "Requests to API servers.",
        "sluice_api_request_duration_seconds": "How long they took; for a watch to the head of the answer.",
    ]

    static func samples(_ sluice: Operator) -> [PrometheusSample] {
        counters(sluice) + shards(sluice) + fleet(sluice)
    }

    private static func shards(_ sluice: Operator) -> [PrometheusSample] {
        let shards = sluice.shards
        return [
            PrometheusSample("sluice_leader", .gauge, sluice.state == .leading ? 1 : 0),
            PrometheusSample("sluice_replicas", .gauge, Double(shards.replicas)),
        ]
            + (0..<shards.count).map { index in
                PrometheusSample(
                    "sluice_shard_held", .gauge, labels: [("shard", "\(index)")],
                    sluice.state == .leading && shards.held.contains(index) ? 1 : 0)
            }
    }

    /// Only the replica that works on an object tells of it: all of them know the same.
    private static func fleet(_ sluice: Operator) -> [PrometheusSample] {
        guard sluice.state == .leading else { return [] }
        let objects = sluice.objects
        return FleetMetrics.samples(
            environments: objects.environments, promotions: objects.promotions, rollbacks: objects.rollbacks,
            now: SystemClock().now())
    }

    private static func counters(_ sluice: Operator) -> [PrometheusSample] {
        let renders = sluice.renderCounters
        let sync = sluice.syncCounters
        return [
            PrometheusSample("sluice_renders_total", .counter, Double(renders.renders)),
            PrometheusSample("sluice_render_hits_total", .counter, Double(renders.hits)),
            PrometheusSample(
                "sluice_render_cache_bytes", .gauge, Double(renders.bytes)),
            PrometheusSample("sluice_sync_applied_total", .counter, Double(sync.applied)),
            PrometheusSample("sluice_sync_pruned_total", .counter, Double(sync.pruned)),
            PrometheusSample(
                "sluice_sync_dry_runs_total", .counter, Double(sync.dryRuns)),
            PrometheusSample("sluice_sync_failed_total", .counter, Double(sync.failed)),
        ] + mirrors(sluice)
    }

    /// One for each repository; with several credentials its mirrors are added up.
    private static func mirrors(_ sluice: Operator) -> [PrometheusSample] {
        Dictionary(sluice.mirrors.map { ($0.repository, $0.bytes) }, uniquingKeysWith: +).map {
            PrometheusSample("sluice_git_mirror_bytes", .gauge, labels: [("repository", $0.key)], Double($0.value))
        }
    }
}
