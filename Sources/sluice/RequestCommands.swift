import ArgumentParser
import Core
import KubernetesClient
import KubernetesModel
import Policy
import SluiceAPI
import YAML

/// Where a new object goes: a file to commit, or the API.
struct DestinationOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long, .customLong("git")],
        help: "Write the object to this file of a Git checkout, to be committed, instead of the API.")
    var file: String?

    @OptionGroup var cluster: ClusterOptions

    func deliver(_ manifest: Manifest) async throws {
        let faults = Policy.validate(manifest: manifest, strict: true)
        guard faults.isEmpty else { throw Failure.usage(faults.map(\.message).joined(separator: "\n")) }
        var manifest = manifest
        if let file {
            if let namespace = cluster.namespace { manifest.json["metadata"]?["namespace"] = .string(namespace) }
            try Files.create(YAMLEmitter.bytes(of: manifest.json), at: file)
            Console.print("wrote \(file); commit and push it")
            return
        }
        let client = try cluster.client()
        manifest.json["metadata"]?["namespace"] = .string(cluster.namespace(client))
        let resource = try await client.resource(for: manifest.gvk)
        let created = try await client.create(resource, manifest)
        Console.print("created \(manifest.kind.lowercased()) \(created.name)")
    }

    /// Sets `spec.release` of a Rollback, in its file or through the API.
    func release(_ name: String) async throws {
        guard let file else {
            let client = try cluster.client()
            let resource = try await client.resource(for: Rollback.gvk)
            _ = try await client.patch(
                resource, namespace: cluster.namespace(client), name: name, .merge(["spec": ["release": true]]))
            Console.print("rollback \(name) is released")
            return
        }
        var documents = try YAML.documents(parsing: Files.read(file), file: file).map { try $0.json(.goYAML3) }
        guard documents.count == 1, Manifest(documents[0]).gvk == Rollback.gvk, Manifest(documents[0]).name == name
        else {
            throw Failure.usage("\(file): must hold the one Rollback \(name); set spec.release: true in it by hand")
        }
        documents[0]["spec"]?["release"] = true
        try Files.write(YAMLEmitter.bytes(of: documents[0]), to: file)
        Console.print("changed \(file); commit and push it")
    }
}

/// Gates to pass over, and why.
struct OverrideOptions: ParsableArguments {
    @Option(
        name: .customLong("override"),
        help: "Pass over this gate (Window, Soak, Upstream, ...); may be given several times. Never approvals.")
    var gates: [GateName] = []

    @Option(help: "Why gates are passed over.")
    var overrideReason: String = ""

    var override: GateOverride? { gates.isEmpty ? nil : GateOverride(gates: gates, reason: overrideReason) }
}

extension GateName: ExpressibleByArgument {}
extension ConflictPolicy: ExpressibleByArgument {}

extension GoDuration: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension Timestamp: ExpressibleByArgument {
    package init?(argument: String) { self.init(rfc3339: argument) }
}

