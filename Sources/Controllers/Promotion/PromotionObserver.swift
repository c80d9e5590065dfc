internal import Core
internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import Kustomize
internal import Policy
package import SluiceAPI

/// Looks at everything a Promotion depends on. It changes nothing.
package struct PromotionObserver: Sendable {
    private let context: OperatorContext

    package init(_ context: OperatorContext) {
        self.context = context
    }

    package func observe(_ promotion: Promotion) async throws -> PromotionObservation {
        let name = NamespacedName(namespace: promotion.metadata.namespace, name: promotion.spec.environment)
        guard let reading = try await TargetReading.read(name, context) else {
            var observation = PromotionObservation(promotion: promotion, target: .missing)
            observation.sourceFailure = TargetReading.failure(name, context)
            return observation
        }
        let environment = reading.environment
        let references = reading.references
        var observation = PromotionObservation(promotion: promotion, target: reading.target)
        observation.sourceFailure = reading.sourceFailure
        var evidence = Evidence(requester: promotion.status.requester)
        // One that is over answers for its apps only; who asked for it has been written down.
        if !promotion.hasEnded {
            evidence = try await EvidenceReader(context).evidence(for: promotion, signers: references.signers)
            noteOthers(&observation, environment)
        }
        observation.requester = evidence.requester
        observation.abortedBy = evidence.abortedBy
        guard let (source, seen) = reading.repository else { return observation }
        let ledger = context.ledger(
            seen.ledger.written(by: references.ownKeys), of: environment.namespacedName)
        observation.commit = ledger.entry(
            .promotion, "\(promotion.namespacedName)", attempt: promotion.spec.attempt)
        if let commit = observation.commit {
            observation.revertedBy = ledger.rollback(of: commit.commit)
            observation.apps = try await AppProgressReader(source: source).progress(
                of: commit.apps, since: commit.commit, in: environment)
            observation.overtaken = Set(
                commit.apps.filter {
                    seen.ledger.latest($0, in: "\(environment.namespacedName)")?.commit != commit.commit
                })
            await VerificationObserver(context).observe(&observation, environment)
            return observation
        }
        guard !promotion.hasEnded, let head = seen.head else { return observation }
        if let fault = references.promotionFaults.first {
            observation.change = .failure(ChangeError("InvalidReference", fault.message, disposition: .transient))
        } else if let faults = Policy.validate(environment).summary {
            // Nobody can say what a policy allows that contradicts itself.
            observation.change = .failure(
                ChangeError(
                    "InvalidSpec", "environment \(environment.metadata.name): \(faults)", disposition: .transient))
        } else if let objection = EvidenceReader(context).objection(to: promotion, by: evidence.requester) {
            observation.change = .failure(objection)
        } else if let objection = await CommitTrust(environment, references).objection(toBuildingOn: head, in: source) {
            observation.change = .failure(objection)
        } else {
            observation.change = await change(promotion, environment, source, head)
        }
        if case .success(let change)? = observation.change {
            let restraints = Restraints(
                environment: environment, ledger: seen.ledger, rollbacks: context.rollbacks(in: environment))
            try await judge(&observation, change, environment, evidence, restraints, references.signers, seen.ledger)
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
        _ observation: inout PromotionObservation, _ proposals: ProposalObserver, _ head: CommitID
    ) async throws {
        let promotion = observation.promotion
        let subject = ProposalSubject(promotion)
        var wanted: ProposalObserver.Wanted?
        var isDue = subject.recorded != nil
        if case .success(let change)? = observation.change {
            wanted = ProposalObserver.Wanted(change)
            let gates = observation.gates + change.holdups
            isDue = isDue || !promotion.spec.dryRun && !change.isEmpty && gates.allSatisfy { $0.state == .open }
        }
        guard isDue else { return }
        let seen = try await proposals.look(subject, wanted: wanted, head: head) { commit in
            LedgerEntry(promotion: promotion, commit.id, at: commit.time)
        }
        observation.proposal = seen.proposal
        guard let merged = seen.merged else { return }
        observation.commit = merged
        observation.apps = try await proposals.progress(since: merged)
    }

    /// Whether a promotion that has ended was reverted since, and does not say so yet.
    package func isReverted(_ promotion: Promotion) async -> Bool {
        let name = NamespacedName(namespace: promotion.metadata.namespace, name: promotion.spec.environment)
        guard promotion.status.phase != .rolledBack, let commit = CommitID(hex: promotion.status.commit),
            let source = context.sources.source(of: name), let environment = context.environment(name),
            let references = try? await EnvironmentReferences.read(of: environment, context.references)
        else { return false }
        let ledger = await source.observation.ledger.written(by: references.ownKeys)
        return context.ledger(ledger, of: name).rollback(of: commit) != nil
    }

    private func noteOthers(_ observation: inout PromotionObservation, _ environment: Environment) {
        let promotion = observation.promotion
        let active = context.turns.active(in: environment.namespacedName)
        let created = promotion.metadata.creationTimestamp ?? context.clock.now()
        for other in context.promotions.all(in: promotion.metadata.namespace)
        where other.spec.environment == promotion.spec.environment && other.metadata.name != promotion.metadata.name {
            var phase = other.status.phase ?? .queued
            if other.status.attempt != other.spec.attempt, phase.isTerminal { phase = .queued }
            if active.contains(other.metadata.name), !phase.isActive { phase = .committing }
            // What nobody stands behind takes nobody's place.
            if context.admission != nil, !phase.isActive, !phase.isTerminal, !other.status.requester.isKnown {
                continue
            }
            let planned = other.status.items.map(\.app)
            let seen = PromotionObservation.Other(
                name: other.metadata.name, created: other.metadata.creationTimestamp ?? context.clock.now(),
                phase: phase,
                apps: planned.isEmpty ? other.spec.items.map(\.app).filter { !$0.isEmpty } : planned)
            if !phase.isTerminal {
                observation.others.append(seen)
            } else if phase == .succeeded, !other.status.commit.isEmpty, seen.created > created {
                observation.landed.append(seen)
            }
        }
        observation.rollback = context.rollbacks(in: environment).values
            .filter { !($0.status.phase?.isTerminal ?? false) && !$0.spec.dryRun }
            .filter { context.admission == nil || $0.status.requester.source != .unknown }.map(\.metadata.name).min()
    }

    private func change(
        _ promotion: Promotion, _ environment: Environment, _ source: Source, _ head: CommitID
    ) async -> Result<Change, ChangeError> {
        let namespace = promotion.metadata.namespace
        let all = Dictionary(
            context.environments.all(in: namespace).map { ($0.metadata.name, $0) },
            uniquingKeysWith: { first, _ in first })
        let spec = promotion.spec
        do {
            let folders = try await FolderReader(context: context).folders(of: spec, into: environment, all)
            let resolver = ChangeResolver(environment: environment, environments: all, folders: folders)
            return .success(
                try await context.bases.rendering(
                    for: environment.namespacedName, beside: source.repository
                ) { remote in
                    try await source.repository.withTree(of: head) { [renders = context.renders] tree in
                        try resolver.resolve(spec, in: tree, base: head, cache: renders, remote: remote)
                    }
                })
        } catch let error as ChangeError {
            return .failure(error)
        } catch let error as any SluiceError {
            return .failure(ChangeError(error.reason, error.message, disposition: .transient))
        } catch {
            return .failure(ChangeError("SourceNotReady", "\(error)", disposition: .transient))
        }
    }

    /// Judges approvals and gates by the environment's policy.
    private func judge(
        _ observation: inout PromotionObservation, _ change: Change, _ environment: Environment, _ evidence: Evidence,
        _ restraints: Restraints, _ signers: SignerDirectory?, _ ledger: Ledger
    ) async throws {
        let now = context.clock.now()
        let namespace = environment.metadata.namespace
        let calendar: WindowCalendar
        do throws(FieldError) {
            calendar = try WindowCalendar(environment.spec.windows)
        } catch {
            observation.change = .failure(ChangeError("InvalidSpec", error.message, disposition: .transient))
            return
        }
        let override = await EvidenceReader(context).overrideAndAuthor(of: environment, signers: signers, now: now)
        let input = PromotionGates.Input(
            promotion: observation.promotion, environment: environment,
            environments: context.environments.all(in: namespace), promotions: context.promotions.all(in: namespace),
            change: change, evidence: evidence,
            changeAuthors: try await ChangeAuthors(context: context).authors(
                of: observation.promotion, change, into: environment),
            restraints: restraints, environmentOverride: override.decision, overrideAuthor: override.author,
            calendar: calendar, clockSkew: await clockSkew(of: observation.promotion),
            operatorUsers: (context.admission?.operatorUsers.sorted() ?? [])
                + (environment.syncUser.map { [$0] } ?? []),
            committedInOpening: committed(change, environment, calendar, ledger, now: now))
        let judgement = PromotionGates.judge(input, now: now)
        observation.approvals = judgement.approvals
        observation.gates = context.noting(webhookOff: judgement.gates, in: environment)
        observation.nextChange = context.nextChange(
            of: judgement.nextChange, judgement.approvals, clockSkew: input.clockSkew, now: now)
        observation.override = judgement.override
    }

    /// How far the operator's clock is from the API server's. Where that holds promotions up, the server is asked anew:
    /// nothing tells that a clock was set right.
    private func clockSkew(of promotion: Promotion) async -> Duration? {
        guard let skew = context.client.serverClock.skew, GateEvaluation.isOff(skew) else {
            return context.client.serverClock.skew
        }
        _ = try? await context.client.getIfPresent(
            OperatorContext.resource(Promotion.self), namespace: promotion.metadata.namespace,
            name: promotion.metadata.name)
        return context.client.serverClock.skew
    }

    /// How many promotions were committed since the windows opened.
    private func committed(
        _ change: Change, _ environment: Environment, _ calendar: WindowCalendar, _ ledger: Ledger, now: Timestamp
    ) -> Int {
        guard environment.spec.promotion.maxPerWindow > 0,
            let start = calendar.openingStart(.promote, apps: change.apps, at: now)
        else { return 0 }
        return ledger.promotions(into: "\(environment.namespacedName)", since: start)
    }
}
