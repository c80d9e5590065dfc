internal import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// Makes and pushes the one commit of a promotion or rollback.
///
/// The push is a compare-and-swap on the commit that was planned on: where the branch moved, nothing is pushed, the
/// branch is fetched, and the caller plans again. In the mode PullRequest it goes to the branch of a ``Proposal``, in the
/// same way.
package struct BranchWriter: Sendable {
    private let context: OperatorContext

    package init(_ context: OperatorContext) {
        self.context = context
    }

    package enum Outcome: Sendable, Hashable {
        case pushed(CommitID)
        /// The branch moved, or somebody else commits at the moment; plan again.
        case planAgain(String)
    }

    /// Commits and pushes a promotion's change.
    ///
    /// - Parameter proposal: whose branch it is pushed to; nil for the environment's own.
    package func promote(
        _ promotion: Promotion, _ change: Change, into environment: Environment, over proposal: Proposal? = nil
    ) async throws -> Outcome {
        let limit = environment.spec.promotion.maxConcurrent
        // Who waits for a merge is in nobody's way.
        let place = proposal == nil ? promotion.metadata.name : nil
        return try await writing(
            to: environment, promotion: place, limit: limit, base: change.base, over: proposal
        ) { repository, author throws(GitError) in
            try await repository.commit(
                onto: change.base, edits: change.treeEdits,
                message: CommitMessage.promotion(promotion, into: environment, change), author: author)
        }
    }

    /// Commits and pushes a rollback's revert.
    ///
    /// - Throws: ``ChangeError`` with `GitConflict` or `NothingToRevert` where no commit can be made.
    package func revert(
        _ rollback: Rollback, _ change: RollbackChange, in environment: Environment, over proposal: Proposal? = nil
    ) async throws -> (outcome: Outcome, restoredPaths: [String]) {
        let message = CommitMessage.rollback(rollback, in: environment, change)
        var restored: [String] = []
        let outcome = try await writing(
            to: environment, promotion: nil, limit: 1, base: change.base, over: proposal
        ) { repository, author in
            guard !change.commits.isEmpty else {
                let edits = Dictionary(
                    change.paths.map { ($0, TreeEdit.restore(from: change.restoreFrom)) },
                    uniquingKeysWith: { first, _ in first })
                return try await repository.commit(onto: change.base, edits: edits, message: message, author: author)
            }
            let policy: RevertConflictPolicy =
                rollback.spec.onConflict == .restorePaths
                ? .restore(paths: change.paths, from: change.restoreFrom) : .fail
            let made = try await repository.revert(
                change.commits, onto: change.base, paths: change.paths, onConflict: policy, message: message,
                author: author)
            switch made {
            case .reverted(let commit, let paths):
                restored = paths
                return commit
            case .conflict(let paths):
                throw ChangeError(
                    RunReason.gitConflict.rawValue,
                    "the revert conflicts in \(paths.prefix(5).joined(separator: ", ")); nothing was pushed")
            case .nothingToDo:
                throw ChangeError("NothingToRevert", "the branch does not hold the changes of \(change.what) any more")
            }
        }
        return (outcome, restored)
    }

    /// Commits and pushes that what a rollback holds and vetoes is lifted; no file changes.
    package func release(
        _ rollback: Rollback, by releaser: Identity, in environment: Environment, base: CommitID,
        over proposal: Proposal? = nil
    ) async throws -> Outcome {
        try await writing(to: environment, promotion: nil, limit: 1, base: base, over: proposal) {
            repository, author throws(GitError) in
            try await repository.commit(
                onto: base, edits: [:], message: CommitMessage.release(rollback, in: environment, by: releaser),
                author: author, mayBeEmpty: true)
        }
    }

    private func writing(
        to environment: Environment, promotion: String?, limit: Int, base: CommitID, over proposal: Proposal?,
        _ make: (GitRepository, CommitAuthor) async throws -> CommitID
    ) async throws -> Outcome {
        let name = environment.namespacedName
        guard let source = context.sources.source(of: name) else {
            return .planAgain("environment \(name.name) has not read its repository yet")
        }
        guard context.turns.begin(name, promotion: promotion, limit: limit) else {
            return .planAgain("another commit into \(name.name) is being made")
        }
        var pushed = false
        defer { context.turns.end(name, promotion: promotion, pushed: pushed) }
        // Planned on a head that is old by now: the gates may say something else of the new one.
        guard await source.observation.head == base else { return .planAgain("the branch moved") }
        let references = try await EnvironmentReferences.read(of: environment, context.references)
        let push = environment.spec.source.push
        guard push.signingKeyRef == nil || references.signingKey != nil else {
            throw ChangeError(
                "InvalidReference", references.promotionFaults.first?.message ?? "the signing key cannot be read",
                disposition: .transient)
        }
        let author = CommitAuthor(name: push.author.name, email: push.author.email, signingKey: references.signingKey)
        if let proposal {
            return try await offer(proposal, on: source.repository) { try await make(source.repository, author) }
        }
        let commit = try await make(source.repository, author)
        let began = ContinuousClock.now
        do throws(GitError) {
            try await source.repository.push(commit, to: environment.spec.source.branch, expecting: base)
            context.git.finished(.push, .success, took: ContinuousClock.now - began)
        } catch {
            let isRejected = error.code == .pushRejected
            context.git.finished(.push, isRejected ? .rejected : .error, took: ContinuousClock.now - began)
            guard isRejected else { throw error }
            await source.refresh()
            return .planAgain(error.message)
        }
        pushed = true
        try await source.pushed(commit)
        return .pushed(commit)
    }

    /// Puts the commit on the proposal's branch, in place of an older one of ours and of nothing else; one that was
    /// pushed there before, and is as good, stays.
    private func offer(
        _ proposal: Proposal, on repository: GitRepository, _ make: () async throws -> CommitID
    ) async throws -> Outcome {
        if case .ours(let commit, isCurrent: true) = proposal.content { return .pushed(commit) }
        let commit = try await make()
        do throws(GitError) {
            try await repository.replace(branch: proposal.branch, with: commit, expecting: proposal.commit)
        } catch {
            guard error.code == .pushRejected, error.disposition != .terminal else { throw error }
            return .planAgain(error.message)
        }
        return .pushed(commit)
    }
}
