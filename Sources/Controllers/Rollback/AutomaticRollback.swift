internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

/// Creates the Rollback of a promotion that failed its verification: once, under a name that its attempt determines.
struct AutomaticRollback: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    func create(_ name: String, of promotion: Promotion, cause: String) async throws {
        let environmentName = NamespacedName(
            namespace: promotion.metadata.namespace, name: promotion.spec.environment)
        let policy = context.environment(environmentName)?.spec.rollback ?? EnvironmentSpec.RollbackPolicy()
        var rollback = Rollback(
            metadata: ObjectMeta(name: name, namespace: promotion.metadata.namespace),
            spec: RollbackSpec(
                environment: promotion.spec.environment,
                target: RollbackSpec.Target(promotion: promotion.metadata.name), reason: cause, pin: policy.pin,
                veto: policy.veto, onConflict: policy.onConflict))
        rollback.metadata.labels[Label.automatic] = ObjectNames.label(promotion.metadata.name)
        do throws(KubernetesError) {
            _ = try await context.client.create(OperatorContext.resource(Rollback.self), rollback.manifest)
        } catch {
            // The same attempt asked for it before.
            guard error.isAlreadyExists else { throw error }
        }
    }
}
