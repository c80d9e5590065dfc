package import Core

/// Why a body is no admission review.
package struct AdmissionError: SluiceError, Hashable {
    package let message: String

    package init(_ message: String) {
        self.message = message.bounded(to: 512)
    }

    package var reason: String { "MalformedReview" }
    package var disposition: Disposition { .terminal }
}
