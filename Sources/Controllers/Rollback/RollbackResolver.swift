internal import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// Works out what a Rollback's target means: which commits of the environment's branch are undone, in which folders.
package struct RollbackResolver: Sendable {
    package let environment: Environment
    package let ledger: Ledger

    package init(environment: Environment, ledger: Ledger) {
        self.environment = environment
        self.ledger = ledger
    }

    /// What a target names, before the repository is asked about it.
    package struct Target: Sendable, Hashable {
        /// Newest first; empty for `lastHealthy`.
        package let commits: [CommitID]
        /// Set for `lastHealthy`.
        package let restoreFrom: CommitID?
        package let what: String
    }

    /// - Parameter spec: has exactly one target, as validation demands.
    package func target(of spec: RollbackSpec) throws(ChangeError) -> Target {
        let target = spec.target
        if !target.promotion.isEmpty {
            let name = "\(environment.metadata.namespace)/\(target.promotion)"
            let reverted = Set(ledger.entries.flatMap(\.reverts))
            let commits = ledger.entries(.promotion, name).map(\.commit)
            guard !commits.isEmpty else {
                throw ChangeError("NothingToRevert", "no commit on the branch carries the trailer Promotion: \(name)")
            }
            let standing = commits.filter { !reverted.contains($0.hex) }
            guard !standing.isEmpty else {
                throw ChangeError("NothingToRevert", "promotion \(name) has been reverted already")
            }
            return Target(commits: standing, restoreFrom: nil, what: "promotion \(name)")
        }
        if !target.commit.isEmpty {
            guard let commit = CommitID(hex: target.commit) else {
                throw ChangeError("InvalidSpec", "spec.target.commit: write all 40 digits of the commit")
            }
            return Target(commits: [commit], restoreFrom: nil, what: "commit \(commit.short)")
        }
        if target.steps > 0 {
            let standing = ledger.standingPromotions(into: "\(environment.namespacedName)")
            guard !standing.isEmpty else {
                throw ChangeError("NothingToRevert", "no promotion into \(environment.metadata.name) is left to revert")
            }
            let chosen = standing.prefix(target.steps)
            return Target(
                commits: chosen.map(\.commit), restoreFrom: nil,
                what: chosen.count == 1 ? "promotion \(chosen[0].object)" : "the last \(chosen.count) promotions")
        }
        guard let healthy = CommitID(hex: environment.status.revision.lastHealthy) else {
            throw ChangeError(
                "NoHealthyRevision", "environment \(environment.metadata.name) has no earlier healthy revision")
        }
        return Target(commits: [], restoreFrom: healthy, what: "everything since commit \(healthy.short)")
    }

    /// The versions that apps run now and that differ from `before`: what a veto names, as `app version`.
    package static func vetoes(apps: [String], now: [String: [String]], before: [String: [String]]) -> [String] {
        apps.flatMap { app in
            let old = Set(before[app] ?? [])
            return (now[app] ?? []).filter { !old.contains($0) }.map { "\(app) \($0)" }
        }
    }
}
