internal import Git
internal import SluiceAPI

/// Tells how far a commit has come in the cluster, by what the Environment's status says of its apps.
struct AppProgressReader: Sendable {
    let source: Source

    /// One line for each app, whether the environment knows it or not.
    func progress(
        of apps: [String], since commit: CommitID, in environment: Environment
    ) async throws(GitError) -> [PromotionObservation.AppProgress] {
        var lines: [PromotionObservation.AppProgress] = []
        for name in apps {
            guard let app = environment.status.apps.first(where: { $0.name == name }) else {
                lines.append(
                    .init(app: .init(name: name, message: "the environment does not list it"), hasCommit: false))
                continue
            }
            var hasCommit = false
            if let revision = CommitID(hex: app.revision) {
                hasCommit = revision == commit ? true : try await contains(revision, commit)
            }
            lines.append(.init(app: app, hasCommit: hasCommit))
        }
        return lines
    }

    /// A revision that the mirror does not hold (any more) contains nothing that is known of.
    private func contains(_ revision: CommitID, _ commit: CommitID) async throws(GitError) -> Bool {
        do throws(GitError) {
            return try await source.repository.isAncestor(commit, of: revision)
        } catch {
            guard error.code == .commitNotFound else { throw error }
            return false
        }
    }
}
