import Core
import KubernetesModel
import SluiceAPI
import TestSupport
import Testing

@testable import Controllers

/// What a spec asks for and this version does not do is said, never passed over in silence.
@Suite("Unbuilt features")
struct UnsupportedTests {
    private let now = Timestamp(seconds: 1_774_256_400)

    private func conditions(_ environment: Environment) -> [Condition] {
        EnvironmentStatusBuilder.status(
            of: EnvironmentObservation(environment: environment), outcomes: [], managedKinds: [], now: now
        ).conditions
    }

    @Test("are all named in the condition Unsupported, and it goes when nobody asks for them")
    func named() throws {
        // The documented example asks for everything; what else there is, is asked for on top.
        var environment = try Environment(manifest: Manifest(yaml: DocumentedExamples.environment))
        environment.spec.source.push.mode = .pullRequest
        environment.spec.promotion.auto = true
        environment.spec.promotion.maxPerWindow = 1
        environment.spec.rollback.approvals = .required
        environment.spec.approvals?.sources = [.admissionWebhook]
        environment.spec.source.verify.mode = .everyCommit
        let features = UnbuiltFeatures.features(of: environment.spec)
        let said = conditions(environment)[ConditionType.unsupported]
        #expect((said == nil) == features.isEmpty)
        for feature in features {
            #expect(said?.status == .yes)
            #expect(said?.message.contains(feature.field) ?? false, "\(feature.field): \(said?.message ?? "")")
        }
        environment.status.conditions = conditions(environment)
        environment.spec = EnvironmentSpec(source: environment.spec.source)
        environment.spec.source.push.mode = .direct
        environment.spec.source.verify.mode = .none
        environment.spec.destination.orphans = .ignore
        #expect(UnbuiltFeatures.features(of: environment.spec).isEmpty)
        #expect(conditions(environment)[ConditionType.unsupported] == nil)
    }
}
