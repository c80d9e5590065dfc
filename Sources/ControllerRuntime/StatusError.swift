package import Core

/// A status that could not be written.
package struct StatusError: SluiceError, Hashable {
    package enum Code: String, Sendable {
        /// Somebody else wrote the status meanwhile, or the object changes all the time.
        case conflict = "StatusConflict"
        /// The status is larger than an object may be, also with its messages cut.
        case tooLarge = "StatusTooLarge"
    }

    package let code: Code
    /// The object, as `namespace/name`.
    package let object: String
    /// The size in bytes, for a status that is too large.
    package let size: Int

    package init(_ code: Code, object: String, size: Int = 0) {
        self.code = code
        self.object = object
        self.size = size
    }

    package var reason: String { code.rawValue }

    package var disposition: Disposition {
        switch code {
        case .conflict: .transient
        case .tooLarge: .terminal
        }
    }

    package var message: String {
        switch code {
        case .conflict: "the status of \(object) was changed by somebody else; it is computed again"
        case .tooLarge:
            "the status of \(object) would take \(size) bytes, more than an object may hold; "
                + "let it have fewer entries, for example by splitting the Environment"
        }
    }
}
