/// What a caller may expect of an operation that failed, if it tries again.
package enum Disposition: Sendable, Hashable {
    /// Another try may succeed without anybody changing anything: a network fault, a conflict, an overload.
    case transient
    /// Another try fails in the same way until the input (a file, a field, a credential) changes.
    case terminal
    /// Another try is pointless before this moment, for example because a server said `Retry-After`.
    case waitUntil(Timestamp)
}

/// The shape of every error of this project: one struct per module conforms.
///
/// A message says what failed, on which object, and what to do about it. It is shown to people in conditions, events
/// and on the command line, so it never holds a secret, a credential or the text of a document.
package protocol SluiceError: Error, CustomStringConvertible {
    /// A short CamelCase word for programs, for example `PushRejected`; usable as a condition's reason.
    var reason: String { get }
    /// One sentence or two for a person.
    var message: String { get }
    /// What another try may achieve.
    var disposition: Disposition { get }
    /// The error underneath, if any.
    var cause: (any Error)? { get }
}

extension SluiceError {
    package var cause: (any Error)? { nil }

    package var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
