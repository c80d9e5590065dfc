import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

/// Compares the calendar's answers with a clock that simply steps minute by minute over random windows.
@Suite("Windows against a minute-by-minute clock")
struct WindowPropertyTests {
    private struct Rule {
        let schedule: String
        let length: Int
    }

    /// Minutes stepped over: 16 days.
    private static let span = 16 * 1440

    /// Whether each minute is covered by a rule, found by walking the local clock.
    private func cover(_ rule: Rule, _ zone: TimeZoneRules, from start: Int64, span: Int = span) throws -> [Bool] {
        let schedule = try CronSchedule(rule.schedule)
        var covered = [Bool](repeating: false, count: span)
        let lead = rule.length + 2880
        var furthest = Int64.min
        for minute in -lead..<span {
            let instant = start + Int64(minute) * 60
            let local = (instant + zone.segment(at: instant).offset) / 60
            // A repeated minute has had its turn; skipped ones have theirs now.
            let fresh = furthest == .min ? local...local : furthest + 1 > local ? nil : furthest + 1...local
            furthest = max(furthest, local)
            guard let fresh else { continue }
            let fires = fresh.contains { minute in
                let day = Int(minute / 1440)
                let ofDay = Int(minute % 1440)
                return schedule.matches(day: day) && schedule.minutes & 1 << UInt64(ofDay % 60) != 0
                    && schedule.hours & 1 << UInt64(ofDay / 60) != 0
            }
            guard fires else { continue }
            for index in max(0, minute)..<max(0, min(span, minute + rule.length)) { covered[index] = true }
        }
        return covered
    }

    /// Four years hold a leap day and eight changes of the clock.
    @Test(
        "agree on every change of four years, minute by minute",
        arguments: [
            ("Europe/Berlin", "30 1,2,22 * * *", 480), ("America/New_York", "15 1-3 * * 0,1", 61),
            ("Australia/Lord_Howe", "*/30 0-4 1-7 * 6", 45), ("Asia/Kolkata", "0 10 * * 1-5", 480),
            ("America/Santiago", "0 0 29 2 *", 1440),
        ])
    func fourYears(place: String, schedule: String, length: Int) throws {
        let span = 4 * 365 * 1440 + 1440
        let zone = try zone(place)
        let start = at("2026-01-01T00:00:00Z").seconds
        let deny = Rule(schedule: "0 12 13 * 5", length: 600)
        var open = try cover(Rule(schedule: schedule, length: length), zone, from: start, span: span)
        for (index, covered) in try cover(deny, zone, from: start, span: span).enumerated() where covered {
            open[index] = false
        }
        let calendar = try WindowCalendar(
            .init(
                timeZone: place,
                allow: [.init(name: "allow", schedule: schedule, duration: .minutes(Int64(length)))],
                deny: [.init(name: "deny", schedule: deny.schedule, duration: .minutes(Int64(deny.length)))]))
        let expected = open.indices.filter { $0 > 0 && open[$0] != open[$0 - 1] }
        #expect(expected.count >= 2)
        var found: [Int] = []
        let openings = calendar.openings(
            .promote, app: "a", from: Timestamp(seconds: start), to: Timestamp(seconds: start + Int64(span) * 60),
            limit: 100_000)
        for opening in openings {
            for edge in [opening.start, opening.end] {
                let minute = Int((edge.seconds - start) / 60)
                if minute > 0, minute < span { found.append(minute) }
            }
        }
        #expect(found == expected)
    }

