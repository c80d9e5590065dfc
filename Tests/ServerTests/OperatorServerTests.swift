internal import CoreMetrics
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
        // Another server may have got the port meanwhile; this one answers no more.
        let afterwards = (try? await get("/healthz", port: port)) ?? ""
        #expect(!afterwards.hasSuffix("ok\n"))
    }

    @Test("says so when its address cannot be bound")
    func unbindable() async {
        let server = OperatorServer(
            .init(host: "192.0.2.1", port: 0), registry: PrometheusRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, readiness: { .ready })
        await #expect(throws: (any Error).self) { try await server.run() }
    }

    private func get(_ path: String, port: Int) async throws -> String {
        try await LoopbackClient.request("GET", path, port: port)
    }
}
