import FoundationEssentials
import KubernetesModel
import Testing
import YAML

@testable import SluiceAPI

@Suite("CustomResourceDefinitions")
struct DefinitionTests {
    /// The repository's root, from this file's place in it.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("are in the repository as the schema has them now")
    func upToDate() throws {
        for definition in SluiceAPI.crds {
            let plural = definition.name.prefix { $0 != "." }
            let file = Self.root.appending(path: "crds/sluice.dev_\(plural).yaml")
            let written = try YAML.document(parsing: Array(try Data(contentsOf: file))).json(.goYAML3)
            #expect(written == definition.json, "run: swift run crdgen")
        }
    }

    @Test("hold rules only where asked for")
    func rules() {
        for definition in SluiceAPI.crds { #expect(!definition.json.jsonText.contains("x-kubernetes-validations")) }
        let withRules = SluiceAPI.crds(withRules: true).map(\.json.jsonText)
        #expect(withRules[1].contains("x-kubernetes-validations"))
        #expect(withRules[2].contains("self.target == oldSelf.target"))
    }

    @Test("have a status subresource, names and columns")
    func shape() throws {
        for definition in SluiceAPI.crds {
            let version = try #require(definition.json["spec"]?["versions"]?[0])
            #expect(version["subresources"]?["status"] == [:])
            #expect(definition.json["spec"]?["names"]?["categories"] == ["sluice"])
            let schema = try #require(version["schema"]?["openAPIV3Schema"])
            for column in version["additionalPrinterColumns"]?.arrayValue ?? [] {
                let path = try #require(column["jsonPath"]?.stringValue).split(separator: ".").map(String.init)
                guard path.first != "metadata" else { continue }
                var node: JSONValue? = schema
                for key in path { node = node?["properties"]?[key] }
                #expect(node != Optional<JSONValue>.none, "the column's path \(path) leads to a field")
            }
        }
    }
}
