package import Core

/// How one part of a verification stands.
package struct Check: Sendable, Hashable, Codable {
    /// Its name in the spec, or health.
    package var name: String
    /// How it stands.
    package var state: CheckState
    /// What that means, for people.
    package var message: String
    /// The last value that was measured.
    package var value: String
    /// How many times a metric's condition has broken.
    package var failures: Int
    /// When a metric was last asked for, or a Job was begun.
    package var at: Timestamp?

    package init(
        name: String, state: CheckState, message: String = "", value: String = "", failures: Int = 0,
        at: Timestamp? = nil
    ) {
        self.name = name
        self.state = state
        self.message = message
        self.value = value
        self.failures = failures
        self.at = at
    }
}
