internal import CoreMetrics
internal import Glibc
internal import Logging
internal import Server
internal import ServiceLifecycle
internal import Synchronization
internal import Testing

@Suite("The operator's server", .timeLimit(.minutes(1)))
struct OperatorServerTests {
    @Test("serves health, readiness and metrics, and stops gracefully")
    func serves() async throws {
        let registry = PrometheusRegistry()
        Counter(label: "sluice_syncs_total", factory: registry).increment()
        let ready = Mutex(Readiness.notReady("caches are filling"))
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = OperatorServer(
            .init(host: "127.0.0.1", port: 0), registry: registry, logger: logger,
            readiness: { ready.withLock { $0 } }, onBound: { bound.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        let run = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())

        let health = try await get("/healthz", port: port)
        #expect(health.hasPrefix("HTTP/1.1 200 "))
        #expect(health.hasSuffix("\r\n\r\nok\n"))
        let unready = try await get("/readyz", port: port)
        #expect(unready.hasPrefix("HTTP/1.1 503 "))
        #expect(unready.hasSuffix("not ready: caches are filling\n"))
        ready.withLock { $0 = .ready }
        #expect(try await get("/readyz", port: port).hasPrefix("HTTP/1.1 200 "))
        let metrics = try await get("/metrics", port: port)
        #expect(metrics.lowercased().contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(metrics.hasSuffix("\r\n\r\n# TYPE sluice_syncs_total counter\nsluice_syncs_total 1\n"))
        #expect(try await get("/secrets", port: port).hasPrefix("HTTP/1.1 404 "))

        await group.triggerGracefulShutdown()
        try await run.value
        await #expect(throws: SocketError.self) { try await get("/healthz", port: port) }
    }

    @Test("says so when its address cannot be bound")
    func unbindable() async {
        let server = OperatorServer(
            .init(host: "192.0.2.1", port: 0), registry: PrometheusRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, readiness: { .ready })
        await #expect(throws: (any Error).self) { try await server.run() }
    }

    struct SocketError: Error {
        let code = errno
    }

    /// One request over a connection of its own, the whole answer as text.
    @concurrent
    private func get(_ path: String, port: Int) async throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SocketError() }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw SocketError() }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
