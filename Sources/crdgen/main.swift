// Writes the CustomResourceDefinitions into crds/ and the chart's copy; `--check` only compares.
import FoundationEssentials
import Glibc
import KubernetesModel
import SluiceAPI

let folders = ["crds", "charts/sluice/templates/crds"]
let arguments = CommandLine.arguments.dropFirst()
let check = arguments.contains("--check")
let root = arguments.first { !$0.hasPrefix("--") } ?? "."

var stale: [String] = []
do {
    for manifest in SluiceAPI.crds {
        let plural = manifest.name.prefix { $0 != "." }
        let text = CRDText.text(of: manifest)
        guard !text.contains("{{") else {
            print("crdgen: \(manifest.name) holds a double brace, which Helm would take for a template")
            exit(1)
        }
        for folder in folders {
            let path = "\(root)/\(folder)/sluice.dev_\(plural).yaml"
            let present = try? String(contentsOfFile: path, encoding: .utf8)
            guard present != text else { continue }
            stale.append(path)
            guard !check else { continue }
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
    }
} catch {
    print("crdgen: \(error)")
    exit(1)
}
for path in stale { print(check ? "crdgen: \(path) is not up to date: run swift run crdgen" : "wrote \(path)") }
exit(check && !stale.isEmpty ? 1 : 0)
