package import KubernetesModel

extension EnvironmentSpec {
    /// When Git is changed and new revisions are synced.
    package struct Windows: Sendable, Hashable, Codable {
        /// The zone in which schedules and freezes are read, a name of the IANA time zone database.
        package var timeZone: String
        /// What the windows hold; what is not listed is exempt.
        package var operations: [WindowOperation]
        /// What becomes of a promotion whose window shuts before its commit is pushed.
        package var onClose: WindowCloseAction
        /// When work may happen; without entries, always.
        package var allow: [Window]
        /// When work may not happen, whatever the allow list says.
        package var deny: [Window]
        /// Spans in which nothing happens.
        package var freezes: [Freeze]
        /// Who may open windows and freezes, and for how long; without it nobody may.
        package var override: Override?

        package init(
            timeZone: String = "UTC", operations: [WindowOperation] = [.promote, .sync],
            onClose: WindowCloseAction = .pauseBeforeCommit, allow: [Window] = [], deny: [Window] = [],
            freezes: [Freeze] = [], override: Override? = nil
        ) {
            self.timeZone = timeZone
            self.operations = operations
            self.onClose = onClose
            self.allow = allow
            self.deny = deny
            self.freezes = freezes
            self.override = override
        }
    }

    /// An opening that recurs.
    package struct Window: Sendable, Hashable, Codable {
        /// A name for messages.
        package var name: String
        /// When it begins, a cron expression of five fields or @hourly, @daily, @weekly, @monthly, @yearly.
        package var schedule: String
        /// How long it lasts, in elapsed time; at most 31 days.
        package var duration: GoDuration
        /// Globs over the apps it is for.
        package var apps: [String]

        package init(
            name: String, schedule: String, duration: GoDuration, apps: [String] = ["*"]
        ) {
            self.name = name
            self.schedule = schedule
            self.duration = duration
            self.apps = apps
        }
    }

    /// A span in which nothing happens.
    package struct Freeze: Sendable, Hashable, Codable {
        /// A name for messages.
        package var name: String
        /// When it begins, a local time in the windows' zone such as 2026-12-20T00:00, or RFC 3339 with an offset.
        package var start: String
        /// When it ends, in the same form; that moment is outside.
        package var end: String
        /// Why, for people.
        package var reason: String
        /// Globs over the apps it is for.
        package var apps: [String]

        package init(
            name: String, start: String, end: String, reason: String = "", apps: [String] = ["*"]
        ) {
            self.name = name
            self.start = start
            self.end = end
            self.reason = reason
            self.apps = apps
        }
    }

    /// Who may open windows and freezes, and for how long.
    package struct Override: Sendable, Hashable, Codable {
        /// Groups whose members may; API users need the verb override as well.
        package var groups: [String]
        /// Asks for a reason.
        package var requireReason: Bool
        /// The longest override.
        package var maxDuration: GoDuration

        package init(
            groups: [String] = [], requireReason: Bool = true, maxDuration: GoDuration = .hours(2)
        ) {
            self.groups = groups
            self.requireReason = requireReason
            self.maxDuration = maxDuration
        }
    }
}
