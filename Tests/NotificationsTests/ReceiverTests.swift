import Core
import HTTP
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import Notifications

@Suite("Receivers' addresses")
struct ReceiverAddressTests {
    @Test(
        "may be anywhere that a Prometheus server may be",
        arguments: [
            "https://hooks.slack.com/services/T/B/secret", "http://receiver.monitoring:8080/hook", "http://10.0.0.7/x",
            "http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/", "https://[2001:db8::1]/x",
            "HTTPS://X.example/",
        ])
    func allowed(text: String) throws {
        _ = try ReceiverAddress(text, isSecret: false)
    }

    @Test(
        "are none where clouds keep credentials, nor written so that they can be misread",
        arguments: [
            "http://169.254.169.254/latest", "http://169.254.1.1", "https://[fe80::1]/", "http://[fe80::1%25eth0]/",
            "http://metadata.google.internal/computeMetadata", "http://metadata.google.internal./",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/", "http://169.254.43518/", "http://0.0.0.0/", "http://169.254.169.%32%35%34/",
            "http://[::169.254.169.254]/",
            "http://[0:0:0:0:0:ffff:a9fe:a9fe]/", "http://[64:ff9b::a9fe:a9fe]/", "http://ex%61mple.com/",
            "http://[::]/", "http://169.254.169.254./",
            "http://user:pw@example.com/", "http://a@b.example/", "ftp://example.com/", "file:///etc/passwd",
            "https://",
            "https:///x", "https://exa mple.com/", "https://example.com/\r\nX: y", "https://ex\\ample.com/",
            "//example.com", "",
        ])
    func refused(text: String) {
        let error = #expect(throws: NotificationError.self, "\(text)") { try ReceiverAddress(text, isSecret: false) }
        #expect(error?.disposition == .terminal)
    }

    @Test("travel in the clear only where they are no secret, or go no further than this machine")
    func clear() throws {
        #expect(throws: NotificationError.self) {
            try ReceiverAddress("http://chat.example/hooks/s3cr3t", isSecret: true)
        }
        _ = try ReceiverAddress("http://127.0.0.1:9/hooks/s3cr3t", isSecret: true)
        _ = try ReceiverAddress("http://chat.example/hooks/s3cr3t", isSecret: true, allowsInsecure: true)
    }

    @Test("show their host and nothing else")
    func shown() throws {
        let address = try ReceiverAddress("https://hooks.slack.com/services/T/B/s3cr3t?k=s3cr3t", isSecret: true)
        #expect("\(address)" == "https://hooks.slack.com")
        #expect(!String(reflecting: address).contains("s3cr3t"))
        #expect(!"\([address])".contains("s3cr3t"))
    }
}

@Suite("Signing keys")
struct WebhookSignerTests {
    @Test("sign as Standard Webhooks has it")
    func example() throws {
        // The example of the specification's own test suite.
        let signer = try WebhookSigner("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("are no shorter than a key should be", arguments: ["", "short", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="])
    func short(secret: String) {
        #expect(throws: NotificationError.self) { try WebhookSigner(secret) }
    }

    @Test("are not shown")
    func hidden() throws {
        let signer = try WebhookSigner("a secret of more than 16 bytes")
        #expect(!String(reflecting: signer).contains("secret"))
    }
}

@Suite("Receivers")
struct ReceiverTests {
    private static let url = "https://hooks.example.com/services/s3cr3t"

    private func receiver(_ form: Receiver.Form = .slack, clock: ManualClock = ManualClock()) throws -> Receiver {
        Receiver(form, at: try ReceiverAddress(Self.url, isSecret: true), clock: clock)
    }

