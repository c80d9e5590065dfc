import ArgumentParser
import ControllerRuntime
import Controllers
import Core
import Git
import Glibc
import HTTP
import KubernetesClient
import KubernetesModel
import Logging
import Metrics
import Server
import ServiceLifecycle
import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the operator until it is told to stop.",
        discussion: """
            SIGTERM and SIGINT end it gracefully: calls under way are finished and the shards are given to others.

            Example: sluice run --state-dir /var/lib/sluice
            """)

    @OptionGroup var cluster: ConnectionOptions

    @Option(name: [.short, .long], help: "Work for the objects of this namespace only; by default for those of all.")
    var namespace: String?

    @Option(help: "Where mirrors of Git repositories are kept; an empty directory is enough.")
    var stateDir: String = "/tmp/sluice"

    @Flag(help: "Do not register the CRDs; somebody else has.")
    var skipCrds = false

    @Flag(help: "Work for all namespaces, even if --namespace is given.")
    var allNamespaces = false

    @Option(help: "The namespace of the lease; without it this process leads without asking.")
    var leaseNamespace: String?

    @Option(help: "The name of the lease.")
    var leaseName: String = "sluice"

    @Option(
        help: """
            Into how many shards the namespaces are divided, of which each replica works on its share; with 1, one \
            replica works and the others stand by. 1 to 256, and the same for all replicas.
            """)
    var shards: Int = 1

    @Option(help: "Unique to this process.")
    var identity: String?

    @Option(help: "The address of probes, metrics and Git webhooks.")
    var listen: String = "127.0.0.1"

    @Option(help: "The port of probes and metrics; 0 for a free one.")
    var port: Int = 8080

    @Option(
        help: """
            A directory of files with one secret each, as a mounted Secret is, that Git servers sign their webhooks \
            with. With it, POST /webhooks/git is served.
            """)
    var gitWebhookSecrets: String?

    @Option(help: "The port of the Git webhooks, at the address of --listen; 0 for a free one.")
    var gitWebhookPort: Int = 9292

    @Option(help: "How many objects of one kind are worked on at once, for each shard.")
    var workers: Int = 4

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel: String = "info"

    @Option(help: "json or text; by default text on a terminal.")
    var logFormat: String?

    @Flag(help: "Allow repositories at file:// addresses, which read this machine's disk.")
    var allowFileRepositories = false

    @Flag(help: "Allow repositories at http:// addresses of other machines, in the clear.")
    var allowInsecureHttp = false

    @OptionGroup var remoteBases: RemoteBaseFlags

    @OptionGroup(title: "Admission webhook") var webhook: WebhookFlags

    func run() async throws {
        guard (1...Shard.limit).contains(shards), shards == 1 || leaseNamespace != nil else {
            throw Failure.usage("--shards \(shards): choose 1 to \(Shard.limit); more than one need --lease-namespace")
        }
        let logger = try logger()
        let registry = PrometheusRegistry()
        registry.collect { ProcessMetrics.samples() }
        MetricsSystem.bootstrap(registry)
        let transport = try CurlTransport()
        let configuration = try ClusterConfiguration.load(path: cluster.kubeconfig, context: cluster.context)
        let observer = RequestMetrics()
        let client = KubernetesClient(configuration: configuration, transport: transport, observer: observer)
        var options = Operator.Options(stateDirectory: stateDir, identity: identity ?? Self.defaultIdentity())
        options.namespace = allNamespaces ? nil : namespace
        options.registersCRDs = !skipCrds
        options.workers = max(1, workers)
        options.git.allowFile = allowFileRepositories
        options.git.allowInsecureHTTP = allowInsecureHttp
        options.remoteBases = try remoteBases.allowed()
        options.lease = leaseNamespace.map { NamespacedName(namespace: $0, name: leaseName) }
        options.shards = shards
        let home = client.defaultNamespace.isEmpty ? "default" : client.defaultNamespace
        options.webhook = try webhook.options(
            namespace: leaseNamespace ?? namespace ?? home, only: options.namespace)
        let sluice = Operator(
            client: client, transport: transport, options: options, logger: logger, observer: observer)
        registry.describe(OperatorMetrics.help.merging(FleetMetrics.help) { own, _ in own })
        registry.collect { OperatorMetrics.samples(sluice) }
        let server = OperatorServer(
            OperatorServer.Options(host: listen, port: port), registry: registry, logger: logger,
            readiness: { Self.readiness(of: sluice) },
            onBound: { port in logger.info("Serving probes and metrics", metadata: ["port": .stringConvertible(port)]) }
        )
        // They are stopped in the reverse order: the operator's last writes still want the webhook.
        var services: [any Service] = [server]
        if let admission = sluice.admission { services.append(webhook.server(admission, logger: logger)) }
        services.append(OperatorService(operator: sluice))
        if let webhooks = try gitWebhookServer(sluice, logger) { services.append(webhooks) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private static func readiness(of sluice: Operator) -> Readiness {
        guard sluice.state != .starting else { return .notReady("the caches are being filled") }
        guard sluice.admission?.isServing ?? true else { return .notReady("the admission webhook has no certificate") }
        return .ready
    }

    /// The receiver of Git webhooks, where there are secrets for it; unusable secrets end the process at its start.
    private func gitWebhookServer(_ sluice: Operator, _ logger: Logger) throws -> GitWebhookServer? {
        guard let gitWebhookSecrets else { return nil }
        let secrets = WebhookSecrets(directory: gitWebhookSecrets)
        _ = try secrets.read()
        var options = GitWebhookServer.Options()
        options.host = listen
        options.port = gitWebhookPort
        return GitWebhookServer(
            options, secrets: secrets, logger: logger, deliver: { sluice.refresh(repositories: $0) },
            onBound: { port in logger.info("Serving Git webhooks", metadata: ["port": .stringConvertible(port)]) })
    }

    private func logger() throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw Failure.usage("--log-level \(logLevel): choose one of trace, debug, info, notice, warning, error")
        }
        let format: JSONLogHandler.Format
        if let logFormat {
            guard let chosen = JSONLogHandler.Format(rawValue: logFormat) else {
                throw Failure.usage("--log-format \(logFormat): choose json or text")
            }
            format = chosen
        } else {
            format = JSONLogHandler.defaultFormat
        }
        return Logger(label: "sluice") { _ in
            var handler = JSONLogHandler(format: format, level: level)
            handler.metadataProvider = TraceContext.logMetadata
            return handler
        }
    }

    /// The host's name, which is the Pod's, and the process.
    private static func defaultIdentity() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host)-\(getpid())"
    }
}

/// The operator as a service: a graceful shutdown cancels it, and it takes its time to end well.
struct OperatorService: Service {
    let `operator`: Operator

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.operator.run() }
    }
}
