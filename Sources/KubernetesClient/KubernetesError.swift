package import Core
package import HTTP
internal import KubernetesModel

/// Why a request to an API server did not do what was asked.
package struct KubernetesError: SluiceError, Hashable {
    /// What went wrong, by the server's `Status.reason` or status code, or on our side.
    package enum Code: String, Sendable, Hashable {
        // Answers of the server (https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#StatusReason).
        case badRequest = "BadRequest"
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case notFound = "NotFound"
        case methodNotAllowed = "MethodNotAllowed"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        /// The resource version or continue token is too old: list again.
        case gone = "Expired"
        case requestTooLarge = "RequestEntityTooLarge"
        case unsupportedMediaType = "UnsupportedMediaType"
        case invalid = "Invalid"
        case tooManyRequests = "TooManyRequests"
        case timeout = "Timeout"
        case unavailable = "ServiceUnavailable"
        case serverError = "InternalError"
        case unexpectedStatus = "UnexpectedStatus"
        // Our side.
        case unreachable = "ServerUnreachable"
        case malformedResponse = "MalformedResponse"
        case invalidConfiguration = "InvalidConfiguration"
        /// The server does not serve the kind.
        case unknownKind = "UnknownKind"
        case cancelled = "Cancelled"
    }

    /// One reason among several, as the server tells them for an invalid object.
    package struct Cause: Sendable, Hashable {
        /// For example `FieldValueInvalid`, `FieldManagerConflict`.
        package let reason: String
        /// For example `spec.selector`.
        package let field: String
        /// Empty for Secrets, whose values the server quotes here.
        package let message: String

        package init(reason: String, field: String, message: String) {
            self.reason = reason
            self.field = field
            self.message = message
        }
    }

    package let code: Code
    /// The HTTP status, or 0 when there was no answer.
    package let status: Int
    package let message: String
    package let causes: [Cause]
    package let disposition: Disposition
    /// Set when the exchange itself failed.
    package let transportError: HTTPError?
    /// Whether a request that was meant for one object, by its uid, found another under its name.
    package private(set) var isOfAnotherObject = false

    package init(
        _ code: Code, _ message: String, status: Int = 0, causes: [Cause] = [], retryAt: Timestamp? = nil,
        transportError: HTTPError? = nil
    ) {
        self.code = code
        self.status = status
        self.message = message.bounded(to: 2048)
        self.causes = causes
        self.transportError = transportError
        disposition = retryAt.map(Disposition.waitUntil) ?? KubernetesError.disposition(of: code)
    }

    package var reason: String { code.rawValue }

    package var isNotFound: Bool { code == .notFound }
    package var isConflict: Bool { code == .conflict }
    package var isAlreadyExists: Bool { code == .alreadyExists }
    package var isGone: Bool { code == .gone }
    package var isInvalid: Bool { code == .invalid }
    package var isTooManyRequests: Bool { code == .tooManyRequests }
    package var isForbidden: Bool { code == .forbidden }
    package var isCancelled: Bool { code == .cancelled }

    private static func disposition(of code: Code) -> Disposition {
        switch code {
        case .badRequest, .methodNotAllowed, .alreadyExists, .requestTooLarge, .unsupportedMediaType, .invalid,
            .invalidConfiguration:
            .terminal
        default: .transient
        }
    }
}

extension KubernetesError {
    /// From an answer that is no success.
    ///
    /// - Parameters:
    ///   - subject: what was asked, for example `PATCH deployments.apps shop/web`.
    ///   - sensitive: the object holds secrets, so the server's texts, which quote values, are dropped.
    init(
        response: HTTPResponseHead, body: [UInt8], subject: String, sensitive: Bool, now: Timestamp
    ) {
        let json = try? JSONValue(parsing: body)
        let document = json?["kind"]?.stringValue == "Status" ? json : nil
        self.init(
            status: response.status, document: document, subject: subject, sensitive: sensitive,
            retryAfter: response.headers["retry-after"].flatMap { Int64($0) }, now: now)
    }

    /// From a `Status` object, also one that came through a watch.
    init(
        status: Int, document: JSONValue?, subject: String, sensitive: Bool, retryAfter: Int64?, now: Timestamp
    ) {
        let reason = document?["reason"]?.stringValue ?? ""
        let code = KubernetesError.code(status: status, reason: reason)
        let details = document?["details"]
        let causes = (details?["causes"]?.arrayValue ?? []).prefix(32).map { cause in
            Cause(
                reason: cause["reason"]?.stringValue ?? "", field: (cause["field"]?.stringValue ?? "").bounded(to: 256),
                message: sensitive ? "" : KubernetesError.readable(cause["message"]?.stringValue ?? ""))
        }
        var text = "\(subject): \(status) \(reason.isEmpty ? code.rawValue : reason)"
        if sensitive {
            let fields = causes.map(\.field).filter { !$0.isEmpty }
            if !fields.isEmpty { text += ": " + fields.joined(separator: ", ") }
        } else if let message = document?["message"]?.stringValue, !message.isEmpty {
            text += ": \(message)"
        }
        let asked = retryAfter ?? details?["retryAfterSeconds"]?.intValue
        let waits = code == .tooManyRequests || code == .unavailable || code == .timeout || code == .serverError
        let seconds = waits ? asked.map { max(0, min($0, 3600)) } : nil
        self.init(
            code, text, status: status, causes: causes,
            retryAt: seconds.flatMap { $0 > 0 ? now + .seconds($0) : nil })
        let said = document?["message"]?.stringValue ?? ""
        isOfAnotherObject = code == .conflict && KubernetesError.tellsOfAnotherUID(said)
    }

    /// Servers give no cause for a precondition that failed, and word it in two ways, by where they notice
    /// (https://github.com/kubernetes/apiserver/blob/master/pkg/registry/rest/delete.go,
    /// https://github.com/kubernetes/apiserver/blob/master/pkg/storage/interfaces.go). The text is read here, for of
    /// Secrets it is dropped.
    private static func tellsOfAnotherUID(_ message: String) -> Bool {
        message.contains("UID in the precondition") || message.contains("UID in precondition")
    }

    /// A cause without the rejected value where that is long: servers quote whole structures, and say what is wrong
    /// with them only after that.
    private static func readable(_ message: String) -> String {
        guard message.utf8.count > 400 else { return message }
        let end = String(message.suffix(200))
        return String(message.prefix(150)) + "…" + end
    }

    private static func code(status: Int, reason: String) -> Code {
        if reason == "Gone" { return .gone }
        if let code = Code(rawValue: reason), ![.unreachable, .malformedResponse, .cancelled].contains(code) {
            return code
        }
        switch status {
        case 400: return .badRequest
        case 401: return .unauthorized
        case 403: return .forbidden
        case 404: return .notFound
        case 405: return .methodNotAllowed
        case 409: return .conflict
        case 410: return .gone
        case 413: return .requestTooLarge
        case 415: return .unsupportedMediaType
        case 422: return .invalid
        case 429: return .tooManyRequests
        case 503: return .unavailable
        case 504: return .timeout
        case 500...599: return .serverError
        default: return .unexpectedStatus
        }
    }

    /// From an exchange that brought no answer.
    init(_ error: HTTPError, subject: String) {
        let code: Code =
            switch error.code {
            case .cancelled, .shutDown: .cancelled
            case .timedOut: .timeout
            case .invalidRequest: .invalidConfiguration
            case .bodyTooLarge, .protocolViolation, .tooManyRedirects: .malformedResponse
            default: .unreachable
            }
        self.init(code, "\(subject): \(error.message)", transportError: error)
    }
}
