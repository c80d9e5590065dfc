package import KubernetesModel

/// What a review found, before anybody asked the API server for permissions.
package struct Verdict: Sendable, Hashable {
    /// What is wrong with the object, whoever writes it.
    package internal(set) var invalid: [FieldError] = []
    /// What this writer may not write.
    package internal(set) var forbidden: [FieldError] = []
    /// The permissions that the write needs; each of them.
    package internal(set) var questions: [AccessQuestion] = []
    /// What is allowed and will not do what was meant.
    package internal(set) var warnings: [String] = []

    package var isAllowed: Bool { invalid.isEmpty && forbidden.isEmpty }

    /// The refusal, if the review alone refuses.
    package var refusal: AdmissionAnswer.Refusal? {
        guard !isAllowed else { return nil }
        let errors = forbidden + invalid
        return AdmissionAnswer.Refusal(
            code: forbidden.isEmpty ? 422 : 403, message: errors.map(\.message).joined(separator: "; "),
            causes: errors.map { AdmissionAnswer.Cause(field: $0.path, message: $0.detail) })
    }
}
