import ArgumentParser
import Controllers
import Core
import Glibc
import HTTP
import KubernetesClient
import KubernetesModel
import SluiceAPI
import Sync

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Shows what a sync, a promotion or a commit would change, object by object and field by field.",
        discussion: """
            With the name of an Environment: what Git wants beside what is in its cluster, as the server would write it \
            (a dry run of each object, with your own rights). Two directories, or --from, are compared without a \
            cluster. Secret values are masked, so that a change is visible and the value is not.

            Exit status 0 without a difference, 1 with one, 2 for bad usage.

            Example: sluice diff production -n shop --app cart
            Example: sluice diff production -n shop --local .
            Example: sluice diff --promotion cart-v1-2-5 -n shop
            Example: sluice diff apps/cart/overlays/staging apps/cart/overlays/production
            Example: sluice diff --from main apps/cart/overlays/production
            """)

    @Argument(help: "An Environment's name; or two directories; or, with --from, one directory.")
    var subjects: [String] = []

    @Option(help: "Show the plan of this Promotion, as its approvers see it.")
    var promotion: String?

    @Option(help: "Only this app, a glob; may be given several times.")
    var app: [String] = []

    @Option(help: "Compare the cluster with this work tree instead of what was pushed.")
    var local: String?

    @Option(help: "Compare the cluster with this branch, tag or commit instead of what the Environment follows.")
    var revision: String?

    @Option(help: "Compare the directory at this branch, tag or commit of the repository around it ...")
    var from: String?

    @Option(help: "... with this one; by default with what is on disk.")
    var to: String?

    @Option(help: "auto, always or never; auto colours on a terminal where NO_COLOR is not set.")
    var colour: Colour = .auto

    @OptionGroup var remoteBases: RemoteBaseFlags
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    enum Colour: String, ExpressibleByArgument, CaseIterable {
        case auto, always, never

        var isOn: Bool {
            switch self {
            case .always: true
            case .never: false
            case .auto: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
            }
        }
    }

    private enum Question {
        case environment(String)
        case promotion(String)
        case directories(String, String)
        case revisions(String, String?, directory: String)
    }

    func run() async throws {
        switch try question() {
        case .environment(let name): try await environment(name)
        case .promotion(let name): try await plan(name)
        case .directories(let old, let new):
            let places = (try TreeLocation(directory: old, root: nil), try TreeLocation(directory: new, root: nil))
            try show(
                await remoteBases.withBases {
                    try await TreeDiff.between(
                        (places.0.tree, places.0.path), (places.1.tree, places.1.path), bases: $0)
                })
        case .revisions(let earlier, let later, let directory):
            let place = try TreeLocation(directory: directory, root: nil)
            try show(
                await remoteBases.withBases {
                    try await TreeDiff.between(
                        earlier, later, root: place.root, path: place.path, transport: CurlTransport(), bases: $0)
                })
        }
    }

    private func question() throws -> Question {
        guard to == nil || from != nil else { throw Failure.usage("--to needs --from") }
        guard local == nil || revision == nil else { throw Failure.usage("give one of --local and --revision") }
        let ofCluster = local != nil || revision != nil || !app.isEmpty
        if let promotion {
            guard subjects.isEmpty, from == nil, !ofCluster else {
                throw Failure.usage("--promotion stands alone")
            }
            return .promotion(promotion)
        }
        if let from {
            guard subjects.count <= 1, !ofCluster else { throw Failure.usage("--from takes one directory") }
            return .revisions(from, to, directory: subjects.first ?? ".")
        }
        switch subjects.count {
        case 1: return .environment(subjects[0])
        case 2:
            guard !ofCluster else { throw Failure.usage("--app, --local and --revision are for an Environment") }
            return .directories(subjects[0], subjects[1])
        default: throw Failure.usage("name an Environment, or two directories, or use --from or --promotion")
        }
    }

    // MARK: Against a cluster

    private func environment(_ name: String) async throws {
        let client = try cluster.client()
        let environment = try await client.one(Environment.self, name, in: cluster.namespace(client))
        let chosen = GlobList(app.isEmpty ? ["*"] : app)
        let apps = try await remoteBases.withBases { bases in
            let diff = try EnvironmentDiff(
                environment, client: client, transport: try CurlTransport(), bases: bases)
            if let local {
                return try await diff.local(root: TreeLocation(directory: local, root: nil).root, apps: chosen)
            }
            return try await diff.remote(revision: revision, apps: chosen)
        }
        guard !apps.isEmpty || app.isEmpty else {
            throw Failure.usage("environment \(name) has no app \(app.joined(separator: ", "))")
        }
        let json: JSONValue = [
            "environment": .string("\(environment.namespacedName)"),
            "apps": .array(
                apps.map { app in
                    [
                        "name": .string(app.name), "objects": app.diff.json,
                        "problems": .array(app.problems.map(JSONValue.string)),
                    ]
                }),
        ]
        let isDifferent = apps.contains { !$0.diff.isEmpty }
        let count = apps.count == 1 ? "1 app" : "\(apps.count) apps"
        output.print(json) { isDifferent ? text(apps) : "no difference in \(count)" }
        let problems = apps.flatMap { app in app.problems.map { "app \(app.name): \($0)" } }
        if output.format == .text { for problem in problems { Console.error(problem) } }
        if isDifferent || !problems.isEmpty { throw Failure.found() }
    }

    private func text(_ apps: [EnvironmentDiff.App]) -> String {
        apps.filter { !$0.diff.isEmpty }.map { app in
            "app \(app.name)\n" + app.diff.text(limit: .max, colour: colour.isOn).text
        }.joined(separator: "\n").trimmingLastLine
    }

    // MARK: The plan of a promotion

    private func plan(_ name: String) async throws {
        let client = try cluster.client()
        let namespace = cluster.namespace(client)
        let promotion = try await client.one(Promotion.self, name, in: namespace)
        guard let plan = promotion.status.plan else {
            let message = promotion.status.message
            throw Failure.found(
                "promotion \(name) is \(promotion.status.phase?.rawValue ?? "new") and has no plan"
                    + (message.isEmpty ? "" : ": \(message)"))
        }
        let record = try await client.get(.configMaps, namespace: namespace, name: plan.configMap)
        let text = record.json["data"]?["plan"]?.stringValue ?? ""
        let json: JSONValue = [
            "promotion": .string("\(promotion.namespacedName)"), "planDigest": .string(promotion.status.planDigest),
            "base": .string(promotion.status.baseCommit), "added": .int(Int64(plan.added)),
            "changed": .int(Int64(plan.changed)), "removed": .int(Int64(plan.removed)),
            "truncated": .bool(plan.truncated), "plan": .string(text),
        ]
        output.print(json) {
            (colour.isOn ? ObjectDiff.coloured(text) : text) + "plan digest \(promotion.status.planDigest)"
        }
        if !text.isEmpty { throw Failure.found() }
    }

    // MARK: Offline

    private func show(_ diff: ObjectDiff) throws {
        output.print(["objects": diff.json]) {
            diff.isEmpty ? "no difference" : diff.text(limit: .max, colour: colour.isOn).text.trimmingLastLine
        }
        if !diff.isEmpty { throw Failure.found() }
    }
}

extension String {
    /// Without the line end at its end.
    fileprivate var trimmingLastLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}
