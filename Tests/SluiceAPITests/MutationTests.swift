import KubernetesModel
import TestSupport
import Testing

@testable import SluiceAPI

/// Spoils each field of the documented examples in each way in which its schema can be broken. What a server and the
/// operator say of the same ones is told by InvalidFieldIntegrationTests.
@Suite("Spoilt examples")
struct MutationTests {
    @Test("are refused, with the path of the spoilt field", arguments: DocumentedExamples.all)
    func refused(example: DocumentedExamples.Example) throws {
        let manifest = try Manifest(yaml: example.yaml)
        let schema = try #require(SluiceAPI.schema(of: manifest.gvk))
        let spoilt = SpoiltSpec.all(of: manifest)
        #expect(spoilt.count > 20)
        for mutation in spoilt {
            var json = manifest.json
            json["spec"] = mutation.spec
            let errors = schema.validate(schema.applyingDefaults(to: json), strict: true)
            #expect(
                errors.contains { $0.path.hasPrefix(mutation.path.description) },
                "\(mutation): \(errors.map(\.message))")
        }
    }
}
