/// How one part of a verification stands.
package struct Check: Sendable, Hashable, Codable {
    /// Its name in the spec, or health.
    package var name: String
    /// How it stands.
    package var state: CheckState
    /// What that means, for people.
    package var message: String

    package init(
        name: String, state: CheckState, message: String = ""
    ) {
        self.name = name
        self.state = state
        self.message = message
    }
}