    private func randomField(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1: return "*"
        case 2: return "*/\(Int.random(in: 1...(range.count / 2), using: &generator))"
        case 3: return "\(Int.random(in: range, using: &generator))-\(Int.random(in: range, using: &generator))"
        case 4:
            return "\(Int.random(in: range, using: &generator)),\(Int.random(in: range, using: &generator))"
        default: return "\(Int.random(in: range, using: &generator))"
        }
    }

    private func randomRule(_ generator: inout SeededGenerator) -> Rule {
        let minute = randomField(0...59, &generator)
        let hour = randomField(0...23, &generator)
        let day = Bool.random(using: &generator) ? "*" : randomField(1...28, &generator)
        let weekday = Bool.random(using: &generator) ? "*" : randomField(0...7, &generator)
        let lengths = [1, 7, 30, 60, 61, 240, 720, 1440, 1500, 4000]
        return Rule(
            schedule: "\(minute) \(hour) \(day) * \(weekday)",
            length: lengths.randomElement(using: &generator) ?? 60)
    }

    @Test("agree at every moment and on every change", arguments: 0..<28)
    func agree(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed))
        let places = [
            ("Europe/Berlin", "2026-03-20T00:00:00Z"), ("Europe/Berlin", "2026-10-17T00:00:00Z"),
            ("America/New_York", "2026-03-01T00:00:00Z"), ("America/New_York", "2026-10-25T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-03-28T00:00:00Z"), ("Pacific/Apia", "2011-12-22T00:00:00Z"),
            ("UTC", "2026-05-01T00:00:00Z"),
        ]
        let place = places[seed % places.count]
        let zone = try zone(place.0)
        let start = at(place.1).seconds
        let allow = (0..<Int.random(in: 0...3, using: &generator)).map { _ in randomRule(&generator) }
        let deny = (0..<Int.random(in: 0...2, using: &generator)).map { _ in randomRule(&generator) }
        let freezeStart = Int.random(in: 0..<Self.span, using: &generator)
        let freezeLength = Int.random(in: 1...3000, using: &generator)
        let hasFreeze = Bool.random(using: &generator)

        func windows(_ rules: [Rule]) -> [EnvironmentSpec.Window] {
            rules.enumerated().map {
                .init(name: "w\($0)", schedule: $1.schedule, duration: .minutes(Int64($1.length)))
            }
        }
        func moment(_ minute: Int) -> Timestamp { Timestamp(seconds: start + Int64(minute) * 60) }
        let calendar = try WindowCalendar(
            .init(
                timeZone: place.0, allow: windows(allow), deny: windows(deny),
                freezes: hasFreeze
                    ? [
                        .init(
                            name: "f", start: moment(freezeStart).rfc3339,
                            end: moment(freezeStart + freezeLength).rfc3339)
                    ] : []))

        var open = [Bool](repeating: allow.isEmpty, count: Self.span)
        for rule in allow {
            for (index, covered) in try cover(rule, zone, from: start).enumerated() where covered { open[index] = true }
        }
        for rule in deny {
            for (index, covered) in try cover(rule, zone, from: start).enumerated() where covered {
                open[index] = false
            }
        }
        if hasFreeze { for index in freezeStart..<min(Self.span, freezeStart + freezeLength) { open[index] = false } }

        // Every change, found by the calendar alone, beside every change of the table.
        let expected = open.indices.filter { $0 > 0 && open[$0] != open[$0 - 1] }
        var found: [Int] = []
        for opening in calendar.openings(.promote, app: "a", from: moment(0), to: moment(Self.span)) {
            for edge in [opening.start, opening.end] {
                let minute = Int((edge.seconds - start) / 60)
                if minute > 0, minute < Self.span { found.append(minute) }
            }
        }
        let rules = "allow \(allow) deny \(deny) in \(place)"
        #expect(found == expected, "\(rules)")

        for _ in 0..<200 {
            let minute = Int.random(in: 0..<Self.span, using: &generator)
            let now = moment(minute) + .seconds(Int.random(in: 0..<60, using: &generator))
            let verdict = calendar.verdict(.promote, app: "a", at: now)
            #expect(verdict.open == open[minute], "\(now) \(rules)")
            let change = open[(minute + 1)...].firstIndex { $0 != open[minute] }
            if let change {
                #expect((verdict.open ? verdict.nextClose : verdict.nextOpen) == moment(change), "\(now) \(rules)")
            }
        }
    }
}
