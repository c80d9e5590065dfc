internal import Certificates
internal import Core
internal import Glibc
internal import HTTP
internal import Logging
internal import Server
internal import ServiceLifecycle
internal import Synchronization
internal import Testing

/// Certificates that a test exchanges while the server runs.
private final class Shelf: ServingCertificateSource {
    private let state: Mutex<WebhookCertificates>
    private let now: Timestamp

    init(now: Timestamp) throws {
        self.now = now
        state = Mutex(try WebhookCertificates.renewed(nil, names: ["127.0.0.1"], now: now).certificates)
    }

    var trusted: [UInt8] { state.withLock { $0.trusted } }

    var current: ServingCertificate? {
        let serving = state.withLock { $0.serving }
        return ServingCertificate(chain: serving.certificate, key: serving.key)
    }

    func first() async throws -> ServingCertificate { try #require(current) }

    /// An authority that nobody trusted so far.
    func replace() throws {
        let made = try WebhookCertificates.renewed(nil, names: ["127.0.0.1"], now: now).certificates
        state.withLock { $0 = made }
    }
}

/// A server on a free port, for the time of a test.
private struct Running {
    let port: Int
    let shelf: Shelf
    let client: CurlTransport
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ options: (inout WebhookServer.Options) -> Void = { _ in },
        handler: @escaping WebhookServer.Handler = { path, body in
            .init(status: 200, contentType: "text/plain", body: Array(path.utf8) + [0x20] + Array("\(body.count)".utf8))
        }
    ) async throws {
        shelf = try Shelf(now: SystemClock().now())
        client = try CurlTransport()
        var chosen = WebhookServer.Options(host: "127.0.0.1", port: 0)
        options(&chosen)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let server = WebhookServer(
            chosen, paths: ["/admission/review"], certificates: shelf, logger: logger,
            onBound: { bound.yield($0) }, handler: handler)
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        self.group = group
        task = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        port = try #require(await iterator.next())
    }

    func post(
        _ body: [UInt8], path: String = "/admission/review", headers: [(name: String, value: String)] = [],
        trusting: [UInt8]? = nil, with transport: CurlTransport? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        try await (transport ?? client).send(
            HTTPRequest(
                "POST", "https://127.0.0.1:\(port)\(path)", headers: headers, body: body,
                tls: HTTPTLS(caPEM: trusting ?? shelf.trusted), proxy: .none))
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }
}

@Suite("The webhook's server", .timeLimit(.minutes(1)), .serialized)
struct WebhookServerTests {
    @Test("answers what is posted to its paths over TLS, and nothing else")
    func answers() async throws {
        let server = try await Running()
        let good = try await server.post(Array("hello".utf8))
        #expect(good.status == 200)
        #expect(String(decoding: good.body, as: UTF8.self) == "/admission/review 5")
        #expect(try await server.post([], path: "/admission").status == 404)
        #expect(try await server.post([], path: "/metrics").status == 404)
        // Nobody who does not trust the authority, and nobody without TLS.
        let other = try WebhookCertificates.renewed(nil, names: ["127.0.0.1"], now: SystemClock().now()).certificates
        await #expect(throws: HTTPError.self) {
            try await server.post([], trusting: other.trusted, with: try CurlTransport())
        }
        #expect(!(try await raw(server.port, "POST /admission/review HTTP/1.1\r\nHost: a\r\n\r\n")).contains("200"))
        try await server.stop()
    }

    @Test("shows a new certificate from the next handshake on, and keeps the connections that are there")
    func rotation() async throws {
        let server = try await Running()
        let old = server.shelf.trusted
        #expect(try await server.post([1], trusting: old).status == 200)
        try server.shelf.replace()
        // The connection of before goes on; a new one shows what is new.
        #expect(try await server.post([1], trusting: old).status == 200)
        let fresh = try CurlTransport()
        #expect(try await server.post([1], with: fresh).status == 200)
        await #expect(throws: HTTPError.self) { try await server.post([1], trusting: old, with: try CurlTransport()) }
        try await server.stop()
    }

    @Test("takes what an API server can send, and refuses more before reading it")
    func limits() async throws {
        let server = try await Running()
        let most = [UInt8](repeating: 0x20, count: 8 << 20)
        let good = try await server.post(most)
        #expect(String(decoding: good.body, as: UTF8.self) == "/admission/review \(8 << 20)")
        #expect(try await server.post(most + [0x20]).status == 413)
        // Without a length only a small body is taken.
        let chunked = [(name: "Transfer-Encoding", value: "chunked")]
        #expect(try await server.post([UInt8](repeating: 0x20, count: 1 << 20), headers: chunked).status == 200)
        #expect(try await server.post([UInt8](repeating: 0x20, count: (1 << 20) + 1), headers: chunked).status == 413)
        try await server.stop()
    }

    @Test("holds only so many large bodies at a time")
    func largeBodies() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (release, go) = AsyncStream<Void>.makeStream()
        let server = try await Running {
            $0.maxLargeBodies = 1
        } handler: { _, body in
            if body.count > 1 << 20 {
                enter.yield()
                for await _ in release { break }
            }
            return .init(status: 200, contentType: "text/plain", body: [])
        }
        let large = [UInt8](repeating: 0x20, count: 2 << 20)
        async let first = server.post(large)
        for await _ in entered { break }
        #expect(try await server.post(large).status == 429)
        #expect(try await server.post([1]).status == 200)
        go.yield()
        let answer = try await first
        #expect(answer.status == 200)
        try await server.stop()
    }

    @Test("ends connections that dawdle in the handshake, and serves others meanwhile")
    func slowHandshake() async throws {
        let server = try await Running { $0.arrival = .milliseconds(300) }
        let begun = ContinuousClock.now
        async let silence = raw(server.port, "")
        async let babble = raw(server.port, "\u{16}\u{3}\u{1}")
        #expect(try await server.post([1]).status == 200)
        let answer = try await silence
        #expect(answer.isEmpty)
        _ = try await babble
        #expect(ContinuousClock.now - begun < .seconds(5))
        try await server.stop()
    }

    @Test("ends a request whose body does not arrive in time, however steadily it drips")
    func slowBody() async throws {
        let server = try await Running { $0.arrival = .milliseconds(500) }
        let program = """
            import socket, ssl, time
            context = ssl._create_unverified_context()
            s = context.wrap_socket(socket.create_connection(("127.0.0.1", \(server.port))))
            s.sendall(b"POST /admission/review HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1000\\r\\n\\r\\n")
            begun = time.time()
            try:
                while time.time() - begun < 20:
                    s.sendall(b" ")
                    time.sleep(0.05)
                print("still there")
            except OSError:
                print("closed")
            """
        #expect(try await python(program) == "closed\n")
        try await server.stop()
    }

    // MARK: -

    /// Bytes over a connection without TLS, and everything that comes back until the server closes it.
    private func raw(_ port: Int, _ text: String) async throws -> String {
        try await LoopbackClient.send([Array(text.utf8)], port: port)
    }

    /// What a program prints.
    @concurrent
    private func python(_ program: String) async throws -> String {
        guard let pipe = popen("python3 -c '\(program)'", "r") else { throw LoopbackClient.SocketError() }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            guard count > 0 else { break }
            output += chunk[..<count]
        }
        pclose(pipe)
        return String(decoding: output, as: UTF8.self)
    }
}
