package import Core
package import KubernetesModel
package import SluiceAPI

/// The windows, denials and freezes of an environment, ready to answer questions about any moment.
///
/// Making one parses the schedules; keep it for as long as the spec stands. Answers take microseconds: no minute is
/// stepped over, however long the calendar stays shut.
package struct WindowCalendar: Sendable {
    /// How far ahead openings and closings are looked for.
    package static let lookAhead = Duration.seconds(400 * 86_400)
    /// The longest duration of a window.
    package static let longestWindow = Duration.seconds(31 * 86_400)

    struct Rule: Sendable {
        let name: String
        let apps: GlobList
        let span: Span
    }

    enum Span: Sendable {
        case recurring(Recurrence)
        case fixed(start: Timestamp, end: Timestamp)
    }

    /// The zone in which schedules and freezes are read.
    package let zone: TimeZoneRules
    let operations: Set<WindowOperation>
    let allow: [Rule]
    let deny: [Rule]
    let freezes: [Rule]

    /// Reads the windows of a spec; throws the first of what ``errors(in:at:zones:)`` finds.
    package init(_ windows: EnvironmentSpec.Windows, zones: ZoneDatabase = .system) throws(FieldError) {
        var reader = WindowReader(zones: zones, path: FieldPath("spec") / "windows")
        let calendar = reader.read(windows)
        if let error = reader.errors.first { throw error }
        self = calendar
    }

    init(zone: TimeZoneRules, operations: Set<WindowOperation>, allow: [Rule], deny: [Rule], freezes: [Rule]) {
        self.zone = zone
        self.operations = operations
        self.allow = allow
        self.deny = deny
        self.freezes = freezes
    }

    /// Everything that is wrong with windows: zones, schedules with the position of the fault, durations, freezes.
    package static func errors(
        in windows: EnvironmentSpec.Windows, at path: FieldPath = FieldPath("spec") / "windows",
        zones: ZoneDatabase = .system
    ) -> [FieldError] {
        var reader = WindowReader(zones: zones, path: path)
        _ = reader.read(windows)
        return reader.errors
    }

    /// The positions of the rules that bear on an app. Apps of the same scope have the same verdicts.
    package func scope(of app: String) -> [Int] {
        [allow, deny, freezes].joined().enumerated().compactMap { $1.apps.matches(app) ? $0 : nil }
    }

    /// The verdict for one app.
    ///
    /// - Parameter overriddenUntil: The end of an override that is in force, if there is one.
    package func verdict(
        _ operation: WindowOperation, app: String, at now: Timestamp, overriddenUntil: Timestamp? = nil
    ) -> WindowVerdict {
        verdict(operation, apps: [app], at: now, overriddenUntil: overriddenUntil)
    }

    /// The verdict for several apps that must go together: open when all of them are.
    package func verdict(
        _ operation: WindowOperation, apps: [String], at now: Timestamp, overriddenUntil: Timestamp? = nil
    ) -> WindowVerdict {
        guard operations.contains(operation) else { return WindowVerdict(reason: .noWindow, zone: zone) }
        let view = WindowView(self, apps: apps)
        let horizon = now + WindowCalendar.lookAhead
        let state = view.state(at: now)
        let first = view.change(after: now, from: state.reason.isOpen, horizon: horizon)
        let second = first.flatMap { view.change(after: $0, from: !state.reason.isOpen, horizon: horizon) }
        if let until = overriddenUntil, until > now, !state.reason.isOpen {
            return overridden(until: until, by: state, view, horizon: horizon)
        }
        return WindowVerdict(
            reason: state.reason, active: state.active, nextOpen: state.reason.isOpen ? second : first,
            nextClose: state.reason.isOpen ? first : second, zone: zone)
    }

    private func overridden(
        until: Timestamp, by state: WindowView.State, _ view: WindowView, horizon: Timestamp
    ) -> WindowVerdict {
        var close: Timestamp? = until
        if view.state(at: until).reason.isOpen { close = view.change(after: until, from: true, horizon: horizon) }
        return WindowVerdict(
            reason: .overridden, active: state.active,
            nextOpen: close.flatMap { view.change(after: $0, from: false, horizon: horizon) }, nextClose: close,
            zone: zone)
    }

    /// When the opening began in which a moment lies; nil where it is shut then, or no window is for these apps and so
    /// nothing ever opened. One that began more than two of the longest windows ago counts from there.
    package func openingStart(_ operation: WindowOperation, apps: [String], at now: Timestamp) -> Timestamp? {
        guard operations.contains(operation) else { return nil }
        let view = WindowView(self, apps: apps)
        let state = view.state(at: now)
        guard state.reason == .allowed else { return nil }
        // Most openings began today: the further past is looked at only if this one did not.
        for reach in [Duration.seconds(86_400), .seconds(8 * 86_400), Self.longestWindow * 2] {
            let from = now - reach
            var start = from
            var isOpen = view.state(at: from).reason.isOpen
            let beganBefore = isOpen
            var changes = 0
            while let next = view.change(after: start, from: isOpen, horizon: now + .microseconds(1)) {
                start = next
                isOpen.toggle()
                changes += 1
            }
            if changes > 0 || !beganBefore { return start }
        }
        return now - Self.longestWindow * 2
    }

    /// The openings that touch `[from, to)`, cut to it, in order; at most `limit`.
    package func openings(
        _ operation: WindowOperation, app: String, from: Timestamp, to: Timestamp, limit: Int = 10_000
    ) -> [WindowOpening] {
        guard from < to else { return [] }
        guard operations.contains(operation) else { return [WindowOpening(start: from, end: to, active: [])] }
        let view = WindowView(self, apps: [app])
        var openings: [WindowOpening] = []
        var now = from
        while now < to, openings.count < limit {
            let state = view.state(at: now)
            let next = view.change(after: now, from: state.reason.isOpen, horizon: to) ?? to
            if state.reason.isOpen { openings.append(WindowOpening(start: now, end: next, active: state.active)) }
            now = next
        }
        return openings
    }
}
