package import Core

/// Why a promotion or rollback cannot be planned or carried out.
package struct ChangeError: SluiceError, Hashable {
    /// The run reason that goes into the status, for example `RenderFailed`.
    package let reason: String
    package let message: String
    package let disposition: Disposition

    package init(_ reason: String, _ message: String, disposition: Disposition = .terminal) {
        self.reason = reason
        self.message = message.bounded(to: 1024)
        self.disposition = disposition
    }
}
