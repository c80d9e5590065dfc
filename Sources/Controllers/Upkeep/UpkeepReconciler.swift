package import ControllerRuntime
internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import Policy
internal import SluiceAPI

/// Does for the Environments of a namespace what nobody asks for by an object: makes automatic promotions, and removes
/// what is finished and no longer wanted.
package struct UpkeepReconciler: Reconciler {
    private let context: OperatorContext

    package init(_ context: OperatorContext) {
        self.context = context
    }

    package func reconcile(_ key: NamespaceKey, _ call: ReconcileContext) async throws -> ReconcileResult {
        let now = context.clock.now()
        let environments = context.environments.all(in: key.namespace)
        let promotions = context.promotions.all(in: key.namespace)
        let rollbacks = context.rollbacks.all(in: key.namespace)
        var moments: [Timestamp] = []
        for environment in environments where environment.metadata.deletionTimestamp == nil {
            guard let ledger = await context.sources.source(of: environment.namespacedName)?.observation.ledger,
                ledger.head != nil
            else { continue }
            let mine = Work(
                environment: environment, environments: environments, promotions: promotions,
                rollbacks: rollbacks.filter { $0.spec.environment == environment.metadata.name }, ledger: ledger)
            if environment.spec.promotion.auto { moments += try await promote(mine, now: now, call) }
            moments += try await tidy(mine, now: now, call)
        }
        return moments.min().map(ReconcileResult.requeueAt) ?? .done
    }

    /// One Environment and what surrounds it.
    private struct Work {
        let environment: Environment
        let environments: [Environment]
        let promotions: [Promotion]
        /// Those of the environment.
        let rollbacks: [Rollback]
        let ledger: Ledger
    }

    private func promote(_ work: Work, now: Timestamp, _ call: ReconcileContext) async throws -> [Timestamp] {
        // An environment with windows that cannot be read says so itself.
        guard let calendar = try? WindowCalendar(work.environment.spec.windows) else { return [] }
        let plan = AutomaticPromotionPlanner(
            environment: work.environment, environments: work.environments, promotions: work.promotions,
            ledger: work.ledger,
            restraints: Restraints(
                environment: work.environment, ledger: work.ledger, rollbacks: context.rollbacks(in: work.environment)),
            calendar: calendar
        ).plan(now: now)
        for promotion in plan.promotions {
            do throws(KubernetesError) {
                _ = try await context.client.create(OperatorContext.resource(Promotion.self), promotion.manifest)
                call.logger.info(
                    "Promotion was made automatically",
                    metadata: .init([
                        .environment: work.environment.metadata.name, .name: promotion.metadata.name,
                    ]))
            } catch {
                // The cache does not show it yet.
                guard error.isAlreadyExists else { throw error }
            }
        }
        return [plan.requeueAt].compactMap { $0 }
    }

    private func tidy(_ work: Work, now: Timestamp, _ call: ReconcileContext) async throws -> [Timestamp] {
        let plan = HistoryPlanner(
            environment: work.environment,
            promotions: work.promotions.filter { $0.spec.environment == work.environment.metadata.name },
            rollbacks: work.rollbacks, ledger: work.ledger
        ).plan(now: now)
        for expired in plan.expired {
            let resource =
                expired.kind == Promotion.kind
                ? OperatorContext.resource(Promotion.self) : OperatorContext.resource(Rollback.self)
            do throws(KubernetesError) {
                // Only the object that was looked at: one of the same name that came since is another.
                try await context.client.delete(
                    resource, namespace: work.environment.metadata.namespace, name: expired.name,
                    options: DeleteOptions(uid: expired.uid, resourceVersion: expired.resourceVersion))
                call.logger.info(
                    "Finished object was removed",
                    metadata: .init([.kind: expired.kind, .name: expired.name]))
            } catch {
                guard error.isNotFound || error.isConflict else { throw error }
            }
        }
        return [plan.requeueAt].compactMap { $0 }
    }
}
