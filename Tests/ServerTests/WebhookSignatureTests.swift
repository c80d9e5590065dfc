import Core
import TestSupport
import Testing

@testable import Server

@Suite("Webhook signatures")
struct WebhookSignatureTests {
    static let secret = Array("It's a Secret to Everybody".utf8)
    static let body = Array("Hello, World!".utf8)
    /// The pair that GitHub's documentation gives for its signatures.
    static let code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    /// The header of each sender, as it is sent with a good proof.
    static let good: [(WebhookProvider, String, String)] = [
        (.github, "X-Hub-Signature-256", "sha256=" + code),
        (.bitbucket, "X-Hub-Signature", "sha256=" + code),
        (.generic, "X-Signature", "sha256=" + code),
        (.gitea, "X-Gitea-Signature", code),
        (.forgejo, "X-Forgejo-Signature", code),
        (.gitlab, "X-Gitlab-Token", "It's a Secret to Everybody"),
    ]

    private func judge(
        _ headers: [(String, String)], _ body: [UInt8] = Self.body, secrets: [[UInt8]] = [Self.secret]
    ) -> WebhookSignature.Verdict {
        WebhookSignature.judge(body, secrets: secrets) { name in
            headers.filter { $0.0.lowercased() == name.lowercased() }.map(\.1)
        }
    }

    @Test("takes a good proof of every sender, with any of several secrets", arguments: good)
    func takes(provider: WebhookProvider, header: String, value: String) {
        #expect(judge([(header, value)]) == .good(provider))
        let other = Array("another secret, an older one".utf8)
        #expect(judge([(header, value)], secrets: [other, Self.secret]) == .good(provider))
        #expect(judge([(header, value)], secrets: [other]) == .wrong(provider))
        #expect(judge([(header, value)], secrets: []) == .wrong(provider))
        #expect(judge([(header, value)], secrets: [[]]) == .wrong(provider))
    }

    @Test("refuses a proof that is changed, cut short, repeated, empty or of another form", arguments: good)
    func refuses(provider: WebhookProvider, header: String, value: String) {
        let flipped = value.dropLast() + (value.last == "7" ? "8" : "7")
        for wrong in [String(flipped), String(value.dropLast()), String(value.dropLast(2)), value + "7", "", "sha256="]
        {
            #expect(judge([(header, wrong)]) == .wrong(provider), "\(wrong)")
        }
        #expect(judge([(header, value), (header, value)]) == .wrong(provider))
        if provider != .gitlab {
            #expect(judge([(header, value)], Array("Hello, World?".utf8)) == .wrong(provider))
            #expect(judge([(header, "sha1=" + Self.code)]) == .wrong(provider))
            #expect(judge([(header, String(repeating: "g", count: 64))]) == .wrong(provider))
        }
    }

    @Test("an empty secret opens nothing")
    func emptySecret() {
        let code = Hex.encode(HMACSHA256.code(of: Self.body, key: []))
        #expect(judge([("X-Gitea-Signature", code)], secrets: [[]]) == .wrong(.gitea))
        #expect(judge([("X-Gitlab-Token", "")], secrets: [[]]) == .wrong(.gitlab))
    }

    @Test("misses a proof where no header carries one, and lets no other header mend a wrong one")
    func missing() {
        #expect(judge([("X-GitHub-Event", "push")]) == .missing)
        #expect(
            judge([("X-Gitea-Signature", "00"), ("X-Hub-Signature-256", "sha256=" + Self.code)]) == .wrong(.gitea))
    }

    @Test("takes Gitea's delivery, which carries GitHub's headers too, for Gitea's")
    func gitea() {
        let headers = [
            ("X-Gitea-Signature", Self.code), ("X-Gogs-Signature", Self.code),
            ("X-Hub-Signature", "sha1=0a0b0c"), ("X-Hub-Signature-256", "sha256=" + Self.code),
        ]
        #expect(judge(headers) == .good(.gitea))
    }
}

@Suite("Webhook payloads")
struct WebhookPayloadTests {
    private func read(_ text: String, _ type: String = "application/json") -> [String]? {
        WebhookPayload.repositories(in: Array(text.utf8), contentType: type)
    }

    @Test(
        "finds the repository in the payload of every sender",
        arguments: [
            #"{"ref":"refs/heads/main","repository":{"clone_url":"https://github.com/company/gitops.git"}}"#,
            #"{"project":{"git_http_url":"https://github.com/company/gitops.git"},"repository":{"name":"x"}}"#,
            #"{"repository":{"links":{"html":{"href":"https://github.com/company/gitops.git"}}}}"#,
            #"{"repository":{"links":{"clone":[{"name":"http","href":"https://github.com/company/gitops.git"}]}}}"#,
            #"{"repository":"https://github.com/company/gitops.git"}"#,
        ])
    func finds(payload: String) {
        #expect(read(payload) == ["https://github.com/company/gitops.git"])
    }

    @Test("reads the form that GitHub sends unless it is told otherwise")
    func form() {
        let form = "x=1&payload=%7B%22repository%22%3A+%22https%3a%2F%2Fgithub.com%2Fcompany%2Fgitops%22%7D"
        #expect(read(form, "application/x-www-form-urlencoded") == ["https://github.com/company/gitops"])
        #expect(read("payload=%7", "application/x-www-form-urlencoded") == nil)
        #expect(read("payload=%+1", "application/x-www-form-urlencoded") == nil)
        #expect(read("a=1", "application/x-www-form-urlencoded") == nil)
    }

    @Test("refuses what is no object, and takes one without a repository", arguments: ["", "{", "[]", "null", "\"x\""])
    func refuses(payload: String) {
        #expect(read(payload) == nil)
        #expect(read(#"{"zen":"Design for failure."}"#) == [])
        #expect(read(#"{"repository":{"clone_url":7,"links":[]},"project":[]}"#) == [])
    }

    @Test("is bounded in depth and in number")
    func bounded() {
        #expect(read(#"{"a":"# + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}") == nil)
        let links = (0..<100).map { #"{"href":"https://git.example.com/\#($0)"}"# }.joined(separator: ",")
        #expect(read(#"{"repository":{"links":{"clone":[\#(links)]}}}"#)?.count == 16)
    }
}

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("gives its burst at once and its rate in the long run")
    func rate() {
        let clock = ManualClock()
        let bucket = TokenBucket(perSecond: 2, burst: 3, clock: clock)
        #expect((0..<5).map { _ in bucket.take() } == [true, true, true, false, false])
        clock.advance(by: .milliseconds(499))
        #expect(!bucket.take())
        clock.advance(by: .milliseconds(2))
        #expect(bucket.take())
        clock.advance(by: .seconds(3600))
        #expect((0..<5).filter { _ in bucket.take() }.count == 3)
    }
}
