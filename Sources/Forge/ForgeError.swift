package import Core

/// Why a forge did not do what it was asked.
package struct ForgeError: SluiceError, Hashable {
    package enum Code: String, Sendable, Hashable {
        /// It is not known which forge's API the repository's host speaks, or where.
        case unknown = "ForgeUnknown"
        /// There is no token to send, or it was refused (401).
        case unauthorized = "ForgeUnauthorized"
        /// The token does not suffice (403).
        case forbidden = "ForgeForbidden"
        /// There is no such repository or pull request, or the token may not see it (404).
        case notFound = "ForgeNotFound"
        /// There is one already, or it stands otherwise than was thought (409).
        case conflict = "ForgeConflict"
        /// It is refused as it is (400, 422).
        case refused = "ForgeRefused"
        /// Too much was asked (429, or 403 with a time to come back).
        case rateLimited = "ForgeRateLimited"
        /// The forge is ill (5xx) or cannot be reached.
        case unavailable = "ForgeUnavailable"
        /// The answer is none that the API has.
        case unintelligible = "ForgeUnintelligible"
    }

    package let code: Code
    /// Names the forge, what was asked and what to do; never a token.
    package let message: String
    package let disposition: Disposition

    package init(_ code: Code, _ message: String, disposition: Disposition? = nil) {
        self.code = code
        self.message = message.bounded(to: 512)
        self.disposition = disposition ?? code.disposition
    }

    package var reason: String { code.rawValue }
}

extension ForgeError.Code {
    fileprivate var disposition: Disposition {
        switch self {
        case .rateLimited, .unavailable, .unintelligible, .conflict: .transient
        case .unknown, .unauthorized, .forbidden, .notFound, .refused: .terminal
        }
    }
}
