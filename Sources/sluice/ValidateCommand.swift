import ArgumentParser
import KubernetesModel
import Policy
import SluiceAPI
import YAML

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks Environments, Promotions and Rollbacks strictly, offline; all errors at once.",
        discussion: """
            Other objects in the files are passed over.

            Example: sluice validate delivery
            Example: sluice validate delivery/environments/*.yaml -o json
            """)

    @Argument(help: "Files, directories of *.yaml, *.yml and *.json files, or - for standard input.")
    var paths: [String]

    @OptionGroup var output: OutputOptions

    func run() throws {
        var faults: [JSONValue] = []
        var lines: [String] = []
        var objects = 0
        let files = try Files.manifests(paths)
        for file in files {
            do {
                for (node, manifest) in try Files.documents(file) where manifest.gvk.group == SluiceGroup.name {
                    objects += 1
                    for error in Policy.validate(manifest: manifest, strict: true) {
                        let line = node.mark(at: error.path)?.line
                        lines.append("\(file)\(line.map { ":\($0)" } ?? ""): \(error.message)")
                        faults.append([
                            "file": .string(file), "line": line.map { .int(Int64($0)) } ?? .null,
                            "field": .string(error.path), "message": .string(error.detail),
                        ])
                    }
                }
            } catch let error as YAMLError {
                lines.append(error.message)
                faults.append(["file": .string(file), "line": .null, "field": "", "message": .string(error.message)])
            }
        }
        output.print(.array(faults)) {
            lines.isEmpty
                ? "no errors in \(counted(objects, "object")) of \(counted(files.count, "file"))"
                : lines.joined(separator: "\n")
        }
        guard faults.isEmpty else { throw Failure.found() }
    }

    private func counted(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}
