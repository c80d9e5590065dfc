import ArgumentParser
import Core
import Kustomize

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Renders a directory as kustomize build does.",
        discussion: "Example: sluice build apps/cart/overlays/production")

    @Argument(
        help:
            "The directory; the tree that it may read from is the Git work tree around it, or --root, or the whole disk."
    )
    var directory: String = "."

    @Option(help: "The directory that nothing may leave. By default the nearest parent with a .git, or the whole disk.")
    var root: String?

    func run() throws {
        let location = try TreeLocation(directory: directory, root: root)
        let result = try Kustomize.build(DirectoryFileTree(root: location.root), path: location.path)
        for warning in result.warnings { Console.error("warning: \(warning)") }
        Console.print(Kustomize.text(of: result))
    }
}
