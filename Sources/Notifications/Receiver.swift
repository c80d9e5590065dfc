package import Core
package import HTTP
internal import KubernetesModel

/// Somebody who takes notices over HTTP, with what is needed to reach them.
///
/// A delivery is one request with a short deadline, and is not repeated here: an error's disposition says when to try
/// again. Redirects are not followed, and nothing of an answer is shown but its status and words that are known.
package struct Receiver: Sendable {
    /// What the receiver reads.
    package enum Form: Sendable {
        case slack
        case webhook(WebhookSigner?)
    }

    private static let deadlines = HTTPDeadlines(connect: .seconds(5), stall: .seconds(10), total: .seconds(10))
    /// An answer is a word or two; whoever sends more is cut off.
    private static let answerLimit = 64 << 10
    /// The longest that a receiver may put us off.
    private static let patience = Duration.seconds(300)

    private let form: Form
    package let address: ReceiverAddress
    private let caPEM: [UInt8]?
    private let clock: any WallClock

    /// - Parameter caPEM: the certificates to trust instead of the system's; empty for the system's.
    package init(_ form: Form, at address: ReceiverAddress, caPEM: [UInt8] = [], clock: any WallClock = SystemClock()) {
        self.form = form
        self.address = address
        self.caPEM = caPEM.isEmpty ? nil : caPEM
        self.clock = clock
    }

    package func deliver(_ notice: Notice, over transport: any HTTPTransport) async throws(NotificationError) {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(request(for: notice))
        } catch {
            // Its message names the whole path.
            throw NotificationError(
                .unavailable, "\(address): \(Self.words(for: error.code))", disposition: error.disposition)
        }
        guard !response.isSuccess else { return }
        throw failure(response)
    }

    func request(for notice: Notice) -> HTTPRequest {
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("User-Agent", "sluice"), ("traceparent", notice.trace.traceparent),
        ]
        let body: [UInt8]
        switch form {
        case .slack: body = notice.slack.jsonBytes
        case .webhook(let signer):
            body = notice.json.jsonBytes
            let seconds = clock.now().seconds
            headers += [("webhook-id", notice.id), ("webhook-timestamp", "\(seconds)")]
            if let signer {
                headers.append(("webhook-signature", signer.signature(id: notice.id, seconds: seconds, body: body)))
            }
        }
        return HTTPRequest(
            "POST", address.url, headers: headers, body: body, deadlines: Self.deadlines, tls: HTTPTLS(caPEM: caPEM),
            maxBodyBytes: Self.answerLimit)
    }

    private func failure(_ response: HTTPResponse) -> NotificationError {
        let what = "\(address) answered \(response.status)\(Self.knownWord(response.body))"
        switch response.status {
        case 429:
            let seconds = response.headers["Retry-After"].flatMap { Int64($0) } ?? 30
            let wait = min(.seconds(min(max(seconds, 1), 3600)), Self.patience)
            return NotificationError(.rateLimited, what, disposition: .waitUntil(clock.now() + wait))
        case 408, 425, 500...: return NotificationError(.unavailable, what)
        case 300..<400: return NotificationError(.refused, "\(what); redirects are not followed")
        default: return NotificationError(.refused, what)
        }
    }

    /// What Slack answers (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>): anything else
    /// may come from a host that is none of the asker's business.
    private static let slackWords: Set<String> = [
        "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_payload", "invalid_token",
        "no_active_hooks",
        "no_service", "no_service_id", "no_team", "no_text", "posting_to_general_channel_denied", "team_disabled",
        "too_many_attachments", "user_not_found",
    ]

    private static func knownWord(_ body: [UInt8]) -> String {
        let word = String(decoding: body.prefix(64), as: UTF8.self)
        return slackWords.contains(word) ? " (\(word))" : ""
    }

    private static func words(for code: HTTPError.Code) -> String {
        switch code {
        case .nameNotResolved: "the host's name is not known"
        case .connectFailed: "no connection"
        case .tlsFailed: "its certificate is not trusted, or no TLS is spoken there"
        case .timedOut: "no answer in time"
        case .connectionLost: "the connection was lost"
        case .protocolViolation: "what answers there speaks no HTTP"
        case .bodyTooLarge: "the answer is too long"
        case .invalidRequest: "the address cannot be used"
        case .tooManyRedirects: "redirects are not followed"
        case .cancelled, .shutDown: "the delivery was stopped"
        }
    }
}
