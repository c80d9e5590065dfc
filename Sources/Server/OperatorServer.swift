internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Whether this process may be given work, and if not, why.
package enum Readiness: Sendable, Hashable {
    case ready
    /// Why not, in a few words for a person.
    case notReady(String)
}

/// The operator's HTTP side: `/healthz`, `/readyz` and `/metrics`.
///
/// Flow: ``run()`` binds and serves until graceful shutdown or cancellation; it throws when the address cannot be bound.
/// `/healthz` answers as long as the process can answer at all.
package struct OperatorServer: Service {
    package struct Options: Sendable, Hashable {
        /// The address to bind; `0.0.0.0` or `::` for every interface.
        package var host: String
        /// The port to bind; 0 for a free one.
        package var port: Int
        /// How many connections are served at once; further ones wait.
        package var maxConnections: Int

        package init(host: String = "0.0.0.0", port: Int = 8080, maxConnections: Int = 64) {
            self.host = host
            self.port = port
            self.maxConnections = maxConnections
        }
    }

    private let options: Options
    private let registry: PrometheusRegistry
    private let readiness: @Sendable () -> Readiness
    private let onBound: @Sendable (Int) -> Void
    private let logger: Logger

    /// - Parameter onBound: called with the port once the server is listening.
    package init(
        _ options: Options, registry: PrometheusRegistry, logger: Logger,
        readiness: @escaping @Sendable () -> Readiness, onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.options = options
        self.registry = registry
        self.logger = logger
        self.readiness = readiness
        self.onBound = onBound
    }

    package func run() async throws {
        let application = Application(
            router: router(),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(options.maxConnections)),
            onServerRunning: { [onBound] channel in onBound(channel.localAddress?.port ?? 0) },
            logger: logger)
        try await application.run()
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("healthz") { _, _ in Self.text("ok\n") }
        router.get("readyz") { [readiness] _, _ in
            switch readiness() {
            case .ready: Self.text("ok\n")
            case .notReady(let reason): Self.text("not ready: \(reason)\n", status: .serviceUnavailable)
            }
        }
        router.get("metrics") { [registry] _, _ in
            Self.text(registry.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        return router
    }

    private static func text(
        _ body: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
