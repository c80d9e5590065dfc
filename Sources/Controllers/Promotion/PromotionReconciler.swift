package import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesClient
package import KubernetesModel
internal import Logging
internal import SluiceAPI

/// Carries a Promotion through its phases. Each call plans from what is now and does at most one thing.
package struct PromotionReconciler: Reconciler {
    private let context: OperatorContext
    private let observer: PromotionObserver
    private let writer: BranchWriter
    private let status: StatusWriter
    private let finalizer: ProposalFinalizer
    private let metrics = DeliveryMetrics()

    package init(_ context: OperatorContext) {
        self.context = context
        observer = PromotionObserver(context)
        writer = BranchWriter(context)
        status = StatusWriter(store: context.store(Promotion.self), logger: context.logger)
        finalizer = ProposalFinalizer(context, for: Promotion.self)
    }

    package func reconcile(_ key: NamespacedName, _ call: ReconcileContext) async throws -> ReconcileResult {
        guard let entry = context.promotions.get(key) else {
            status.forget(key)
            context.jobs.forget(key)
            _ = context.turns.finished(key)
            // Whoever waited for it to go first.
            context.wake.workChanged(in: key.namespace)
            return .done
        }
        let manifest = status.freshest(entry.manifest)
        let promotion: Promotion
        do throws(FieldError) {
            promotion = try Promotion(manifest: manifest)
        } catch {
            try await status.write(Unreadable.status(manifest, error, now: context.clock.now()), to: manifest)
            return .done
        }
        // Once there is a commit, all is about that.
        let commit = promotion.status.commit
        let trace: TraceContext =
            commit.isEmpty ? .following(uid: promotion.metadata.uid) : .following(commit)
        return try await TraceContext.$current.withValue(trace) {
            try await advance(promotion, manifest, cached: try? entry.object.get(), call)
        }
    }

    private func advance(
        _ promotion: Promotion, _ manifest: Manifest, cached: Promotion?, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        let key = promotion.namespacedName
        let environment = NamespacedName(namespace: key.namespace, name: promotion.spec.environment)
        if finalizer.isDue(manifest) {
            return try await finalizer.finish(manifest, ProposalSubject(promotion), in: environment)
        }
        if promotion.hasEnded {
            context.jobs.forget(key)
            // Only once the cache shows it, for that is what the others look at.
            if let cached, cached.hasEnded, context.turns.finished(key) {
                context.wake.environmentChanged(environment)
            }
            if !promotion.isWatched, await !observer.isReverted(promotion) { return .done }
        }
        let observation = try await observer.observe(promotion)
        let plan = PromotionPlanner.plan(observation, now: context.clock.now())
        if case .rollBack(let name, let cause)? = plan.action {
            // Before the status, which ends the promotion: an end must not be written while its rollback is not.
            try await AutomaticRollback(context).create(name, of: promotion, cause: cause)
        }
        if let proposal = plan.withdraws, let target = observation.target.environment {
            // Before the status, too. What was merged meanwhile is planned again, with its commit.
            let subject = ProposalSubject(promotion)
            let reason = "\(subject.title) has ended: \(plan.status.message)"
            guard try await Proposer(context).withdraw(proposal, of: subject, from: target, because: reason) else {
                return .requeue(after: .milliseconds(500))
            }
        }
        if !promotion.hasEnded, plan.status.phase?.isTerminal ?? false { context.turns.willEnd(key) }
        guard let written = try await write(plan.status, promotion, manifest) else { return .done }
        await tidy(plan.status, promotion, observation)
        if observation.commit != nil || plan.status.phase?.isTerminal ?? false, plan.status.pullRequest?.phase != .open
        {
            try await finalizer.letGo(written)
        }
        announce(plan.status, promotion, written)
        if let environment = observation.target.environment,
            let notice = PromotionNews.notice(
                promotion, became: plan.status, repository: environment.spec.source.shownRepository,
                now: context.clock.now())
        {
            context.notifications.post([notice], of: environment)
        }
        metrics.note(promotion, became: plan.status, now: context.clock.now())
        return try await perform(plan, observation, written, call)
    }

    private func write(
        _ next: PromotionStatus, _ promotion: Promotion, _ manifest: Manifest
    ) async throws -> Manifest? {
        let object = Promotion(metadata: promotion.metadata, spec: promotion.spec, status: next)
        return try await status.write(object.statusJSON, to: manifest)
    }

    private func perform(
        _ plan: PromotionPlan, _ observation: PromotionObservation, _ manifest: Manifest, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        var promotion = observation.promotion
        promotion.status = plan.status
        if let environment = observation.target.environment {
            // What they told is written down by now.
            for part in plan.endedJobs { await JobRunner(context).remove(part, of: promotion, in: environment) }
        }
        switch plan.action {
        case .recordPlan(let change)?:
            try await PlanRecord(context).write(change, of: promotion)
        case .commit(let change)?:
            guard let environment = observation.target.environment else { break }
            try await PlanRecord(context).write(change, of: promotion)
            switch try await writer.promote(promotion, change, into: environment) {
            case .pushed(let commit):
                call.logger.info(
                    "Promotion was pushed",
                    metadata: .init([.environment: environment.metadata.name, .revision: commit.hex]))
                // The ledger knows the commit now; the next pass goes on from there.
                return .requeue(after: .zero)
            case .planAgain(let why):
                return planAgain(why, call)
            }
        case .propose(let change, let proposal)?:
            guard let environment = observation.target.environment, try await finalizer.hold(manifest) != nil else {
                break
            }
            try await PlanRecord(context).write(change, of: promotion)
            switch try await Proposer(context).propose(promotion, change, over: proposal, into: environment) {
            case .pushed(let commit):
                call.logger.info(
                    "Promotion was proposed",
                    metadata: .init([.environment: environment.metadata.name, .revision: commit.hex]))
                return .requeue(after: .zero)
            case .planAgain(let why):
                return planAgain(why, call)
            }
        case .runJobs(let parts)?:
            return try await run(parts, promotion, observation, manifest)
        case .rollBack?, nil:
            break
        }
        return plan.requeueAt.map(ReconcileResult.requeueAt) ?? .done
    }

    private func planAgain(_ why: String, _ call: ReconcileContext) -> ReconcileResult {
        call.logger.info("Promotion is planned again", metadata: .init([.reason: why]))
        return .requeue(after: .milliseconds(Int64.random(in: 50...500)))
    }

    /// The branch of a pull request goes when the merge is first seen.
    private func tidy(_ next: PromotionStatus, _ promotion: Promotion, _ observation: PromotionObservation) async {
        guard let state = next.pullRequest, state.phase == .merged, let environment = observation.target.environment,
            promotion.status.pullRequest?.phase != .merged || promotion.status.attempt != next.attempt
        else { return }
        await Proposer(context).tidy(state, of: ProposalSubject(promotion), environment)
    }

    /// Creates Jobs; one that can never be created is written down as failed, for the next pass to see.
    private func run(
        _ parts: [VerificationPart], _ promotion: Promotion, _ observation: PromotionObservation, _ manifest: Manifest
    ) async throws -> ReconcileResult {
        guard let environment = observation.target.environment else { return .done }
        var status = promotion.status
        for part in parts {
            guard let fault = try await JobRunner(context).create(part, of: promotion, in: environment),
                let index = status.verification.firstIndex(where: { $0.name == part.name })
            else { continue }
            status.verification[index].state = .failed
            status.verification[index].message = fault.bounded(to: 512)
        }
        if status != promotion.status { _ = try await write(status, promotion, manifest) }
        return .requeue(after: .seconds(1))
    }

    /// An event for each new phase, so that `kubectl describe` tells the story.
    private func announce(_ next: PromotionStatus, _ promotion: Promotion, _ manifest: Manifest) {
        guard let phase = next.phase, phase != promotion.status.phase || next.reason != promotion.status.reason else {
            return
        }
        let isIll = phase == .succeeded && next.conditions[ConditionType.verified]?.status == .no
        let bad = phase == .failed || phase == .rejected || phase == .expired || isIll
        context.events.record(
            ObjectEvent(
                bad ? .warning : .normal, regarding: ObjectReference(manifest),
                reason: next.reason.isEmpty ? phase.rawValue : next.reason,
                action: phase.rawValue, note: next.message))
    }
}
