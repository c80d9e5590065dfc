import Core
import KubernetesModel
import SluiceAPI

/// Turns windows of a spec into a calendar and collects what is wrong with them.
struct WindowReader {
    let zones: ZoneDatabase
    let path: FieldPath
    private(set) var errors: [FieldError] = []

    init(zones: ZoneDatabase, path: FieldPath) {
        self.zones = zones
        self.path = path
    }

    private mutating func fail(_ path: FieldPath, _ detail: String) {
        errors.append(FieldError(path.description, detail))
    }

    mutating func read(_ windows: EnvironmentSpec.Windows) -> WindowCalendar {
        let zone = zones.zone(windows.timeZone)
        if zone == nil {
            fail(
                path / "timeZone",
                "the time zone database has no zone \"\(windows.timeZone.bounded(to: 64))\"; use a name such as Europe/Berlin"
            )
        }
        let rules = zone ?? .utc
        return WindowCalendar(
            zone: rules, operations: Set(windows.operations),
            allow: read(windows.allow, rules, path / "allow"), deny: read(windows.deny, rules, path / "deny"),
            freezes: read(windows.freezes, rules, path / "freezes"))
    }

    private mutating func read(
        _ windows: [EnvironmentSpec.Window], _ zone: TimeZoneRules, _ path: FieldPath
    ) -> [WindowCalendar.Rule] {
        var rules: [WindowCalendar.Rule] = []
        for (index, window) in windows.enumerated() {
            let duration = window.duration.duration
            if duration <= .zero || duration > WindowCalendar.longestWindow {
                fail(path[index] / "duration", "must be more than zero and at most 31 days")
                continue
            }
            do {
                let schedule = try CronSchedule(window.schedule)
                let recurrence = Recurrence(schedule: schedule, zone: zone, duration: duration)
                rules.append(.init(name: window.name, apps: GlobList(window.apps), span: .recurring(recurrence)))
            } catch {
                fail(path[index] / "schedule", error.message)
            }
        }
        return rules
    }

    private mutating func read(
        _ freezes: [EnvironmentSpec.Freeze], _ zone: TimeZoneRules, _ path: FieldPath
    ) -> [WindowCalendar.Rule] {
        var rules: [WindowCalendar.Rule] = []
        for (index, freeze) in freezes.enumerated() {
            let start = moment(freeze.start, zone, path[index] / "start")
            let end = moment(freeze.end, zone, path[index] / "end")
            guard let start, let end else { continue }
            if end <= start {
                fail(path[index] / "end", "must be after start")
                continue
            }
            rules.append(.init(name: freeze.name, apps: GlobList(freeze.apps), span: .fixed(start: start, end: end)))
        }
        return rules
    }

    /// A local time with minutes or seconds, or RFC 3339.
    private mutating func moment(_ text: String, _ zone: TimeZoneRules, _ path: FieldPath) -> Timestamp? {
        let digits = Array(text.utf8)
        let hasSeconds = digits.count > 16 && digits[16] == UInt8(ascii: ":")
        let complete = hasSeconds || digits.count < 16 ? text : text.prefix(16) + ":00" + text.dropFirst(16)
        if let exact = Timestamp(rfc3339: complete) { return exact }
        if let local = Timestamp(rfc3339: complete + "Z") { return zone.timestamp(local.civil) }
        fail(path, "must be a local time such as 2026-12-20T00:00, or one with an offset")
        return nil
    }
}
