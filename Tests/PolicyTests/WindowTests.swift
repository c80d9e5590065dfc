import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

@Suite("Windows")
struct WindowTests {
    private func calendar(
        _ zone: String = "Europe/Berlin", allow: [(String, String)] = [], deny: [(String, String)] = [],
        freezes: [(String, String)] = []
    ) throws -> WindowCalendar {
        func windows(_ pairs: [(String, String)], _ prefix: String) -> [EnvironmentSpec.Window] {
            pairs.enumerated().map { .init(name: "\(prefix)\($0)", schedule: $1.0, duration: duration($1.1)) }
        }
        return try WindowCalendar(
            .init(
                timeZone: zone, allow: windows(allow, "allow"), deny: windows(deny, "deny"),
                freezes: freezes.enumerated().map { .init(name: "freeze\($0)", start: $1.0, end: $1.1) }))
    }

    @Test(
        "open and close as their vectors say",
        arguments: [
            // Office hours over the change to summer time.
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-23T08:59:59Z", false, "2026-03-23T09:00:00Z",
                "2026-03-23T17:00:00Z"
            ),
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-23T09:00:00Z", true, "2026-03-24T09:00:00Z",
                "2026-03-23T17:00:00Z"
            ),
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-27T17:00:00Z", false, "2026-03-30T08:00:00Z",
                "2026-03-30T16:00:00Z"
            ),
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-30T08:00:00Z", true, "2026-03-31T08:00:00Z",
                "2026-03-30T16:00:00Z"
            ),
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-30T15:59:59Z", true, "2026-03-31T08:00:00Z",
                "2026-03-30T16:00:00Z"
            ),
            (
                "Europe/Berlin", "0 10 * * 1-5", "8h", "2026-03-30T16:00:00Z", false, "2026-03-31T08:00:00Z",
                "2026-03-31T16:00:00Z"
            ),
            // A start in the gap, and one that happens twice.
            (
                "America/New_York", "30 2 * * *", "1h", "2026-03-08T06:59:59Z", false, "2026-03-08T07:00:00Z",
                "2026-03-08T08:00:00Z"
            ),
            (
                "America/New_York", "30 2 * * *", "1h", "2026-03-08T07:00:00Z", true, "2026-03-09T06:30:00Z",
                "2026-03-08T08:00:00Z"
            ),
            (
                "America/New_York", "30 1 * * *", "1h", "2026-11-01T05:30:00Z", true, "2026-11-02T06:30:00Z",
                "2026-11-01T06:30:00Z"
            ),
            (
                "America/New_York", "30 1 * * *", "1h", "2026-11-01T06:30:00Z", false, "2026-11-02T06:30:00Z",
                "2026-11-02T07:30:00Z"
            ),
            // Eight elapsed hours over either change.
            (
                "America/New_York", "0 22 * * *", "8h", "2026-03-08T03:00:00Z", true, "2026-03-09T02:00:00Z",
                "2026-03-08T11:00:00Z"
            ),
            (
                "America/New_York", "0 22 * * *", "8h", "2026-11-01T02:00:00Z", true, "2026-11-02T03:00:00Z",
                "2026-11-01T10:00:00Z"
            ),
        ])
    func vectors(
        zone: String, schedule: String, length: String, now: String, open: Bool, nextOpen: String, nextClose: String
    ) throws {
        let verdict = try calendar(zone, allow: [(schedule, length)]).verdict(.promote, app: "cart", at: at(now))
        #expect(verdict.open == open)
        #expect(verdict.nextOpen == at(nextOpen))
        #expect(verdict.nextClose == at(nextClose))
        #expect(verdict.reason == (open ? .allowed : .outsideAllow))
        #expect(verdict.active == (open ? ["allow0"] : []))
    }

    @Test(
        "never shut when days follow one another without a hole",
        arguments: [
            ("0 0 * * *", "24h"), ("* * * * *", "1m"), ("* * * * *", "24h"), ("@hourly", "1h"), ("0 12 * * *", "31d"),
        ])
    func seamless(schedule: String, length: String) throws {
        let verdict = try calendar("UTC", allow: [(schedule, length)])
            .verdict(.sync, app: "cart", at: at("2026-06-01T23:59:59Z"))
        #expect(verdict == WindowVerdict(reason: .allowed, active: ["allow0"], zone: .utc))
    }

    @Test("have a hole of an hour where a day has 25")
    func longDay() throws {
        let verdict = try calendar(allow: [("0 0 * * *", "24h")])
            .verdict(.sync, app: "cart", at: at("2026-10-20T00:00:00Z"))
        #expect(verdict.nextClose == at("2026-10-25T22:00:00Z"))
        #expect(verdict.nextOpen == at("2026-10-25T23:00:00Z"))
    }

    @Test("decide by freeze, then denial, then allowance")
    func precedence() throws {
        let calendar = try calendar(
            allow: [("0 10 * * 1-5", "8h")], deny: [("0 0 1 * *", "12h")],
            freezes: [("2026-12-20T00:00", "2027-01-04T08:00")])
        func reason(_ now: String) -> WindowReason { calendar.verdict(.promote, app: "a", at: at(now)).reason }
        #expect(reason("2026-12-01T09:30:00Z") == .denied)
        #expect(reason("2026-12-01T11:00:00Z") == .allowed)
        #expect(reason("2026-12-19T22:59:59Z") == .outsideAllow)
        #expect(reason("2026-12-19T23:00:00Z") == .frozen)
        #expect(reason("2027-01-01T09:30:00Z") == .frozen)
        let frozen = calendar.verdict(.promote, app: "a", at: at("2026-12-21T10:00:00Z"))
        #expect(frozen.active == ["freeze0"])
        #expect(frozen.nextOpen == at("2027-01-04T09:00:00Z"))
        #expect(
            frozen.message(now: at("2026-12-30T10:00:00Z")) == "frozen (freeze0); window opens Mon 10:00 Europe/Berlin")
        #expect(
            frozen.message(now: at("2026-12-21T10:00:00Z"))
                == "frozen (freeze0); window opens 2027-01-04 10:00 Europe/Berlin")
    }

    @Test("let exempt operations and apps without windows through")
    func exempt() throws {
        let calendar = try WindowCalendar(
            .init(
                timeZone: "UTC",
                allow: [.init(name: "a", schedule: "@yearly", duration: .hours(1), apps: ["cart", "web-*"])],
                freezes: [.init(name: "f", start: "2026-01-01T00:00", end: "2027-01-01T00:00", apps: ["web-1"])]))
        let now = at("2026-05-05T05:05:05Z")
        #expect(calendar.verdict(.selfHeal, app: "cart", at: now).reason == .noWindow)
        #expect(calendar.verdict(.rollback, app: "web-1", at: now).reason == .noWindow)
        #expect(calendar.verdict(.promote, app: "other", at: now) == WindowVerdict(reason: .noWindow, zone: .utc))
        #expect(calendar.verdict(.promote, app: "cart", at: now).reason == .outsideAllow)
        #expect(calendar.verdict(.promote, app: "web-1", at: now).reason == .frozen)
        let both = calendar.verdict(.promote, apps: ["other", "cart", "web-1"], at: now)
        #expect(both.reason == .frozen)
        #expect(both.nextOpen == at("2027-01-01T00:00:00Z"))
    }

    @Test("open for several apps only when they are open for each")
    func together() throws {
        let calendar = try WindowCalendar(
            .init(
                timeZone: "UTC",
                allow: [
                    .init(name: "a", schedule: "0 8 * * *", duration: .hours(4), apps: ["a"]),
                    .init(name: "b", schedule: "0 10 * * *", duration: .hours(4), apps: ["b"]),
                ]))
        let verdict = calendar.verdict(.promote, apps: ["a", "b"], at: at("2026-05-05T08:00:00Z"))
        #expect(verdict.reason == .outsideAllow)
        #expect(verdict.nextOpen == at("2026-05-05T10:00:00Z"))
        #expect(verdict.nextClose == at("2026-05-05T12:00:00Z"))
    }

    @Test("are opened by an override until it ends")
    func override() throws {
        let calendar = try calendar("UTC", allow: [("0 10 * * *", "8h")])
        let now = at("2026-05-05T05:00:00Z")
        let short = calendar.verdict(.promote, app: "a", at: now, overriddenUntil: at("2026-05-05T06:00:00Z"))
        #expect(short.open && short.reason == .overridden)
        #expect(short.nextClose == at("2026-05-05T06:00:00Z"))
        #expect(short.nextOpen == at("2026-05-05T10:00:00Z"))
        let long = calendar.verdict(.promote, app: "a", at: now, overriddenUntil: at("2026-05-05T11:00:00Z"))
        #expect(long.nextClose == at("2026-05-05T18:00:00Z"))
        let past = calendar.verdict(.promote, app: "a", at: now, overriddenUntil: now)
        #expect(past.reason == .outsideAllow)
    }

    @Test("list their openings")
    func openings() throws {
        let calendar = try calendar(allow: [("0 10 * * 1-5", "8h")], deny: [("0 12 * * *", "1h")])
        let found = calendar.openings(
            .promote, app: "a", from: at("2026-03-27T10:00:00Z"), to: at("2026-03-30T09:00:00Z"))
        #expect(
            found.map(\.json.jsonText) == [
                #"{"active":["allow0"],"end":"2026-03-27T11:00:00Z","start":"2026-03-27T10:00:00Z"}"#,
                #"{"active":["allow0"],"end":"2026-03-27T17:00:00Z","start":"2026-03-27T12:00:00Z"}"#,
                #"{"active":["allow0"],"end":"2026-03-30T09:00:00Z","start":"2026-03-30T08:00:00Z"}"#,
            ])
    }

    @Test("explain themselves in JSON")
    func json() throws {
        let verdict = try calendar(allow: [("0 10 * * 1-5", "8h")])
            .verdict(.promote, app: "a", at: at("2026-03-23T09:00:00Z"))
        #expect(
            verdict.json.jsonText
                == #"{"active":["allow0"],"nextClose":"2026-03-23T17:00:00Z","nextOpen":"2026-03-24T09:00:00Z","open":true,"reason":"Allowed"}"#
        )
    }

    @Test("stay shut in sight of no opening")
    func never() throws {
        let verdict = try calendar(allow: [("0 0 29 2 *", "1h")]).verdict(
            .promote, app: "a", at: at("2025-01-01T00:00:00Z"))
        #expect(verdict.nextOpen == nil)
        #expect(verdict.message(now: at("2025-01-01T00:00:00Z")) == "no window opens within 400 days")
    }

    @Test("are refused with the field and the fault")
    func errors() {
        let windows = EnvironmentSpec.Windows(
            timeZone: "Europe/Atlantis",
            allow: [
                .init(name: "a", schedule: "0 10 * *", duration: .hours(8)),
                .init(name: "b", schedule: "@daily", duration: .seconds(0)),
                .init(name: "c", schedule: "@daily", duration: .hours(31 * 24 + 1)),
            ],
            deny: [.init(name: "d", schedule: "0 0 31 2 *", duration: .hours(1))],
            freezes: [
                .init(name: "e", start: "2026-02-30T00:00", end: "2026-03-01T00:00"),
                .init(name: "f", start: "2026-03-02T00:00", end: "2026-03-01T00:00Z"),
            ])
        #expect(
            WindowCalendar.errors(in: windows).map(\.message) == [
                "spec.windows.timeZone: the time zone database has no zone \"Europe/Atlantis\"; use a name such as Europe/Berlin",
                "spec.windows.allow[0].schedule: has 4 fields; five are needed: minute hour day-of-month month day-of-week (at character 9)",
                "spec.windows.allow[1].duration: must be more than zero and at most 31 days",
                "spec.windows.allow[2].duration: must be more than zero and at most 31 days",
                "spec.windows.deny[0].schedule: never happens: none of the months has such a day; change the day or the month (at character 5)",
                "spec.windows.freezes[0].start: must be a local time such as 2026-12-20T00:00, or one with an offset",
                "spec.windows.freezes[1].end: must be after start",
            ])
    }

    @Test(
        "know when the opening began",
        arguments: [
            ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"), ("2026-11-23T16:59:59Z", "2026-11-23T09:00:00Z"),
            ("2026-11-23T17:00:00Z", nil), ("2026-11-22T12:00:00Z", nil),
        ] as [(String, String?)])
    func openingStart(now: String, start: String?) throws {
        let calendar = try WindowCalendar(
            .init(
                timeZone: "Europe/Berlin",
                allow: [.init(name: "office", schedule: "0 10 * * 1-5", duration: .hours(8))]))
        #expect(calendar.openingStart(.promote, apps: ["cart"], at: at(now)) == start.map { at($0) })
    }

    @Test("know it of an opening of days, and of one without end only so far")
    func longOpening() throws {
        let week = try WindowCalendar(
            .init(timeZone: "UTC", allow: [.init(name: "w", schedule: "0 0 * * 1", duration: .hours(120))]))
        #expect(
            week.openingStart(.promote, apps: ["cart"], at: at("2026-11-27T23:00:00Z")) == at("2026-11-23T00:00:00Z"))
        let always = try WindowCalendar(
            .init(timeZone: "UTC", allow: [.init(name: "w", schedule: "0 0 * * *", duration: .hours(24))]))
        let now = at("2026-11-27T23:00:00Z")
        #expect(always.openingStart(.promote, apps: ["cart"], at: now) == now - .seconds(62 * 86_400))
        let none = try WindowCalendar(.init(timeZone: "UTC"))
        #expect(none.openingStart(.promote, apps: ["cart"], at: now) == nil)
    }
}
