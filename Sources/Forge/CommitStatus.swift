internal import Core

/// What is said of a commit beside it at its forge.
package struct CommitStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It is not decided yet.
        case pending
        case success
        case failure
    }

    package let state: State
    /// Who says it; a later status of the same commit and context takes the place of an earlier one.
    package let context: String
    /// One line for people; forges cut it at 140 characters at the earliest.
    package let description: String

    package init(_ state: State, context: String, description: String) {
        self.state = state
        self.context = context
        self.description = description.bounded(to: 140)
    }
}
