internal import Git
internal import KubernetesModel
internal import SluiceAPI

/// The Environment that a Promotion or Rollback names, what it refers to, and what its repository said last.
struct TargetReading: Sendable {
    let environment: Environment
    let references: EnvironmentReferences
    /// Nil until the environment follows its repository.
    let repository: (source: Source, seen: Source.Observation)?

    /// Nil where there is no such Environment, or none that can be read.
    static func read(_ name: NamespacedName, _ context: OperatorContext) async throws -> TargetReading? {
        guard let environment = context.environment(name) else { return nil }
        let references = try await EnvironmentReferences.read(of: environment, context.references)
        guard let source = context.sources.source(of: name) else {
            return TargetReading(environment: environment, references: references, repository: nil)
        }
        var seen = await source.observation
        seen.ledger = context.ledger(seen.ledger, of: name)
        return TargetReading(environment: environment, references: references, repository: (source, seen))
    }

    /// What to say of an Environment of which there is no reading; nil where it does not exist.
    static func failure(_ name: NamespacedName, _ context: OperatorContext) -> String? {
        context.environments.get(name) == nil ? nil : "environment \(name.name) cannot be read: its status says why"
    }

    var target: PromotionObservation.Target {
        environment.metadata.deletionTimestamp == nil ? .present(environment) : .deleting(environment)
    }

    /// Why Git cannot be read, if it cannot.
    var sourceFailure: String? {
        guard let repository else { return "environment \(environment.metadata.name) has not read its repository yet" }
        return repository.seen.failure?.message
    }
}