struct PromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Asks for a promotion, through Git or the API.",
        discussion: """
            Example: sluice promote cart-v2 --environment staging --app cart --from dev --file sluice/cart-v2.yaml
            Example: sluice promote cart-v2 --environment dev --app cart --image company/cart:v2
            Example: sluice promote cart-files --environment staging --app cart --path-from dev --exclude replicas.yaml
            """)

    @Argument(help: "The name of the Promotion.")
    var name: String

    @Option(help: "The environment to promote into.")
    var environment: String

    @Option(help: "An app; may be given several times. A glob makes a release train.")
    var app: [String]

    @Option(help: "Take the images that are live and healthy in this environment.")
    var from: String?

    @Option(help: "Set this image, as name:tag or name@digest.")
    var image: String?

    @Option(help: "Copy the files of the app's folder in this environment.")
    var pathFrom: String?

    @Option(help: "With --path-from: only this path; may be given several times.")
    var include: [String] = []

    @Option(help: "With --path-from: not this path; may be given several times.")
    var exclude: [String] = []

    @Option(help: "Why.")
    var reason: String = ""

    @Flag(help: "Only plan.")
    var dryRun = false

    @Option(help: "The earliest time for the commit, such as 2026-11-23T10:00:00Z.")
    var notBefore: Timestamp?

    @Option(help: "How long it may wait for its gates, such as 72h.")
    var expiresAfter: GoDuration = .hours(72)

    @Option(help: "Raised, it runs again.")
    var attempt: Int = 1

    @OptionGroup var overriding: OverrideOptions
    @OptionGroup var destination: DestinationOptions

    func run() async throws {
        guard [from != nil, image != nil, pathFrom != nil].count(where: { $0 }) == 1 else {
            throw Failure.usage("give exactly one of --from, --image and --path-from")
        }
        guard pathFrom != nil || include.isEmpty && exclude.isEmpty else {
            throw Failure.usage("--include and --exclude belong to --path-from")
        }
        var items: [PromotionSpec.Item] = []
        for app in app {
            var item =
                app.contains("*") || app.contains("?") ? PromotionSpec.Item(apps: [app]) : PromotionSpec.Item(app: app)
            if let from { item.fromEnvironment = from }
            if let image { item.image = try override(image) }
            if let pathFrom { item.path = PromotionSpec.PathCopy(from: pathFrom, include: include, exclude: exclude) }
            items.append(item)
        }
        let spec = PromotionSpec(
            environment: environment, items: items, reason: reason, dryRun: dryRun, attempt: attempt,
            notBefore: notBefore, expiresAfter: expiresAfter, override: overriding.override)
        try await destination.deliver(
            Promotion(metadata: ObjectMeta(name: name), spec: spec).manifest.withoutEmptyFields)
    }

    private func override(_ text: String) throws -> ImageOverride {
        if let at = text.firstIndex(of: "@") {
            return ImageOverride(name: String(text[..<at]), digest: String(text[text.index(after: at)...]))
        }
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else {
            throw Failure.usage("--image \(text): write name:tag or name@digest")
        }
        return ImageOverride(name: String(text[..<colon]), newTag: String(text[text.index(after: colon)...]))
    }
}

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Asks for a rollback, through Git or the API.",
        discussion: """
            Example: sluice rollback cart-undo --environment production --promotion cart-v2 --reason INC-7
            Example: sluice rollback cart-undo --release
            """)

    @Argument(help: "The name of the Rollback.")
    var name: String

    @Option(help: "The environment.")
    var environment: String = ""

    @Option(help: "Only this app; may be given several times. By default all that the target changed.")
    var app: [String] = []

    @Option(help: "Undo this Promotion.")
    var promotion: String?

    @Option(help: "Undo this commit.")
    var commit: String?

    @Option(help: "Undo the last N promotions.")
    var steps: Int?

    @Flag(help: "Go back to the last healthy revision.")
    var lastHealthy = false

    @Option(help: "Why.")
    var reason: String = ""

    @Flag(inversion: .prefixedNo, help: "Hold the apps until the rollback is released.")
    var pin = true

    @Flag(inversion: .prefixedNo, help: "Refuse the version from now on.")
    var veto = true

    @Option(help: "Where the revert does not apply cleanly: RestorePaths or Fail.")
    var onConflict: ConflictPolicy = .restorePaths

    @Flag(help: "Only plan.")
    var dryRun = false

    @Option(help: "Raised, it runs again.")
    var attempt: Int = 1

    @Flag(help: "Lift what a Rollback that is there holds and vetoes; nothing else of it is changed.")
    var release = false

    @OptionGroup var overriding: OverrideOptions
    @OptionGroup var destination: DestinationOptions

    func run() async throws {
        if release { return try await destination.release(name) }
        guard !environment.isEmpty else { throw Failure.usage("--environment is missing") }
        guard [promotion != nil, commit != nil, steps != nil, lastHealthy].count(where: { $0 }) == 1 else {
            throw Failure.usage("give exactly one of --promotion, --commit, --steps and --last-healthy")
        }
        if let steps, steps < 1 { throw Failure.usage("--steps \(steps): give a number of at least 1") }
        let target = RollbackSpec.Target(
            promotion: promotion ?? "", commit: commit ?? "", lastHealthy: lastHealthy, steps: steps ?? 0)
        let spec = RollbackSpec(
            environment: environment, target: target, apps: app, reason: reason, pin: pin, veto: veto,
            onConflict: onConflict, override: overriding.override, dryRun: dryRun, attempt: attempt)
        try await destination.deliver(
            Rollback(metadata: ObjectMeta(name: name), spec: spec).manifest.withoutEmptyFields)
    }
}

struct RefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Asks the operator to look at an environment's source now.",
        discussion: "Example: sluice refresh production -n shop")

    @Argument(help: "The environment.")
    var environment: String

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        let client = try cluster.client()
        let resource = try await client.resource(for: Environment.gvk)
        let value = "\(SystemClock().now().rfc3339Micro)"
        let patch: JSONValue = ["metadata": ["annotations": .object([Annotation.reconcileAt: .string(value)])]]
        let namespace = cluster.namespace(client)
        do throws(KubernetesError) {
            _ = try await client.patch(resource, namespace: namespace, name: environment, .merge(patch))
        } catch {
            guard error.isNotFound else { throw error }
            throw Failure.found("environment \(environment) does not exist in namespace \(namespace)")
        }
        Console.print("environment \(environment) is being refreshed")
    }
}

extension Manifest {
    /// The object as a person would write it: without a status, without empty texts, lists and maps, and without what
    /// the defaults say anyway.
    var withoutEmptyFields: Manifest {
        var copy = self
        copy.json["status"] = nil
        copy.json["spec"] = json["spec"].flatMap(Self.clean)
        if let schema = SluiceAPI.schema(of: gvk) { copy.json = schema.removingDefaults(from: copy.json) }
        return copy
    }

    private static func clean(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let object):
            var out = JSONObject()
            for (key, child) in object { out[key] = clean(child) }
            return out.isEmpty ? nil : .object(out)
        case .array(let elements):
            let kept = elements.compactMap(clean)
            return kept.isEmpty ? nil : .array(kept)
        case .string(let text): return text.isEmpty ? nil : value
        case .null: return nil
        default: return value
        }
    }
}
