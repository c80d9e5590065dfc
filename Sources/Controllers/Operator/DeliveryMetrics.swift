internal import Core
internal import KubernetesModel
internal import Metrics
internal import SluiceAPI

/// What teams measure their delivery by, told when a promotion or rollback comes to its end: how often versions go live,
/// how long they take from the request, how many of them fail, and how long it takes to put that right.
///
/// The labels are the Environment's namespace and name, and few words: as many series as there are Environments.
struct DeliveryMetrics: Sendable {
    static let deployments = "sluice_deployments_total"
    static let leadTime = "sluice_deployment_lead_time_seconds"
    static let failures = "sluice_change_failures_total"
    static let restore = "sluice_time_to_restore_seconds"

    private let factory: any MetricsFactory

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    /// A promotion's status was written.
    func note(_ promotion: Promotion, became next: PromotionStatus, now: Timestamp) {
        let before = promotion.status.attempt == next.attempt ? promotion.status : PromotionStatus()
        guard before.phase != next.phase, !next.commit.isEmpty else { return }
        let labels = labels(promotion.metadata.namespace, promotion.spec.environment)
        switch next.phase {
        case .succeeded?:
            counter(Self.deployments, labels).increment()
            if let requested = next.timestamps.requested {
                timer(Self.leadTime, labels).record(
                    duration: (next.timestamps.verified ?? now) - requested)
            }
        case .failed?: counter(Self.failures, labels).increment()
        // One that had failed before has been counted.
        case .rolledBack? where before.phase != .failed: counter(Self.failures, labels).increment()
        default: break
        }
    }

    /// A rollback's status was written.
    func note(_ rollback: Rollback, became next: RollbackStatus) {
        guard rollback.status.phase != next.phase, next.phase == .succeeded, let asked = next.timestamps.requested,
            let verified = next.timestamps.verified
        else { return }
        timer(Self.restore, labels(rollback.metadata.namespace, rollback.spec.environment))
            .record(duration: verified - asked)
    }

    private func labels(_ namespace: String, _ environment: String) -> [(String, String)] {
        [("namespace", namespace), ("environment", environment)]
    }

    private func counter(_ name: String, _ labels: [(String, String)]) -> Counter {
        Counter(label: name, dimensions: labels, factory: factory)
    }

    private func timer(_ name: String, _ labels: [(String, String)]) -> Timer {
        Timer(label: name, dimensions: labels, factory: factory)
    }
}
