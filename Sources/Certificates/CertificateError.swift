package import Core

/// Why keys or certificates cannot be read or made.
package struct CertificateError: SluiceError, Hashable {
    package let message: String

    package init(_ message: String) {
        self.message = message.bounded(to: 512)
    }

    package var reason: String { "CertificateUnusable" }
    package var disposition: Disposition { .terminal }
}
