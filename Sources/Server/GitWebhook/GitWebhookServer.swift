internal import Core
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import Metrics
internal import NIOCore
internal import ServiceLifecycle

/// Hears from Git servers that a repository has changed: `POST /webhooks/git`.
///
/// A delivery that proves itself (``WebhookSignature``) tells which repository it is about, and nothing of it is
/// believed but that: whoever follows that repository looks at it. Whether anybody does shows in no answer. A delivery
/// that is repeated costs one more look at most.
package struct GitWebhookServer: Service {
    package static let path = "/webhooks/git"

    package struct Options: Sendable {
        /// The address to bind.
        package var host = "0.0.0.0"
        /// The port to bind; 0 for a free one.
        package var port = 9292
        /// How many connections are served at once; further ones wait.
        package var maxConnections = 64
        /// A longer body is answered with 413.
        package var bodyLimit = 1 << 20
        /// A body that takes longer is answered with 408.
        package var bodyTimeout = Duration.seconds(10)
        /// A connection whose request has not arrived by then, head and all, is closed.
        package var requestTimeout = Duration.seconds(15)
        /// How many deliveries a second are looked at in the long run; others are answered with 429.
        package var perSecond = 20.0
        /// How many deliveries are looked at in one moment.
        package var burst = 100

        package init() {}
    }

    private let options: Options
    private let secrets: WebhookSecrets
    private let deliver: @Sendable ([String]) -> Void
    private let onBound: @Sendable (Int) -> Void
    private let logger: Logger
    private let bucket: TokenBucket

    /// - Parameters:
    ///   - deliver: gets the URLs of a repository that is said to have changed. Must not block.
    ///   - onBound: called with the port once the server is listening.
    package init(
        _ options: Options = Options(), secrets: WebhookSecrets, logger: Logger,
        deliver: @escaping @Sendable ([String]) -> Void, onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.options = options
        self.secrets = secrets
        self.logger = logger
        self.deliver = deliver
        self.onBound = onBound
        bucket = TokenBucket(perSecond: options.perSecond, burst: options.burst)
    }

    package func run() async throws {
        let router = Router()
        router.post(RouterPath(Self.path)) { request, _ in await answer(request) }
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [RequestDeadline(TimeAmount(options.requestTimeout))],
                    idleTimeout: TimeAmount(options.requestTimeout))),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(options.maxConnections)),
            onServerRunning: { [onBound] channel in onBound(channel.localAddress?.port ?? 0) },
            logger: logger)
        try await application.run()
    }

    /// How a delivery ended; the label `result` of its metric.
    private enum Outcome: String {
        case accepted, limited, malformed, slow, unauthorized, unavailable
        case tooLarge = "too_large"

        var status: HTTPResponse.Status {
            switch self {
            case .accepted: .accepted
            case .limited: .tooManyRequests
            case .malformed: .badRequest
            case .slow: .requestTimeout
            case .tooLarge: .contentTooLarge
            case .unauthorized: .unauthorized
            case .unavailable: .serviceUnavailable
            }
        }
    }

    private func answer(_ request: Request) async -> Response {
        let (result, provider) = await judge(request)
        Counter(
            label: "sluice_git_webhooks_total",
            dimensions: [("provider", provider?.rawValue ?? "unknown"), ("result", result.rawValue)]
        ).increment()
        // One delivery a connection: a forge opens the next when it has the next news.
        var response = Response(
            status: result.status, headers: [.contentType: "text/plain; charset=utf-8", .connection: "close"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: result.rawValue + "\n")))
        if result == .limited { response.headers[.retryAfter] = "1" }
        return response
    }

    private func judge(_ request: Request) async -> (Outcome, WebhookProvider?) {
        guard bucket.take() else { return (.limited, nil) }
        let body: [UInt8]
        switch await read(request) {
        case .failure(let failure): return (failure.result, nil)
        case .success(let bytes): body = bytes
        }
        let known: [[UInt8]]
        do throws(WebhookSecretsError) {
            known = try secrets.read()
        } catch {
            logger.error("Webhooks cannot be verified", metadata: .init([.error: error.message]))
            return (.unavailable, nil)
        }
        let headers = Dictionary(grouping: request.headers) { $0.name.canonicalName }
        let verdict = WebhookSignature.judge(body, secrets: known) { name in
            headers[name.lowercased()]?.map(\.value) ?? []
        }
        guard case .good(let provider) = verdict else {
            if case .wrong(let provider) = verdict { return (.unauthorized, provider) }
            return (.unauthorized, nil)
        }
        guard
            let urls = WebhookPayload.repositories(in: body, contentType: request.headers[.contentType] ?? "")
        else { return (.malformed, provider) }
        if !urls.isEmpty { deliver(urls) }
        return (.accepted, provider)
    }

    // MARK: The body

    private struct BodyFailure: Error {
        let result: Outcome
    }

    /// The body within its limits of size and time.
    private func read(_ request: Request) async -> Result<[UInt8], BodyFailure> {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > options.bodyLimit {
            return .failure(BodyFailure(result: .tooLarge))
        }
        let (body, limit, timeout) = (request.body, options.bodyLimit, options.bodyTimeout)
        return await withTaskGroup(of: Result<[UInt8], BodyFailure>.self) { group in
            group.addTask { await Self.collect(body, limit: limit) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(BodyFailure(result: .slow))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(BodyFailure(result: .malformed))
        }
    }

    private static func collect(_ body: RequestBody, limit: Int) async -> Result<[UInt8], BodyFailure> {
        var bytes: [UInt8] = []
        do {
            for try await chunk in body {
                guard bytes.count + chunk.readableBytes <= limit else {
                    return .failure(BodyFailure(result: .tooLarge))
                }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
            return .success(bytes)
        } catch {
            return .failure(BodyFailure(result: .malformed))
        }
    }
}
