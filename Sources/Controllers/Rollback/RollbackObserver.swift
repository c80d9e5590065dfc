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
            return RollbackObservation(rollback: rollback, target: .missing)
        }
        let environment = reading.environment
        let references = reading.references
        var observation = RollbackObservation(rollback: rollback, target: reading.target)
        observation.sourceFailure = reading.sourceFailure
        observation.requester = await EvidenceReader(context).requester(of: rollback, signers: references.signers)
        guard let (source, seen) = reading.repository else { return observation }
        let ledger = context.ledger(
            seen.ledger.written(by: references.ownKeys), of: environment.namespacedName)
        observation.commit = ledger.entry(.rollback, "\(rollback.namespacedName)", attempt: rollback.spec.attempt)
        if let commit = observation.commit {
            observation.apps = try await AppProgressReader(source: source).progress(
                of: commit.apps, since: commit.commit, in: environment)
            return observation
        }
        guard let head = seen.head else { return observation }
        if environment.spec.rollback.approvals == .required {
            observation.change = .failure(
                ChangeError(
                    "NotSupported",
                    "environment \(environment.metadata.name): spec.rollback.approvals Required is not built yet; use None"
                ))
            return observation
        }
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
            observation.gates = await gates(change, environment, references.signers)
        }
        if environment.spec.source.push.mode == .pullRequest {
            let proposals = ProposalObserver(
                context: context, environment: environment, references: references, repository: source.repository)
            try await readProposal(&observation, proposals, source, head)
        }
        return observation
    }

    /// Looks for the pull request of the attempt: if one is known of, or if one is about to be opened.
    private func readProposal(
        _ observation: inout RollbackObservation, _ proposals: ProposalObserver, _ source: Source, _ head: CommitID
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
        let seen = await proposals.look(subject, wanted: wanted, head: head)
        observation.proposal = seen
        guard case .success(let proposal) = seen,
            let (commit, trailers) = try await proposals.merged(proposal, subject, head: head)
        else { return }
        // A forge may have squashed it without our message; what the status knows of it serves then.
        let entry =
            LedgerEntry(commit, trailers: trailers) ?? LedgerEntry(rollback: rollback, commit.id, at: commit.time)
        await source.adopt(entry)
        observation.commit = entry
        observation.apps = try await AppProgressReader(source: source).progress(
            of: entry.apps, since: entry.commit, in: proposals.environment)
    }

    /// A rollback is exempt from windows unless `windows.operations` lists it.
    private func gates(
        _ change: RollbackChange, _ environment: Environment, _ signers: SignerDirectory?
    ) async -> [Gate] {
        guard let calendar = try? WindowCalendar(environment.spec.windows) else {
            return [Gate(name: .window, state: .waiting, reason: .windowClosed, message: "spec.windows cannot be read")]
        }
        let now = context.clock.now()
        let override = await EvidenceReader(context).override(of: environment, signers: signers, now: now)
        return GateEvaluation.evaluate(
            GateInput(
                work: .rollback, environment: environment.spec, calendar: calendar, apps: change.apps,
                environmentOverride: override),
            now: now
        ).gates
    }

    private func change(
        _ rollback: Rollback, _ environment: Environment, _ source: Source, _ head: CommitID, _ ledger: Ledger
    ) async -> Result<RollbackChange, ChangeError> {
        do {
            let target = try RollbackResolver(environment: environment, ledger: ledger).target(of: rollback.spec)
            return .success(
                try await RollbackScope(
                    environment: environment, repository: source.repository, renders: context.renders
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
