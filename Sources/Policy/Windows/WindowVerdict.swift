package import Core
package import KubernetesModel
package import SluiceAPI

/// Why the windows are open or shut.
package enum WindowReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// Inside an allow window.
    case allowed = "Allowed"
    /// No allow window is for this app, or the operation is exempt.
    case noWindow = "NoWindow"
    /// Outside every allow window.
    case outsideAllow = "OutsideAllow"
    /// Inside a deny window.
    case denied = "Denied"
    /// Inside a freeze.
    case frozen = "Frozen"
    /// An override opens what would be shut.
    case overridden = "Overridden"

    package var isOpen: Bool { self == .allowed || self == .noWindow || self == .overridden }
}

/// What the windows say to an operation at one moment.
package struct WindowVerdict: Sendable, Hashable {
    package var open: Bool { reason.isOpen }
    package let reason: WindowReason
    /// The names of the windows or freezes that decide.
    package let active: [String]
    /// When they next open after now, within 400 days; nil if they do not.
    package let nextOpen: Timestamp?
    /// When they next shut after now, within 400 days; nil if they do not.
    package let nextClose: Timestamp?
    /// The zone of the windows, for messages.
    package let zone: TimeZoneRules

    package init(
        reason: WindowReason, active: [String] = [], nextOpen: Timestamp? = nil, nextClose: Timestamp? = nil,
        zone: TimeZoneRules = .utc
    ) {
        self.reason = reason
        self.active = active
        self.nextOpen = nextOpen
        self.nextClose = nextClose
        self.zone = zone
    }

    /// For people: `window opens Mon 10:00 Europe/Berlin`.
    package func message(now: Timestamp) -> String {
        if open {
            guard let nextClose else { return "window is open" }
            return "window is open until \(zone.describe(nextClose, now: now))"
        }
        let why =
            switch reason {
            case .frozen: "frozen (\(active.joined(separator: ", "))); "
            case .denied: "denied (\(active.joined(separator: ", "))); "
            default: ""
            }
        guard let nextOpen else { return why + "no window opens within 400 days" }
        return why + "window opens \(zone.describe(nextOpen, now: now))"
    }

    /// `{"open":…,"reason":…,"active":[…],"nextOpen":…,"nextClose":…}`, as `sluice window explain -o json` prints it.
    package var json: JSONValue {
        [
            "open": .bool(open),
            "reason": .string(reason.rawValue),
            "active": .array(active.map(JSONValue.string)),
            "nextOpen": nextOpen.map { .string($0.rfc3339) } ?? .null,
            "nextClose": nextClose.map { .string($0.rfc3339) } ?? .null,
        ]
    }

    /// The verdict as `Environment.status.window` holds it.
    package func state(override: EnvironmentStatus.OverrideState? = nil) -> EnvironmentStatus.WindowState {
        EnvironmentStatus.WindowState(
            open: open, active: active, reason: reason.rawValue, nextOpen: nextOpen?.wholeSeconds,
            nextClose: nextClose?.wholeSeconds, override: override)
    }
}

/// One opening of the windows.
package struct WindowOpening: Sendable, Hashable {
    package let start: Timestamp
    /// The first moment outside.
    package let end: Timestamp
    /// The allow windows that are open at its start.
    package let active: [String]

    package var json: JSONValue {
        [
            "start": .string(start.rfc3339), "end": .string(end.rfc3339),
            "active": .array(active.map(JSONValue.string)),
        ]
    }
}
