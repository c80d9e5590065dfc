package import Core

/// Why an exchange brought no (whole) response.
package struct HTTPError: SluiceError, Hashable {
    package enum Code: String, Sendable, Hashable {
        case invalidRequest = "InvalidRequest"
        case nameNotResolved = "NameNotResolved"
        case connectFailed = "ConnectFailed"
        /// The peer's certificate was refused, ours was, or no cipher is shared.
        case tlsFailed = "TLSFailed"
        /// One of ``HTTPDeadlines`` passed.
        case timedOut = "TimedOut"
        /// The connection ended before the response did.
        case connectionLost = "ConnectionLost"
        /// The peer broke the protocol.
        case protocolViolation = "ProtocolViolation"
        case bodyTooLarge = "BodyTooLarge"
        case tooManyRedirects = "TooManyRedirects"
        case cancelled = "Cancelled"
        case shutDown = "ShutDown"
    }

    package let code: Code
    /// Names scheme, host and path; never user information, query, headers or bodies.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var reason: String { code.rawValue }

    package var disposition: Disposition {
        switch code {
        case .invalidRequest, .bodyTooLarge, .tooManyRedirects: .terminal
        default: .transient
        }
    }
}
