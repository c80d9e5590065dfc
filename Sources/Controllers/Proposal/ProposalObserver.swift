internal import Core
internal import Forge
internal import Git
internal import KubernetesModel
internal import SluiceAPI

/// Looks at the pull request of an attempt and at the branch behind it. It changes nothing.
struct ProposalObserver: Sendable {
    let context: OperatorContext
    let environment: Environment
    let references: EnvironmentReferences
    let source: Source

    private var repository: GitRepository { source.repository }

    /// What would be committed now, as far as a commit that was made earlier can be compared with it.
    struct Wanted: Sendable {
        /// Files or folders that the commit changes: if another commit changes them in the branch, it is made anew.
        let paths: [String]
        /// What the commit's trailers must say.
        let trailers: [String: [String]]

        init(_ change: Change) {
            paths = change.treeEdits.keys.sorted()
            trailers = [Trailer.planDigest: [change.digest]]
        }

        init(_ change: RollbackChange) {
            paths = change.paths
            trailers = [Trailer.reverts: change.commits.map(\.hex), Trailer.app: change.apps]
        }

        /// A release changes no file.
        init(releaseOf rollback: Rollback) {
            paths = []
            trailers = [Trailer.release: ["\(rollback.namespacedName)"]]
        }
    }

    /// Looks for the pull request, and for the commit that its merge made; the ledger learns of that.
    ///
    /// - Parameters:
    ///   - head: the tip of the branch that is merged into.
    ///   - wanted: nil where it is not known what would be committed.
    ///   - known: what the status knows of the merged commit, for a forge may have squashed it without our message.
    func look(
        _ subject: ProposalSubject, wanted: Wanted?, head: CommitID, known: (CommitInfo) -> LedgerEntry
    ) async throws -> (proposal: Result<Proposal, ChangeError>, merged: LedgerEntry?) {
        let seen = await look(subject, wanted: wanted, head: head)
        guard case .success(let proposal) = seen,
            let (commit, trailers) = try await merged(proposal, subject, head: head)
        else { return (seen, nil) }
        let entry = LedgerEntry(commit, trailers: trailers) ?? known(commit)
        await source.adopt(entry)
        return (seen, entry)
    }

    /// How far the apps of a merged commit are.
    func progress(since merged: LedgerEntry) async throws -> [PromotionObservation.AppProgress] {
        try await AppProgressReader(source: source).progress(of: merged.apps, since: merged.commit, in: environment)
    }

    /// Looks for the pull request alone.
    func look(
        _ subject: ProposalSubject, wanted: Wanted?, head: CommitID
    ) async -> Result<Proposal, ChangeError> {
        let entry = await sighting(subject, head)
        switch entry.sighting {
        case .failure(let error):
            // A passing failure is asked again at its time, not at each event.
            return .failure(
                ChangeError(error.reason, error.message, disposition: .waitUntil(entry.until)))
        case .success(let sighting):
            do {
                let content = try await content(sighting.tip, subject, wanted, head)
                return .success(
                    Proposal(
                        branch: subject.branch, content: content, pullRequest: sighting.pullRequest,
                        nextLook: entry.until))
            } catch {
                return .failure(Self.changeError(error))
            }
        }
    }

    static func changeError(_ error: any Error) -> ChangeError {
        guard let error = error as? any SluiceError else {
            return ChangeError("ForgeUnavailable", "\(error)", disposition: .transient)
        }
        return ChangeError(error.reason, error.message, disposition: error.disposition)
    }

    // MARK: The forge

    private func sighting(_ subject: ProposalSubject, _ head: CommitID) async -> ProposalBook.Entry {
        let key = ProposalBook.Key(subject)
        let now = context.clock.now()
        if let known = context.proposals.entry(key, head: head, now: now) { return known }
        let interval = max(environment.spec.source.interval.duration, .seconds(1))
        let entry: ProposalBook.Entry
        do {
            let found = try await ask(subject)
            entry = .init(sighting: .success(found), head: head, until: context.clock.now() + interval)
            // Where there is none, one is about to be opened.
            guard found.pullRequest != nil else { return entry }
        } catch {
            let failure = Self.changeError(error)
            let until: Timestamp =
                switch failure.disposition {
                case .transient: now + min(interval, .seconds(10))
                case .terminal: now + interval
                case .waitUntil(let time): time
                }
            entry = .init(sighting: .failure(failure), head: head, until: until)
        }
        context.proposals.note(key, entry)
        return entry
    }

