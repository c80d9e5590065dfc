import ArgumentParser
import KubernetesModel
import Migration
import YAML

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turns Argo CD's or Flux's objects into Environments, and names what does not map.",
        discussion: """
            Environments go to standard output, to be committed; what is left out and what changes goes to standard
            error. Offline.

            Example: sluice import argocd argocd/*/*.yaml > delivery/environments.yaml
            """,
        subcommands: [ArgoCD.self, Flux.self])

    struct ArgoCD: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "argocd", abstract: "Converts Applications with their AppProjects.",
            discussion: """
                Give all the files at once: Applications that differ only in the app become one Environment.

                Example: kubectl get applications,appprojects -A -o yaml | sluice import argocd -
                """)

        @OptionGroup var options: ImportOptions

        func run() throws { try options.run { Migration.argo($0, options: $1) } }
    }

    struct Flux: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "flux", abstract: "Converts Kustomizations with their GitRepositories.",
            discussion: "Example: sluice import flux clusters/production/*.yaml")

        @OptionGroup var options: ImportOptions

        func run() throws { try options.run { Migration.flux($0, options: $1) } }
    }
}

/// What both conversions take.
struct ImportOptions: ParsableArguments {
    @Argument(help: "Files, or - for standard input.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String]

    @Option(name: [.short, .long], help: "The namespace of the Environments; left out unless given.")
    var namespace: String?

    @Option(help: "The Secret with the credentials for Git.")
    var credentials: String?

    @Flag(help: "One Environment for each application, where one for each stage would do.")
    var separate = false

    @Flag(help: "Exit status 1 when something was left out.")
    var strict = false

    func run(_ convert: ([Manifest], Migration.Options) -> Migration.Result) throws {
        var places: [(file: String, node: YAMLNode)] = []
        var documents: [Manifest] = []
        for file in files {
            for (node, manifest) in try Files.documents(file) {
                places.append((file, node))
                documents.append(manifest)
            }
        }
        var options = Migration.Options()
        options.namespace = namespace ?? ""
        options.credentials = credentials ?? ""
        options.separate = separate
        let result = convert(documents, options)
        for note in result.notes {
            let place = places[note.document]
            let line = place.node.mark(at: note.field).map { ":\($0.line)" } ?? ""
            let field = note.field.isEmpty ? "" : "\(note.field): "
            Console.error("\(place.file)\(line): \(note.severity.rawValue): \(note.subject): \(field)\(note.text)")
        }
        guard !result.environments.isEmpty else { throw Failure.found("nothing to convert in \(files.count) files") }
        var emitter = YAMLEmitter()
        for environment in result.environments { emitter.add(environment.json) }
        Console.print(emitter.finish())
        let lost = result.notes.count { $0.severity == .leftOut }
        Console.error("\(result.environments.count) Environments; left out: \(lost)")
        if strict, lost > 0 { throw Failure.found() }
    }
}
