package import Forge
internal import KubernetesModel
package import SluiceAPI

/// How a commit fares in an Environment, as its forge shows it: to whoever may read the repository, so it names apps and
/// reasons, and no message of the cluster's.
package struct CommitReport: Sendable, Hashable {
    package let commit: String
    package let status: CommitStatus

    /// What an Environment's status says of the commit that was last seen; nil where there is none.
    package init?(_ status: EnvironmentStatus, of environment: Environment) {
        guard !status.revision.observed.isEmpty, status.counts.apps > 0 else { return nil }
        commit = status.revision.observed
        let counts = status.counts
        let failed = status.apps.filter { $0.trouble.contains(.syncFailed) && $0.sync != .synced }
        let ill = status.apps.filter { $0.health == .degraded }
        let context = "sluice/\(environment.metadata.namespace)/\(environment.metadata.name)"
        if let first = failed.first ?? ill.first {
            let count = failed.isEmpty ? ill.count : failed.count
            let more = count > 1 ? " and \(count - 1) more" : ""
            self.status = CommitStatus(
                .failure, context: context,
                description: failed.isEmpty
                    ? "Degraded: \(first.name)\(more)"
                    : "\(status.conditions[ConditionType.synced]?.reason ?? "SyncFailed"): \(first.name)\(more)")
        } else if status.revision.synced == commit, counts.synced == counts.apps, counts.healthy == counts.apps {
            self.status = CommitStatus(
                .success, context: context,
                description: "\(counts.apps) \(counts.apps == 1 ? "app is" : "apps are") synced and healthy")
        } else {
            let isHeld = status.conditions[ConditionType.synced]?.reason == "HeldBack"
            self.status = CommitStatus(
                .pending, context: context,
                description: "\(counts.synced) of \(counts.apps) apps synced, \(counts.healthy) healthy"
                    + (isHeld ? "; held back" : ""))
        }
    }
}
