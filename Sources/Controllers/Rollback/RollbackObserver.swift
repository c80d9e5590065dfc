internal import Core
internal import Git
internal import KubernetesModel
internal import Kustomize
internal import Policy
package import SluiceAPI
internal import Sync

/// Looks at everything a Rollback depends on. It changes nothing.
package struct RollbackObserver: Sendable {
    private let context: OperatorContext

    package init(_ context: OperatorContext) {
        self.context = context
    }

    package func observe(_ rollback: Rollback) async throws -> RollbackObservation {
        let name = NamespacedName(namespace: rollback.metadata.namespace, name: rollback.spec.environment)
        guard let reading = try await TargetReading.read(name, context) else {
            var observation = RollbackObservation(rollback: rollback, target: .missing)
            observation.sourceFailure = TargetReading.failure(name, context)
            return observation
        }
        let environment = reading.environment
        let references = reading.references
        var observation = RollbackObservation(rollback: rollback, target: reading.target)
        observation.sourceFailure = reading.sourceFailure
        let evidence = try await EvidenceReader(context).evidence(for: rollback, signers: references.signers)
        observation.requester = evidence.requester
        observation.releasedBy = evidence.releasedBy
        observation.releaseObjection = EvidenceReader(context).objection(toReleaseOf: rollback, by: evidence.releasedBy)
        guard let (source, seen) = reading.repository else { return observation }
        let ledger = context.ledger(
            seen.ledger.written(by: references.ownKeys), of: environment.namespacedName)
        observation.commit = ledger.entry(.rollback, "\(rollback.namespacedName)", attempt: rollback.spec.attempt)
        observation.isReleased = ledger.isReleased("\(rollback.namespacedName)")
        observation.head = seen.head
        if let commit = observation.commit {
            observation.apps = try await AppProgressReader(source: source).progress(
                of: commit.apps, since: commit.commit, in: environment)
            if rollback.awaitsRelease { try await readRelease(&observation, reading) }
            return observation
        }
        guard let head = seen.head else { return observation }
        if let objection = EvidenceReader(context).objection(to: rollback, by: observation.requester) {
            observation.change = .failure(objection)
            return observation
        }
        if let objection = await CommitTrust(environment, references).objection(toBuildingOn: head, in: source) {
            observation.change = .failure(objection)
            return observation
        }
        let change = await change(rollback, environment, source, head, ledger)
        observation.change = change
        if case .success(let change) = change {
            await judge(&observation, change, environment, evidence, references.signers)
        }
        if environment.spec.source.push.mode == .pullRequest {
            let proposals = ProposalObserver(
                context: context, environment: environment, references: references, source: source)
            try await readProposal(&observation, proposals, head)
        }
        return observation
    }

    /// Looks for the pull request of the attempt: if one is known of, or if one is about to be opened.
    private func readProposal(
        _ observation: inout RollbackObservation, _ proposals: ProposalObserver, _ head: CommitID
    ) async throws {
        let rollback = observation.rollback
        let subject = ProposalSubject(rollback)
        var wanted: ProposalObserver.Wanted?
        var isDue = subject.recorded != nil
        if case .success(let change)? = observation.change {
            wanted = ProposalObserver.Wanted(change)
            isDue = isDue || !rollback.spec.dryRun && observation.gates.allSatisfy { $0.state == .open }
        }
        guard isDue else { return }
        let seen = try await proposals.look(subject, wanted: wanted, head: head) { commit in
            LedgerEntry(rollback: rollback, commit.id, at: commit.time)
        }
        observation.proposal = seen.proposal
        guard let merged = seen.merged else { return }
        observation.commit = merged
        observation.apps = try await proposals.progress(since: merged)
    }

    /// Looks for the pull request that makes a release last, where commits go through pull requests.
    private func readRelease(_ observation: inout RollbackObservation, _ reading: TargetReading) async throws {
        let environment = reading.environment
        guard environment.spec.source.push.mode == .pullRequest, let (source, seen) = reading.repository,
            let head = seen.head
        else { return }
        let rollback = observation.rollback
        let subject = ProposalSubject(releaseOf: rollback)
        let proposals = ProposalObserver(
            context: context, environment: environment, references: reading.references, source: source)
        let found = try await proposals.look(subject, wanted: .init(releaseOf: rollback), head: head) { commit in
            LedgerEntry(releaseOf: rollback, commit.id, at: commit.time)
        }
        observation.proposal = found.proposal
        if found.merged != nil { observation.isReleased = true }
    }

    /// A rollback is exempt from windows unless `windows.operations` lists it, and from approvals unless
    /// `rollback.approvals` asks for them.
    private func judge(
        _ observation: inout RollbackObservation, _ change: RollbackChange, _ environment: Environment,
        _ evidence: Evidence, _ signers: SignerDirectory?
    ) async {
        guard let calendar = try? WindowCalendar(environment.spec.windows) else {
            observation.gates = [
                Gate(name: .window, state: .waiting, reason: .windowClosed, message: "spec.windows cannot be read")
            ]
            return
        }
        let now = context.clock.now()
        let spec = environment.spec
        let override = await EvidenceReader(context).overrideAndAuthor(of: environment, signers: signers, now: now)
        let policy = spec.rollback.approvals == .required ? spec.approvals : nil
        let verdict = policy.map { policy in
            ApprovalEvaluation.evaluate(
                ApprovalInput(
                    policy: policy, planDigest: change.digest, claims: evidence.approvals,
                    requester: evidence.requester, firstRequester: evidence.firstRequester,
                    operatorUsers: [SystemUser.automatic, spec.source.push.author.email]
                        + (context.admission?.operatorUsers.sorted() ?? [])
                        + (environment.syncUser.map { [$0] } ?? [])),
                now: now)
        }
        let own = observation.rollback.spec.override
        let decision = OverrideDecision.decide(
            own, policy: spec.windows.override, requester: evidence.overrideBy.identity,
            since: evidence.overrideBy.at ?? now, now: now)
        observation.approvals = verdict?.state ?? PromotionStatus.ApprovalState()
        let evaluation = GateEvaluation.evaluate(
            GateInput(
                work: .rollback, environment: spec, calendar: calendar, apps: change.apps, approvals: verdict,
                environmentOverride: override.decision, override: own, overrideDecision: decision),
            now: now)
        observation.gates = context.noting(webhookOff: evaluation.gates, in: environment)
        observation.nextChange = context.nextChange(of: evaluation.nextChange, observation.approvals, now: now)
        observation.override = OverrideRecord.text(
            own, decision, by: evidence.overrideBy.identity, environment: environment, override.decision,
            by: override.author)
    }

    private func change(
        _ rollback: Rollback, _ environment: Environment, _ source: Source, _ head: CommitID, _ ledger: Ledger
    ) async -> Result<RollbackChange, ChangeError> {
        do {
            let target = try RollbackResolver(environment: environment, ledger: ledger).target(of: rollback.spec)
            return .success(
                try await RollbackScope(
                    environment: environment, repository: source.repository, renders: context.renders,
                    bases: context.bases
                )
                .change(target, only: rollback.spec.apps, head: head))
        } catch let error as ChangeError {
            return .failure(error)
        } catch let error as any SluiceError {
            let isTerminal = error.disposition == .terminal
            return .failure(
                ChangeError(error.reason, error.message, disposition: isTerminal ? .terminal : .transient))
        } catch {
            return .failure(ChangeError("SourceNotReady", "\(error)", disposition: .transient))
        }
    }
}
