package import Core

/// Opens windows and freezes for syncs for a while, whatever the calendar says.
package struct EnvironmentOverride: Sendable, Hashable, Codable {
    /// Why, for people and the audit; windows.override may ask for one.
    package var reason: String
    /// When the override ends; at most windows.override.maxDuration ahead.
    package var until: Timestamp

    package init(
        reason: String, until: Timestamp
    ) {
        self.reason = reason
        self.until = until
    }
}
