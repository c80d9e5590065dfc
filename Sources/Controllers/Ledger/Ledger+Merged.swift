internal import Core
internal import Git
package import KubernetesModel
package import SluiceAPI

extension Ledger {
    /// This ledger with the commits of pull requests that were merged without our trailers, as statuses tell of them.
    ///
    /// - Parameters:
    ///   - environment: the one whose branch this is the history of.
    ///   - promotions: those of its namespace; others are passed over.
    package func adopting(_ promotions: [Promotion], _ rollbacks: [Rollback], in environment: NamespacedName) -> Ledger
    {
        var known = self
        for promotion in promotions where promotion.spec.environment == environment.name {
            known.adopt(LedgerEntry(merged: promotion))
        }
        for rollback in rollbacks where rollback.spec.environment == environment.name {
            known.adopt(LedgerEntry(merged: rollback))
        }
        return known
    }

    /// Takes in an entry that no commit's trailers tell of; one that is known already changes nothing.
    package mutating func adopt(_ entry: LedgerEntry?) {
        guard let entry, !knows(entry) else { return }
        insert(entry)
    }
}

extension LedgerEntry {
    /// What a Promotion's status says of its merged pull request; nil where it says nothing of one.
    package init?(merged promotion: Promotion) {
        let status = promotion.status
        guard let commit = CommitID.merged(status.pullRequest, status.commit) else { return nil }
        self.init(promotion: promotion, commit, at: status.timestamps.committed ?? Timestamp(seconds: 0))
    }

    /// A commit of a Promotion, as its status tells of it.
    init(promotion: Promotion, _ commit: CommitID, at time: Timestamp) {
        let status = promotion.status
        self.init(
            commit: commit, time: time, kind: .promotion, object: "\(promotion.namespacedName)",
            attempt: status.attempt, environment: "\(promotion.metadata.namespace)/\(promotion.spec.environment)",
            apps: Set(status.items.filter { !$0.noop }.map(\.app)).sorted(), planDigest: status.planDigest,
            requestedBy: status.requester.user, reason: promotion.spec.reason)
    }

    /// What a Rollback's status says of its merged pull request; nil where it says nothing of one.
    package init?(merged rollback: Rollback) {
        let status = rollback.status
        guard let commit = CommitID.merged(status.pullRequest, status.commit) else { return nil }
        self.init(rollback: rollback, commit, at: status.timestamps.committed ?? Timestamp(seconds: 0))
    }

    /// A commit of a Rollback, as its status tells of it.
    init(rollback: Rollback, _ commit: CommitID, at time: Timestamp) {
        let status = rollback.status
        self.init(
            commit: commit, time: time, kind: .rollback, object: "\(rollback.namespacedName)",
            attempt: status.attempt, environment: "\(rollback.metadata.namespace)/\(rollback.spec.environment)",
            apps: status.holds,
            requestedBy: status.requester.user, reason: rollback.spec.reason, reverts: status.reverted,
            holds: status.holds, vetoes: status.vetoes)
    }
}

extension LedgerEntry {
    /// The release of a Rollback, by a merge that tells nothing of it.
    init(releaseOf rollback: Rollback, _ commit: CommitID, at time: Timestamp) {
        self.init(
            commit: commit, time: time, kind: .release, object: "\(rollback.namespacedName)",
            attempt: rollback.spec.attempt,
            environment: "\(rollback.metadata.namespace)/\(rollback.spec.environment)", apps: [])
    }
}

extension CommitID {
    fileprivate static func merged(_ pullRequest: PullRequestState?, _ commit: String) -> CommitID? {
        pullRequest?.phase == .merged ? CommitID(hex: commit) : nil
    }
}