    private func ask(_ subject: ProposalSubject) async throws -> ProposalBook.Sighting {
        let forge = try context.forges.client(of: environment, references)
        let found = try await find(subject, forge)
        if let found, found.state != .open { return .init(pullRequest: found, tip: nil) }
        if let found, let tip = CommitID(hex: found.head) { return .init(pullRequest: found, tip: tip) }
        return .init(pullRequest: found, tip: try await repository.listRemote()["refs/heads/" + subject.branch])
    }

    private func find(_ subject: ProposalSubject, _ forge: ForgeClient) async throws -> PullRequest? {
        if let number = subject.recorded?.number {
            do throws(ForgeError) {
                return try await forge.pullRequest(number)
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        return try await forge.pullRequests(from: subject.branch, into: environment.spec.source.branch).first { found in
            let trailers = CommitTrailers(message: found.description)
            if subject.isNamed(in: trailers) { return subject.attempt(in: trailers) == subject.attempt }
            // Somebody rewrote its text: an open one is the branch's own, whatever it says.
            return found.state == .open
        }
    }

    // MARK: The branch

    private func content(
        _ tip: CommitID?, _ subject: ProposalSubject, _ wanted: Wanted?, _ head: CommitID
    ) async throws -> Proposal.Content {
        guard var commit = tip else { return .none }
        if try await !repository.contains(commit) {
            do throws(GitError) {
                commit = try await repository.fetch(.branch(subject.branch)).commit
            } catch {
                guard error.code == .branchNotFound else { throw error }
                return .none
            }
        }
        let info = try await repository.commitInfo(commit)
        let isMade = try await subject.recorded?.commit == commit.hex ? true : isOurs(info, subject, head)
        guard isMade else { return .foreign(commit, by: "\(info.author.name) <\(info.author.email)>".bounded(to: 128)) }
        return .ours(commit, isCurrent: try await isCurrent(info, subject, wanted, head))
    }

    /// Whether a commit that no status tells of is what this operator pushed before it ended: it names the object, was
    /// committed in the operator's name, and follows the branch directly.
    private func isOurs(_ info: CommitInfo, _ subject: ProposalSubject, _ head: CommitID) async throws -> Bool {
        guard subject.isNamed(in: info.trailers), info.parents.count == 1,
            info.committer.email == environment.spec.source.push.author.email
        else { return false }
        return try await repository.isAncestor(info.parents[0], of: head)
    }

    private func isCurrent(
        _ info: CommitInfo, _ subject: ProposalSubject, _ wanted: Wanted?, _ head: CommitID
    ) async throws -> Bool {
        guard let wanted else { return true }
        guard subject.attempt(in: info.trailers) == subject.attempt,
            wanted.trailers.allSatisfy({ Set(info.trailers.all($0.key)) == Set($0.value) }),
            let parent = info.parents.first
        else { return false }
        if parent == head { return true }
        return try await contents(of: wanted.paths, at: parent) == contents(of: wanted.paths, at: head)
    }

    private func contents(of paths: [String], at commit: CommitID) async throws -> [ContentID?] {
        try await repository.withTree(of: commit) { tree in try paths.map { try tree.resolve($0)?.id } }
    }

    // MARK: The merge

    /// The commit that a merge made of ours, and what our trailers said as far as the pull request still tells. Nil until
    /// it is in the branch.
    private func merged(
        _ proposal: Proposal, _ subject: ProposalSubject, head: CommitID
    ) async throws -> (commit: CommitInfo, trailers: CommitTrailers)? {
        guard let pullRequest = proposal.pullRequest, case .merged(let hex) = pullRequest.state,
            let id = CommitID(hex: hex), try await repository.contains(id),
            try await repository.isAncestor(id, of: head)
        else { return nil }
        let info = try await repository.commitInfo(id)
        let said = CommitTrailers(message: pullRequest.description)
        return (info, subject.isNamed(in: said) ? said : CommitTrailers())
    }
}
