package import Core
internal import Git
internal import KubernetesModel
package import SluiceAPI

/// Decides which finished Promotions and Rollbacks of an Environment are removed from the cluster, by `spec.history`. Pure.
///
/// Git keeps the record in any case. What Git declares, or another tool manages, stays: it would only come back. So does
/// what still counts: the newest promotion of each app, by which its version is known to be verified; a promotion that
/// is still watched; a rollback whose hold or veto nobody has released.
package struct HistoryPlanner: Sendable {
    package let environment: Environment
    /// Those of the environment.
    package let promotions: [Promotion]
    package let rollbacks: [Rollback]
    package let ledger: Ledger

    package init(environment: Environment, promotions: [Promotion], rollbacks: [Rollback], ledger: Ledger) {
        self.environment = environment
        self.promotions = promotions
        self.rollbacks = rollbacks
        self.ledger = ledger
    }

    /// An object that may go.
    package struct Expired: Sendable, Hashable {
        package let kind: String
        package let name: String
        package let uid: String
        package let resourceVersion: String
    }

    package struct Plan: Sendable, Hashable {
        package var expired: [Expired] = []
        /// When the next of those that are there grows too old.
        package var requeueAt: Timestamp?

        package init() {}
    }

    /// What has ended, and whether it must stay; that is asked only of what would go.
    private struct Finished {
        let object: Expired
        let at: Timestamp
        let mustStay: () -> Bool
    }

    package func plan(now: Timestamp) -> Plan {
        var plan = Plan()
        var commits: Set<String>?
        let ended = promotions.filter(\.hasEnded).map { promotion in
            Finished(
                object: Expired(Promotion.kind, promotion.metadata), at: promotion.status.timestamps.finished ?? now
            ) {
                if Self.isDeclared(promotion.metadata) || promotion.isWatched { return true }
                let standing = commits ?? newest()
                commits = standing
                return standing.contains(promotion.status.commit)
            }
        }
        let undone = rollbacks.filter(\.hasEnded).map { rollback in
            Finished(
                object: Expired(Rollback.kind, rollback.metadata), at: rollback.status.timestamps.finished ?? now,
                mustStay: { Self.isDeclared(rollback.metadata) || isInForce(rollback) })
        }
        for finished in [ended, undone] { expire(finished, now: now, &plan) }
        return plan
    }

    /// The number counts promotions and rollbacks each for itself; those that must stay count too.
    private func expire(_ finished: [Finished], now: Timestamp, _ plan: inout Plan) {
        let history = environment.spec.history
        let newestFirst = finished.sorted { ($0.at, $0.object.name) > ($1.at, $1.object.name) }
        for (index, item) in newestFirst.enumerated() {
            let end = item.at + history.ttl.duration
            if index >= history.promotions || end <= now {
                if !item.mustStay() { plan.expired.append(item.object) }
            } else {
                plan.requeueAt = min(plan.requeueAt ?? end, end)
            }
        }
    }

    /// The commits by which each app came to the version that Git has now.
    private func newest() -> Set<String> {
        var apps: Set<String> = []
        var commits: Set<String> = []
        for entry in ledger.standingPromotions(into: "\(environment.namespacedName)")
        where !apps.isSuperset(of: entry.apps) {
            apps.formUnion(entry.apps)
            commits.insert(entry.commit.hex)
        }
        return commits
    }

    private func isInForce(_ rollback: Rollback) -> Bool {
        !(rollback.status.holds.isEmpty && rollback.status.vetoes.isEmpty)
            && !ledger.isReleased("\(rollback.namespacedName)")
    }

    /// Whether somebody else sees to it that the object is there: this operator from Git, Argo CD, Flux or Helm.
    private static func isDeclared(_ metadata: ObjectMeta) -> Bool {
        let labels = ["argocd.argoproj.io/instance", "kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"]
        let annotations = [Annotation.origin, Annotation.tracking, "argocd.argoproj.io/tracking-id"]
        return metadata.labels[Label.environment] != nil || labels.contains { metadata.labels[$0] != nil }
            || metadata.labels["app.kubernetes.io/managed-by"] == "Helm"
            || annotations.contains { metadata.annotations[$0] != nil } || !metadata.ownerReferences.isEmpty
            || metadata.deletionTimestamp != nil
    }
}

extension HistoryPlanner.Expired {
    fileprivate init(_ kind: String, _ metadata: ObjectMeta) {
        self.init(
            kind: kind, name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion)
    }
}

extension Rollback {
    /// Whether this attempt has come to its end.
    var hasEnded: Bool { status.attempt == spec.attempt && (status.phase?.isTerminal ?? false) }
}
