internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle

/// An HTTPS server for calls by the API server: it takes bodies, hands them to a handler, and sends back what that says.
///
/// Flow: ``run()`` waits for a first certificate, binds, and serves until graceful shutdown, at which requests under way
/// are finished. Guarantees: each handshake shows the newest certificate, so a renewal drops no connection; a body is
/// never larger than ``Options/maxBody``, and no more than ``Options/maxLargeBodies`` are larger than 1 MiB at a time;
/// a request that has not arrived within ``Options/arrival`` ends its connection.
package struct WebhookServer: Service {
    package struct Options: Sendable, Hashable {
        /// The address to bind.
        package var host: String
        /// The port to bind; 0 for a free one.
        package var port: Int
        package var maxConnections = 256
        /// Bytes. An API server takes objects of up to 3 MiB, and a review of an update holds two of them.
        package var maxBody = 8 << 20
        package var maxLargeBodies = 4
        /// How long a request may take to arrive, the handshake included.
        package var arrival: Duration = .seconds(15)
        /// How long a connection may be idle. Go's clients give up after 90 s; the client is to be the first, for a
        /// server that closes just when a request is sent makes it fail.
        package var idle: Duration = .seconds(120)

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// What goes back for a request.
    package struct Answer: Sendable, Hashable {
        package var status: Int
        package var contentType: String
        package var body: [UInt8]

        package init(status: Int, contentType: String, body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    /// Answers the body of a POST to one of the server's paths.
    package typealias Handler = @Sendable (_ path: String, _ body: [UInt8]) async -> Answer

    /// Bodies up to this size, in bytes, are taken without ado.
    static let smallBody = 1 << 20

    private let options: Options
    private let paths: [String]
    private let certificates: any ServingCertificateSource
    private let handler: Handler
    private let onBound: @Sendable (Int) -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - paths: those that are served, `/admission/validate`; any other is not found.
    ///   - onBound: called with the port once the server is listening.
    package init(
        _ options: Options, paths: [String], certificates: any ServingCertificateSource, logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void = { _ in }, handler: @escaping Handler
    ) {
        self.options = options
        self.paths = paths
        self.certificates = certificates
        self.logger = logger
        self.onBound = onBound
        self.handler = handler
    }

    package func run() async throws {
        let first: ServingCertificate
        do {
            first = try await cancelWhenGracefulShutdown { try await certificates.first() }
        } catch is CancellationError {
            return
        }
        let arrival = TimeAmount(options.arrival)
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadline(arrival)], idleTimeout: TimeAmount(options.idle))
        let application = Application(
            router: router(),
            server: try .tls(.http1(configuration: http), tlsConfiguration: tls(first)),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(options.maxConnections)),
            onServerRunning: { [onBound] channel in onBound(channel.localAddress?.port ?? 0) },
            logger: logger)
        try await application.run()
    }

    /// Each handshake asks for the newest certificate.
    private func tls(_ first: ServingCertificate) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try Self.chain(first), privateKey: try Self.key(first))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.sslContextCallback = { [certificates] _, promise in
            promise.completeWith(
                Result {
                    guard let current = certificates.current else { return .noChanges }
                    var change = NIOSSLContextConfigurationOverride()
                    change.certificateChain = try Self.chain(current)
                    change.privateKey = try Self.key(current)
                    return change
                })
        }
        return configuration
    }

    private static func chain(_ certificate: ServingCertificate) throws -> [NIOSSLCertificateSource] {
        try NIOSSLCertificate.fromPEMBytes(certificate.chain).map { .certificate($0) }
    }

    private static func key(_ certificate: ServingCertificate) throws -> NIOSSLPrivateKeySource {
        .privateKey(try NIOSSLPrivateKey(bytes: certificate.key, format: .pem))
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let large = LargeBodies(limit: options.maxLargeBodies)
        for path in paths {
            router.post(RouterPath(path)) { [handler, options] request, _ in
                await Self.answer(request, path, options, large, handler)
            }
        }
        return router
    }

    private static func answer(
        _ request: Request, _ path: String, _ options: Options, _ large: LargeBodies, _ handler: Handler
    ) async -> Response {
        guard let length = request.headers[.contentLength].flatMap({ Int($0) }) else {
            // Go's clients say how long a body is; one that does not may be as small as it likes.
            return await answer(request, path, upTo: smallBody, handler)
        }
        guard length <= options.maxBody else {
            return text(.contentTooLarge, "the body is longer than \(options.maxBody) bytes")
        }
        guard length > smallBody else { return await answer(request, path, upTo: smallBody, handler) }
        guard large.enter() else {
            return text(.tooManyRequests, "too many large bodies at a time; try again")
        }
        defer { large.leave() }
        return await answer(request, path, upTo: options.maxBody, handler)
    }

    private static func answer(
        _ request: Request, _ path: String, upTo limit: Int, _ handler: Handler
    ) async -> Response {
        let body: [UInt8]
        do {
            body = Array(buffer: try await request.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            return text(.contentTooLarge, "the body is longer than \(limit) bytes")
        } catch {
            return text(.badRequest, "the body did not arrive")
        }
        let answer = await handler(path, body)
        return Response(
            status: .init(code: answer.status), headers: [.contentType: answer.contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    private static func text(_ status: HTTPResponse.Status, _ message: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .connection: "close"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: message + "\n")))
    }
}