    @Test("get one request, signed, with the trace, that is not redirected")
    func request() throws {
        let key = "a secret of more than 16 bytes"
        let request = try receiver(.webhook(WebhookSigner(key))).request(for: sample())
        #expect(request.method == "POST")
        #expect(request.maxRedirects == 0)
        #expect(request.deadlines.total == .seconds(10))
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        #expect(headers["Content-Type"] == "application/json")
        #expect(headers["traceparent"]?.hasPrefix("00-0123456789abcdef0123456789abcdef-") == true)
        #expect(headers["webhook-id"] == "id-1")
        #expect(headers["webhook-timestamp"] == "1767225600")
        let code = HMACSHA256.code(of: Array("id-1.1767225600.".utf8) + request.body, key: Array(key.utf8))
        #expect(headers["webhook-signature"] == "v1," + Base64.encode(code))
        #expect(try JSONValue(parsing: request.body)["event"] == "PromotionFailed")
    }

    @Test("get no signature without a key, and a chat gets none of the headers")
    func unsigned() throws {
        #expect(
            !(try receiver(.webhook(nil)).request(for: sample()).headers.contains { $0.name == "webhook-signature" }))
        #expect(!(try receiver(.slack).request(for: sample()).headers.contains { $0.name.hasPrefix("webhook-") }))
    }

    @Test(
        "that answer badly are tried again or not, and never quoted",
        arguments: [
            (500, true), (503, true), (408, true), (425, true), (400, false), (401, false), (404, false), (410, false),
            (301, false), (307, false),
        ])
    func failures(status: Int, isTransient: Bool) async throws {
        let transport = ScriptedTransport()
        transport.expect("POST", "/services/s3cr3t", .json(#"{"internal":"s3cr3t of the inside"}"#, status: status))
        let error = try await #require(throws: NotificationError.self) {
            try await receiver().deliver(sample(), over: transport)
        }
        #expect(error.message.hasPrefix("https://hooks.example.com answered \(status)"))
        #expect(!error.message.contains("s3cr3t"))
        #expect(error.disposition == (isTransient ? .transient : .terminal))
        transport.finish()
    }

    @Test(
        "that have had enough are left alone as long as they say, within five minutes",
        arguments: [
            ("7", 7), ("99999", 300), ("-3", 1), ("soon", 30),
        ])
    func rateLimit(header: String, seconds: Int) async throws {
        let transport = ScriptedTransport()
        let clock = ManualClock()
        transport.expect(
            "POST", "/services/s3cr3t", .json("", status: 429, headers: [(name: "Retry-After", value: header)]))
        let error = try await #require(throws: NotificationError.self) {
            try await receiver(clock: clock).deliver(sample(), over: transport)
        }
        let now: Timestamp = clock.now()
        #expect(error.disposition == .waitUntil(now + .seconds(seconds)))
    }

    @Test("are quoted where they say what Slack says, and only then")
    func slackWords() async throws {
        for (said, isShown) in [("no_service", true), ("no_service_here", false), ("root:x:0:0", false)] {
            let transport = ScriptedTransport()
            transport.expect("POST", "/services/s3cr3t", .json(said, status: 404))
            let error = try await #require(throws: NotificationError.self) {
                try await receiver().deliver(sample(), over: transport)
            }
            #expect(error.message == "https://hooks.example.com answered 404" + (isShown ? " (\(said))" : ""))
        }
    }

    @Test(
        "that cannot be reached are named by their host alone",
        arguments: [
            HTTPError.Code.connectFailed, .timedOut, .tlsFailed, .nameNotResolved, .bodyTooLarge,
        ])
    func unreachable(code: HTTPError.Code) async throws {
        struct Broken: HTTPTransport {
            let code: HTTPError.Code
            func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
                throw HTTPError(code, "\(request.displayURL): no")
            }
            func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { throw HTTPError(code, "no") }
            func open(
                _ request: HTTPRequest, upload: HTTPUpload
            ) throws(HTTPError) -> any HTTPBlockingExchange { throw HTTPError(code, "no") }
        }
        let error = try await #require(throws: NotificationError.self) {
            try await receiver().deliver(sample(), over: Broken(code: code))
        }
        #expect(error.message.hasPrefix("https://hooks.example.com: "))
        #expect(!error.message.contains("s3cr3t"))
        #expect(error.disposition == (code == .bodyTooLarge ? .terminal : .transient))
    }
}
