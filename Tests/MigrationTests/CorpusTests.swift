import Foundation
import KubernetesModel
import Migration
import Policy
import SluiceAPI
import Testing
import YAML

/// `NAME.argocd.yaml` or `NAME.flux.yaml` becomes `NAME.TOOL.expected.yaml` and the notes in `NAME.TOOL.notes`. With
/// SLUICE_RECORD=1 the results are written anew instead of compared.
@Suite("Files of other tools")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    @Test("become Environments as recorded", arguments: ["company.argocd", "company.flux"])
    func golden(name: String) throws {
        let documents = try manifests(text("\(name).yaml"))
        let result = name.hasSuffix("argocd") ? Migration.argo(documents) : Migration.flux(documents)
        var emitter = YAMLEmitter()
        for environment in result.environments { emitter.add(environment.json) }
        let yaml = String(decoding: emitter.finish(), as: UTF8.self)
        let notes = result.notes.map { line($0) + "\n" }.joined()
        if ProcessInfo.processInfo.environment["SLUICE_RECORD"] == "1" {
            try Data(yaml.utf8).write(to: Self.folder.appending(path: "\(name).expected.yaml"))
            try Data(notes.utf8).write(to: Self.folder.appending(path: "\(name).notes"))
        }
        #expect(yaml == text("\(name).expected.yaml"))
        #expect(notes == text("\(name).notes"))
    }

    @Test("become Environments that are valid", arguments: ["company.argocd", "company.flux"])
    func valid(name: String) throws {
        let documents = try manifests(text("\(name).expected.yaml"))
        #expect(!documents.isEmpty)
        for document in documents {
            #expect(Policy.validate(manifest: document, strict: true).map(\.message) == [])
        }
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)) ?? ""
    }
}
