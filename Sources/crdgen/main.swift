// Writes the CustomResourceDefinitions into crds/ and the chart, and their reference; `--check` only compares.
import FoundationEssentials
import Glibc
import KubernetesModel
import SluiceAPI

let folders: [(path: String, text: (Manifest) -> String)] = [
    ("crds", CRDText.text), ("charts/sluice/templates/crds", CRDText.template),
]
let arguments = CommandLine.arguments.dropFirst()
let check = arguments.contains("--check")
let root = arguments.first { !$0.hasPrefix("--") } ?? "."

var stale: [String] = []

/// Writes a file, or with `--check` notes that it is not as it should be.
@MainActor
func publish(_ text: String, folder: String, file: String) throws {
    let path = "\(root)/\(folder)/\(file)"
    guard (try? String(contentsOfFile: path, encoding: .utf8)) != text else { return }
    stale.append(path)
    guard !check else { return }
    try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
}

do {
    for manifest in SluiceAPI.crds {
        let plural = manifest.name.prefix { $0 != "." }
        guard !CRDText.text(of: manifest).contains("{{") else {
            print("crdgen: \(manifest.name) holds a double brace, which Helm would take for a template")
            exit(1)
        }
        for (folder, text) in folders {
            try publish(text(manifest), folder: folder, file: "sluice.dev_\(plural).yaml")
        }
    }
    try publish(ReferenceText.text, folder: "crds", file: "REFERENCE.md")
} catch {
    print("crdgen: \(error)")
    exit(1)
}
for path in stale { print(check ? "crdgen: \(path) is not up to date: run swift run crdgen" : "wrote \(path)") }
exit(check && !stale.isEmpty ? 1 : 0)
