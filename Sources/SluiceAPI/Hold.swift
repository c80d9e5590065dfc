/// Keeps promotions out of an app.
package struct Hold: Sendable, Hashable, Codable {
    /// The app; a name or a glob over {app}.
    package var app: String
    /// Why, for people.
    package var reason: String

    package init(
        app: String, reason: String = ""
    ) {
        self.app = app
        self.reason = reason
    }
}
