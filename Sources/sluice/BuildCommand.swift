import ArgumentParser
import Controllers
import KubernetesModel
import Kustomize

struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Renders a directory as kustomize build does.",
        discussion: """
            Example: sluice build apps/cart/overlays/production
            Example: sluice build apps/cart/overlays/production -o json | jq '.items[].kind'
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case yaml, json
    }

    @Argument(
        help:
            "The directory; the tree that it may read from is the Git work tree around it, or --root, or the whole disk."
    )
    var directory: String = "."

    @Option(help: "The directory that nothing may leave. By default the nearest parent with a .git, or the whole disk.")
    var root: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "How to print: yaml, one document for each object, or json, one List of them all.")
    var format: Format = .yaml

    @OptionGroup var remoteBases: RemoteBaseFlags

    func run() async throws {
        let result = try await render()
        for warning in result.warnings { Console.error("warning: \(warning)") }
        switch format {
        case .yaml: Console.print(Kustomize.text(of: result))
        case .json:
            let list: JSONValue = [
                "apiVersion": "v1", "kind": "List", "items": .array(result.manifests.map(\.manifest.json)),
            ]
            Console.print(list.prettyJSON)
        }
    }

    private func render() async throws -> RenderResult {
        let location = try TreeLocation(directory: directory, root: root)
        // Most builds fetch nothing, and are spared what that takes.
        guard !(try remoteBases.allowed().isEmpty) else {
            return try location.rendering { try Kustomize.build($0, path: $1) }
        }
        return try await remoteBases.withBases { bases in
            try await bases.rendering(for: nil, beside: nil) { remote in
                try location.rendering { try Kustomize.build($0, path: $1, remote: remote) }
            }
        }
    }
}
