internal import Core
internal import Forge
internal import Git
internal import KubernetesModel
internal import Logging
internal import SluiceAPI

/// Pushes the commit of an attempt to a branch of its own, asks for its merge, and takes both back.
///
/// Every step is found again by the next look if the process ends after it: the branch by its commit's trailers, the
/// pull request by its branch.
struct Proposer: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    func propose(
        _ promotion: Promotion, _ change: Change, over proposal: Proposal, into environment: Environment
    ) async throws -> BranchWriter.Outcome {
        let outcome = try await BranchWriter(context).promote(promotion, change, into: environment, over: proposal)
        let text = ProposalText(
            message: CommitMessage.promotion(promotion, into: environment, change),
            subject: ProposalSubject(promotion), plan: promotion.status.plan?.configMap ?? "")
        return try await publish(outcome, ProposalSubject(promotion), proposal, text, environment, on: change.base)
    }

    func propose(
        _ rollback: Rollback, _ change: RollbackChange, over proposal: Proposal, in environment: Environment
    ) async throws -> (outcome: BranchWriter.Outcome, restoredPaths: [String]) {
        let (outcome, restored) = try await BranchWriter(context).revert(
            rollback, change, in: environment, over: proposal)
        let text = ProposalText(
            message: CommitMessage.rollback(rollback, in: environment, change), subject: ProposalSubject(rollback),
            plan: "")
        return (
            try await publish(outcome, ProposalSubject(rollback), proposal, text, environment, on: change.base),
            restored
        )
    }

    func propose(
        releaseOf rollback: Rollback, by releaser: Identity, base: CommitID, over proposal: Proposal,
        in environment: Environment
    ) async throws -> BranchWriter.Outcome {
        let outcome = try await BranchWriter(context).release(
            rollback, by: releaser, in: environment, base: base, over: proposal)
        let subject = ProposalSubject(releaseOf: rollback)
        let text = ProposalText(
            message: CommitMessage.release(rollback, in: environment, by: releaser), subject: subject, plan: "")
        return try await publish(outcome, subject, proposal, text, environment, on: base)
    }

    /// Opens the pull request for what was pushed, or brings the open one's text up to date.
    private func publish(
        _ outcome: BranchWriter.Outcome, _ subject: ProposalSubject, _ proposal: Proposal, _ text: ProposalText,
        _ environment: Environment, on head: CommitID
    ) async throws -> BranchWriter.Outcome {
        let key = ProposalBook.Key(subject)
        guard case .pushed(let commit) = outcome else {
            context.proposals.expire(key)
            return outcome
        }
        let interval = max(environment.spec.source.interval.duration, .seconds(1))
        do {
            let references = try await EnvironmentReferences.read(of: environment, context.references)
            let forge = try context.forges.client(of: environment, references)
            let found = try await open(forge, subject, proposal, text, into: environment.spec.source.branch)
            context.proposals.note(
                key,
                .init(
                    sighting: .success(.init(pullRequest: found, tip: commit)), head: head,
                    until: context.clock.now() + interval))
        } catch let error as ForgeError {
            // The next pass says so in the status, and tries again when that is worth it.
            let until: Timestamp =
                switch error.disposition {
                case .transient: context.clock.now() + min(interval, .seconds(10))
                case .terminal: context.clock.now() + interval
                case .waitUntil(let time): time
                }
            context.proposals.note(
                key, .init(sighting: .failure(ProposalObserver.changeError(error)), head: head, until: until))
            return .planAgain(error.message)
        }
        return outcome
    }

    private func open(
        _ forge: ForgeClient, _ subject: ProposalSubject, _ proposal: Proposal, _ text: ProposalText,
        into base: String
    ) async throws(ForgeError) -> PullRequest {
        if let open = proposal.open { return try await update(forge, open, text) }
        let draft = PullRequestDraft(
            branch: proposal.branch, base: base, title: text.title, description: text.description)
        do throws(ForgeError) {
            return try await forge.open(draft)
        } catch {
            // There may be one that we were not told of: the answer to an earlier try was lost.
            guard error.code == .conflict || error.code == .refused,
                let open = try await forge.pullRequests(from: proposal.branch, into: base).first(where: {
                    $0.state == .open
                })
            else { throw error }
            return try await update(forge, open, text)
        }
    }

    private func update(
        _ forge: ForgeClient, _ open: PullRequest, _ text: ProposalText
    ) async throws(ForgeError) -> PullRequest {
        guard open.title != text.title || open.description != text.description else { return open }
        return try await forge.update(open.number, title: text.title, description: text.description)
    }

    /// Closes an open pull request, says there why, and deletes its branch. False where it was merged before that.
    ///
    /// - Throws: what another try may mend; where only a person can, the pull request is left as it is.
    func withdraw(
        _ proposal: Proposal, of subject: ProposalSubject, from environment: Environment, because reason: String
    ) async throws -> Bool {
        guard let open = proposal.open else { return true }
        let key = ProposalBook.Key(subject)
        do throws(ForgeError) {
            let references: EnvironmentReferences
            let forge: ForgeClient
            do {
                references = try await EnvironmentReferences.read(of: environment, context.references)
                forge = try context.forges.client(of: environment, references)
            } catch let error as ForgeError {
                throw error
            } catch {
                throw ForgeError(.unavailable, "pull request \(open.url) cannot be closed: \(error)")
            }
            let (state, isOurDoing) = try await close(open.number, forge)
            if case .merged = state {
                context.proposals.expire(key)
                await context.sources.source(of: environment.namespacedName)?.nudge()
                return false
            }
            if isOurDoing { await explain(open, reason, forge) }
        } catch {
            guard error.disposition == .terminal else { throw error }
        }
        context.proposals.expire(key)
        if case .ours(let commit, _) = proposal.content {
            await deleteBranch(proposal.branch, at: commit, of: environment)
        }
        return true
    }

    /// What has become of a pull request that is to be closed, and whether we closed it. A forge refuses to close a merged
    /// one, or does nothing.
    private func close(
        _ number: Int, _ forge: ForgeClient
    ) async throws(ForgeError) -> (state: PullRequest.State, isOurDoing: Bool) {
        let state = try await forge.pullRequest(number).state
        guard state == .open else { return (state, false) }
        do throws(ForgeError) {
            return (try await forge.close(number).state, true)
        } catch {
            guard error.code == .refused || error.code == .conflict else { throw error }
            let after = try await forge.pullRequest(number).state
            guard after != .open else { throw error }
            return (after, false)
        }
    }

    /// Tells whoever looks at a closed pull request why it was closed. It is closed all the same where that fails.
    private func explain(_ closed: PullRequest, _ reason: String, _ forge: ForgeClient) async {
        do throws(ForgeError) {
            try await forge.comment(closed.number, "Closed by Sluice: \(reason).")
        } catch {
            context.logger.info(
                "Pull request was closed without a word",
                metadata: .init([.reason: error.reason, .error: error.message]))
        }
    }

    /// Deletes the branch of a merged pull request, unless it is gone or holds something else.
    func tidy(_ state: PullRequestState, of subject: ProposalSubject, _ environment: Environment) async {
        guard let commit = CommitID(hex: state.commit) else { return }
        await deleteBranch(subject.branch, at: commit, of: environment)
    }

    private func deleteBranch(_ branch: String, at commit: CommitID, of environment: Environment) async {
        guard let source = context.sources.source(of: environment.namespacedName) else { return }
        do throws(GitError) {
            try await source.repository.delete(branch: branch, expecting: commit)
        } catch {
            // A branch too many does no harm.
            context.logger.info(
                "Branch of a pull request is left", metadata: .init([.reason: error.reason, .error: error.message]))
        }
    }
}
