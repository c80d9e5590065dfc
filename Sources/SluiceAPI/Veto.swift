package import Core

/// Keeps one version out of an app.
package struct Veto: Sendable, Hashable, Codable {
    /// The app; a name or a glob over {app}.
    package var app: String
    /// The version that is refused, either a tag, a digest or an image reference.
    package var version: String
    /// Why, for people.
    package var reason: String
    /// When the veto ends; without it, never.
    package var until: Timestamp?

    package init(
        app: String, version: String, reason: String = "", until: Timestamp? = nil
    ) {
        self.app = app
        self.version = version
        self.reason = reason
        self.until = until
    }
}
