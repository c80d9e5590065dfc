package import ControllerRuntime
internal import Core
internal import Forge
internal import Git
internal import KubernetesClient
package import KubernetesModel
internal import Logging
internal import SluiceAPI

/// Carries a Rollback through its phases. Each call plans from what is now and does at most one thing.
package struct RollbackReconciler: Reconciler {
    private let context: OperatorContext
    private let observer: RollbackObserver
    private let writer: BranchWriter
    private let proposer: Proposer
    private let status: StatusWriter
    private let finalizer: ProposalFinalizer
    private let metrics = DeliveryMetrics()

    package init(_ context: OperatorContext) {
        self.context = context
        observer = RollbackObserver(context)
        writer = BranchWriter(context)
        proposer = Proposer(context)
        status = StatusWriter(store: context.store(Rollback.self), logger: context.logger)
        finalizer = ProposalFinalizer(context, for: Rollback.self)
    }

    package func reconcile(_ key: NamespacedName, _ call: ReconcileContext) async throws -> ReconcileResult {
        guard let entry = context.rollbacks.get(key) else {
            status.forget(key)
            context.environmentQueue.add(context.environments.names.filter { $0.namespace == key.namespace })
            // Whoever waited for it to go first.
            context.wake.workChanged(in: key.namespace)
            return .done
        }
        let manifest = status.freshest(entry.manifest)
        let rollback: Rollback
        do throws(FieldError) {
            rollback = try Rollback(manifest: manifest)
        } catch {
            try await status.write(Unreadable.status(manifest, error, now: context.clock.now()), to: manifest)
            return .done
        }
        let commit = rollback.status.commit
        let trace: TraceContext = commit.isEmpty ? .following(uid: rollback.metadata.uid) : .following(commit)
        return try await TraceContext.$current.withValue(trace) { try await advance(rollback, manifest, call) }
    }

    private func advance(
        _ rollback: Rollback, _ manifest: Manifest, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        if finalizer.isDue(manifest) {
            let environment = NamespacedName(namespace: rollback.metadata.namespace, name: rollback.spec.environment)
            return try await finalizer.finish(manifest, ProposalSubject(rollback), in: environment)
        }
        let isOver = rollback.hasEnded
        let mayRelease = rollback.awaitsRelease
        let observation =
            isOver && !mayRelease
            ? RollbackObservation(rollback: rollback, target: .missing) : try await observer.observe(rollback)
        let plan = RollbackPlanner.plan(observation, now: context.clock.now())
        let subject = ProposalSubject(rollback)
        if let proposal = plan.withdraws, let target = observation.target.environment {
            // Before the status. What was merged meanwhile is planned again, with its commit.
            let reason = "\(subject.title) has ended: \(plan.status.message)"
            guard try await proposer.withdraw(proposal, of: subject, from: target, because: reason) else {
                return .requeue(after: .milliseconds(500))
            }
        }
        guard let written = try await record(plan.status, of: rollback, manifest) else { return .done }
        if let state = plan.status.pullRequest, state.phase == .merged, rollback.status.pullRequest?.phase != .merged,
            let target = observation.target.environment
        {
            await proposer.tidy(state, of: subject, target)
        }
        if observation.isReleased, case .success(let proposal)? = observation.proposal,
            let merged = proposal.pullRequest, let target = observation.target.environment
        {
            await proposer.tidy(
                PullRequestState(number: merged.number, url: merged.url, phase: .merged, commit: merged.head),
                of: ProposalSubject(releaseOf: rollback), target)
        }
        if observation.commit != nil || plan.status.phase?.isTerminal ?? false, plan.status.pullRequest?.phase != .open
        {
            try await finalizer.letGo(written)
        }
        if let action = plan.action, let environment = observation.target.environment {
            return try await perform(action, rollback, environment, plan, written, call)
        }
        // A process that has just begun has not read the repository yet in which the release is to be written.
        if isOver, mayRelease, observation.head == nil, !rollback.status.commit.isEmpty {
            return .requeue(after: .seconds(5))
        }
        return plan.requeueAt.map(ReconcileResult.requeueAt) ?? .done
    }

    /// Goes on after a release was pushed, or the pull request for it opened.
    private func released(
        _ rollback: Rollback, _ outcome: BranchWriter.Outcome, _ environment: Environment, _ call: ReconcileContext
    ) -> ReconcileResult {
        switch outcome {
        case .pushed(let commit):
            call.logger.info(
                "Rollback was released",
                metadata: .init([.environment: environment.metadata.name, .revision: commit.hex]))
            return .requeue(after: .zero)
        case .planAgain(let why):
            call.logger.info("Release is tried again", metadata: .init([.reason: why]))
            return .requeue(after: .milliseconds(Int64.random(in: 50...500)))
        }
    }

    private func perform(
        _ action: RollbackPlan.Action, _ rollback: Rollback, _ environment: Environment, _ plan: RollbackPlan,
        _ manifest: Manifest, _ call: ReconcileContext
    ) async throws -> ReconcileResult {
        var rollback = rollback
        rollback.status = plan.status
        do {
            let outcome: BranchWriter.Outcome
            let restored: [String]
            switch action {
            case .revert(let change):
                (outcome, restored) = try await writer.revert(rollback, change, in: environment)
            case .propose(let change, let proposal):
                guard try await finalizer.hold(manifest) != nil else { return .done }
                (outcome, restored) = try await proposer.propose(rollback, change, over: proposal, in: environment)
            case .release(let releaser, let base):
                let outcome = try await writer.release(rollback, by: releaser, in: environment, base: base)
                return released(rollback, outcome, environment, call)
            case .proposeRelease(let releaser, let base, let proposal):
                let outcome = try await proposer.propose(
                    releaseOf: rollback, by: releaser, base: base, over: proposal, in: environment)
                return released(rollback, outcome, environment, call)
            }
            switch outcome {
            case .pushed(let commit):
                call.logger.info(
                    "Rollback was pushed",
                    metadata: .init([.environment: environment.metadata.name, .revision: commit.hex]))
                rollback.status.restoredPaths = restored
                if !restored.isEmpty { _ = try await record(rollback.status, of: rollback, manifest) }
                return .requeue(after: .zero)
            case .planAgain(let why):
                call.logger.info("Rollback is planned again", metadata: .init([.reason: why]))
                return .requeue(after: .milliseconds(Int64.random(in: 20...200)))
            }
        } catch let error as ChangeError {
            // The repository itself says that nothing can be made of it: that is how this attempt ends.
            var observation = RollbackObservation(rollback: rollback, target: .present(environment))
            observation.change = .failure(error)
            observation.requester = plan.status.requester
            if case .propose(_, let proposal) = action { observation.proposal = .success(proposal) }
            let end = RollbackPlanner.plan(observation, now: context.clock.now())
            if let proposal = end.withdraws {
                let subject = ProposalSubject(rollback)
                let reason = "\(subject.title) has ended: \(end.status.message)"
                guard try await proposer.withdraw(proposal, of: subject, from: environment, because: reason) else {
                    return .requeue(after: .milliseconds(500))
                }
            }
            _ = try await record(end.status, of: rollback, manifest)
            return .done
        }
    }

    /// Writes a status and tells of it; nil where the object has changed or gone meanwhile.
    private func record(
        _ next: RollbackStatus, of rollback: Rollback, _ manifest: Manifest
    ) async throws -> Manifest? {
        let object = Rollback(metadata: rollback.metadata, spec: rollback.spec, status: next)
        guard let written = try await status.write(object.statusJSON, to: manifest) else { return nil }
        guard next != rollback.status else { return written }
        announce(next, rollback, written)
        let environmentName = NamespacedName(namespace: rollback.metadata.namespace, name: rollback.spec.environment)
        if let environment = context.environment(environmentName),
            let notice = RollbackNews.notice(
                rollback, became: next, repository: environment.spec.source.shownRepository, now: context.clock.now())
        {
            context.notifications.post([notice], of: environment)
        }
        metrics.note(rollback, became: next)
        // What it holds and vetoes, and that promotions may go on, is for others to see.
        context.wake.environmentChanged(environmentName)
        if next.phase?.isTerminal ?? false {
            context.promotionQueue.add(context.promotions.names.filter { $0.namespace == environmentName.namespace })
        }
        return written
    }

    private func announce(_ next: RollbackStatus, _ rollback: Rollback, _ manifest: Manifest) {
        guard let phase = next.phase, phase != rollback.status.phase else { return }
        let bad = phase == .failed || phase == .conflict
        context.events.record(
            ObjectEvent(
                bad ? .warning : .normal, regarding: ObjectReference(manifest),
                reason: next.reason.isEmpty ? phase.rawValue : next.reason, action: phase.rawValue, note: next.message))
    }
}
