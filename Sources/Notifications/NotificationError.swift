package import Core

/// Why somebody could not be told.
package struct NotificationError: SluiceError, Hashable {
    package enum Code: String, Sendable, Hashable {
        /// What the Environment or the Secret says cannot work.
        case notConfigured = "NotConfigured"
        /// The receiver does not want it (4xx, a redirect).
        case refused = "Refused"
        /// Too much was sent (429).
        case rateLimited = "RateLimited"
        /// The receiver is ill (5xx), too slow, or cannot be reached.
        case unavailable = "Unavailable"
    }

    package let code: Code
    /// Names the receiver's scheme and host at most: the rest of an address is a credential.
    package let message: String
    package let disposition: Disposition

    package init(_ code: Code, _ message: String, disposition: Disposition? = nil) {
        self.code = code
        self.message = message.bounded(to: 512)
        self.disposition = disposition ?? code.disposition
    }

    package var reason: String { code.rawValue }
}

extension NotificationError.Code {
    fileprivate var disposition: Disposition {
        switch self {
        case .notConfigured, .refused: .terminal
        case .rateLimited, .unavailable: .transient
        }
    }
}
