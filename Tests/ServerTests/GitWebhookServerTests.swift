import Core
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Server

/// The receiver over real sockets.
@Suite("The receiver of Git webhooks", .timeLimit(.minutes(1)))
struct GitWebhookServerTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let payload = Array(
        #"{"repository":{"clone_url":"https://git.example.com/company/gitops.git"}}"#.utf8)

    /// A running receiver, and what it delivered.
    private final class Receiver: Sendable {
        let delivered = Mutex<[[String]]>([])
        let folder = "/tmp/sluice-webhook-\(UInt64.random(in: .min ... .max))"

        func secret(_ name: String, _ text: String) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private func serving(
        _ options: GitWebhookServer.Options = .init(), _ body: (Receiver, Int) async throws -> Void
    ) async throws {
        let receiver = Receiver()
        defer { receiver.remove() }
        try receiver.secret("github", Self.secret + "\n")
        var options = options
        options.host = "127.0.0.1"
        options.port = 0
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = GitWebhookServer(
            options, secrets: WebhookSecrets(directory: receiver.folder), logger: logger,
            deliver: { urls in receiver.delivered.withLock { $0.append(urls) } }, onBound: { bound.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        let run = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(receiver, port)
        await group.triggerGracefulShutdown()
        try await run.value
    }

    private func signature(_ body: [UInt8], _ secret: String = Self.secret) throws -> String {
        "X-Hub-Signature-256: sha256="
            + Hex.encode(HMACSHA256.code(of: body, key: Array(secret.utf8)))
    }

    private func post(_ body: [UInt8], _ headers: [String], port: Int) async throws -> String {
        try await LoopbackClient.request("POST", GitWebhookServer.path, headers: headers, body: body, port: port)
    }

    @Test("delivers what is signed, as often as it comes, and nothing else")
    func delivers() async throws {
        try await serving { receiver, port in
            let good = try signature(Self.payload)
            let json = "Content-Type: application/json"
            let answer = try await post(Self.payload, [good, json], port: port)
            #expect(answer.hasPrefix("HTTP/1.1 202 "))
            // A replay is one more look, no more.
            #expect(try await post(Self.payload, [good, json], port: port).hasPrefix("HTTP/1.1 202 "))
            let url = ["https://git.example.com/company/gitops.git"]
            #expect(receiver.delivered.withLock { $0 } == [url, url])

            for headers in [
                [], ["X-Hub-Signature-256: sha256="], [String(good.dropLast())], [good + "00"],
                [try signature(Self.payload, "another secret of that length!!!")],
                ["X-Hub-Signature-256: \(Self.secret)"], ["X-Gitlab-Token: \(Self.secret)0"],
            ] {
                #expect(try await post(Self.payload, headers + [json], port: port).hasPrefix("HTTP/1.1 401 "))
            }
            let torn = Array(Self.payload.dropLast(3))
            #expect(try await post(torn, [try signature(torn), json], port: port).hasPrefix("HTTP/1.1 400 "))
            #expect(try await post(torn, [good, json], port: port).hasPrefix("HTTP/1.1 401 "))
            #expect(receiver.delivered.withLock { $0.count } == 2)
            // Nothing of it shows in an answer.
            #expect(!answer.contains("gitops") && !answer.contains(Self.secret))
        }
    }

    @Test("answers for a repository that nobody follows, and for no repository at all, in the same way")
    func same() async throws {
        try await serving { _, port in
            let ping = Array(#"{"zen":"Design for failure."}"#.utf8)
            let other = Array(#"{"repository":"https://git.example.com/nobody/knows"}"#.utf8)
            var answers: Set<String> = []
            for body in [Self.payload, ping, other] {
                let answer = try await post(body, [try signature(body)], port: port)
                answers.insert(answer.split(separator: "\r\n").filter { !$0.hasPrefix("Date:") }.joined())
            }
            #expect(answers.count == 1)
        }
    }

    @Test("refuses a body above 1 MiB, told or not, with 413 and before it is judged")
    func tooLarge() async throws {
        try await serving { receiver, port in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
            let answer = try await post(body, [try signature(body)], port: port)
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            let head = "POST \(GitWebhookServer.path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            let chunks = (0..<3).flatMap { _ in
                Array("80000\r\n".utf8) + [UInt8](repeating: UInt8(ascii: " "), count: 0x80000) + Array("\r\n".utf8)
            }
            let chunked = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunks + Array("0\r\n\r\n".utf8)
            #expect(try await LoopbackClient.send([chunked], port: port).hasPrefix("HTTP/1.1 413 "))
            #expect(receiver.delivered.withLock { $0 }.isEmpty)
            // The limit itself is allowed.
            let full = Self.payload + [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) - Self.payload.count)
            #expect(try await post(full, [try signature(full)], port: port).hasPrefix("HTTP/1.1 202 "))
        }
    }

    @Test("gives up on bodies and heads that trickle in")
    func slow() async throws {
        var options = GitWebhookServer.Options()
        options.bodyTimeout = .milliseconds(200)
        options.requestTimeout = .seconds(3)
        try await serving(options) { receiver, port in
            let head = "POST \(GitWebhookServer.path) HTTP/1.1\r\nHost: x\r\n"
            let begun = ContinuousClock.now
            let trickle = (0..<20).map { _ in [UInt8(ascii: " ")] }
            let answer = try await LoopbackClient.send(
                [Array((head + "Content-Length: 1000\r\n\r\n").utf8)] + trickle, pause: .milliseconds(20), port: port)
            // What is still sent into a closed connection may cost the answer.
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 408 "))
            // A head that never ends gets no answer, and its connection's time is over.
            let silent = try await LoopbackClient.send(
                [Array(head.utf8)] + (0..<200).map { _ in Array("X-A: b\r\n".utf8) }, pause: .milliseconds(20),
                port: port)
            #expect(silent.isEmpty)
            #expect(ContinuousClock.now - begun < .seconds(20))
            #expect(receiver.delivered.withLock { $0 }.isEmpty)
            #expect(try await post(Self.payload, [try signature(Self.payload)], port: port).hasPrefix("HTTP/1.1 202 "))
        }
    }

    @Test("bounds the rate of deliveries")
    func rate() async throws {
        var options = GitWebhookServer.Options()
        options.perSecond = 0.001
        options.burst = 2
        try await serving(options) { _, port in
            let good = try signature(Self.payload)
            for status in ["202", "202", "429"] {
                #expect(try await post(Self.payload, [good], port: port).hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }

    @Test("follows its secrets as they change, and fails closed where there are none to be read")
    func secrets() async throws {
        try await serving { receiver, port in
            let next = "fedcba9876543210fedcba9876543210"
            let signed = try signature(Self.payload, next)
            #expect(try await post(Self.payload, [signed], port: port).hasPrefix("HTTP/1.1 401 "))
            try receiver.secret("next", next)
            #expect(try await post(Self.payload, [signed], port: port).hasPrefix("HTTP/1.1 202 "))
            try receiver.secret("next", "short")
            #expect(try await post(Self.payload, [signed], port: port).hasPrefix("HTTP/1.1 503 "))
            receiver.remove()
            #expect(try await post(Self.payload, [try signature(Self.payload)], port: port).hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test("serves nothing but its path")
    func path() async throws {
        try await serving { _, port in
            #expect(try await LoopbackClient.request("GET", "/metrics", port: port).hasPrefix("HTTP/1.1 404 "))
            let answer = try await LoopbackClient.request("GET", GitWebhookServer.path, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 405 "))
        }
    }

    @Test("says why a directory of secrets is of no use, without a secret")
    func unusable() throws {
        let receiver = Receiver()
        defer { receiver.remove() }
        #expect(throws: WebhookSecretsError.self) { try WebhookSecrets(directory: receiver.folder).read() }
        try receiver.secret(".hidden", Self.secret)
        #expect(throws: WebhookSecretsError.self) { try WebhookSecrets(directory: receiver.folder).read() }
        try receiver.secret("a", Self.secret + "\r\n")
        #expect(try WebhookSecrets(directory: receiver.folder).read() == [Array(Self.secret.utf8)])
        try receiver.secret("b", "hunter2")
        let error = #expect(throws: WebhookSecretsError.self) { try WebhookSecrets(directory: receiver.folder).read() }
        #expect(error?.message.contains("/b: ") == true)
        #expect(error?.message.contains("hunter2") == false)
    }
}
