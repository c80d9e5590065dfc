import Core
import Testing

@testable import Policy

@Suite("Time zones")
struct TimeZoneTests {
    /// Offsets as another reader of the same database has them: seconds since 1970 and seconds ahead of UTC.
    static let table: [(String, [(Int64, Int64)])] = [
        (
            "Europe/Berlin",
            [(-617716800, 3600), (1315134000, 7200), (1790956800, 7200), (2856996000, 7200), (10421802000, 7200)]
        ),
        (
            "America/New_York",
            [
                (-615362400, -14400), (476740800, -18000), (1792411200, -14400), (2863569600, -14400),
                (10425297600, -14400),
            ]
        ),
        (
            "Australia/Lord_Howe",
            [(-609832800, 36000), (485298000, 37800), (1792562400, 39600), (1780592400, 37800), (10415455200, 39600)]
        ),
        ("Asia/Kolkata", [(-610959600, 19800), (1781074800, 19800), (10436119200, 19800)]),
        ("America/St_Johns", [(-601052400, -12600), (1315976400, -9000), (2844954000, -12600), (10439575200, -9000)]),
        (
            "Europe/Dublin",
            [(-611978400, 3600), (1295089200, 0), (1785650400, 3600), (2851023600, 3600), (10422648000, 3600)]
        ),
        ("Pacific/Apia", [(-605761200, -39600), (1322326800, -36000), (1783944000, 46800), (10421762400, 46800)]),
        ("UTC", [(0, 0), (10421762400, 0)]),
    ]

    @Test("have the offsets of the database, past its table too", arguments: table)
    func offsets(name: String, expected: [(Int64, Int64)]) throws {
        let zone = try zone(name)
        for (instant, offset) in expected {
            let segment = zone.segment(at: instant)
            #expect(segment.offset == offset, "at \(instant)")
            #expect(segment.start <= instant && instant < segment.end)
        }
    }

    @Test(
        "are unknown where the database lacks them",
        arguments: [
            "Europe/Atlantis", "", "europe/berlin", "../zoneinfo/Europe/Berlin", "/etc/localtime", "localtime",
            "Europe",
            "tzdata.zi", "Europe//Berlin", "right/Europe/Berlin", "CET1",
        ])
    func unknown(name: String) {
        #expect(ZoneDatabase.system.zone(name) == nil)
    }

    @Test(
        "have segments that follow one another without a hole",
        arguments: ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
    func contiguous(name: String) throws {
        let zone = try zone(name)
        var segment = zone.segment(at: .min)
        var count = 0
        while segment.end < 20_000_000_000, count < 2000 {
            let next = zone.segment(at: segment.end)
            #expect(next.start == segment.end)
            #expect(zone.segment(at: next.start - 1).end == segment.end)
            segment = next
            count += 1
        }
        #expect(count > 500)
    }

    @Test(
        "map local times that are skipped or repeated",
        arguments: [
            ("Europe/Berlin", "2026-03-29T01:59:00Z", "2026-03-29T00:59:00Z"),
            ("Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"),
            ("Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"),
            ("Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z"),
        ])
    func local(name: String, local: String, instant: String) throws {
        let zone = try zone(name)
        #expect(Timestamp(seconds: zone.instant(ofLocal: at(local).seconds)) == at(instant))
    }

    @Test(
        "refuse rules that are not POSIX",
        arguments: [
            "", "CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-25",
            "CET-1CEST,M3.5.0,M10.5.0/168",
            "<+01-1", "CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,J366,J1",
        ])
    func badFooter(text: String) {
        #expect(POSIXTimeZone(text) == nil)
    }

    @Test("refuse files that are cut short")
    func truncated() throws {
        let whole: [UInt8] = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 39)
        for length in 0...whole.count { #expect(TZifReader.rules(name: "x", Array(whole[0..<length])) == nil) }
        var huge = whole
        for index in 20..<44 { huge[index] = 0x7f }
        #expect(TZifReader.rules(name: "x", huge) == nil)
    }

    @Test("read the forms of days in rules")
    func days() throws {
        let julian = try #require(POSIXTimeZone("AAA0BBB,J60/0,300/-1"))
        #expect(julian.summer?.start.local(in: 2024) == at("2024-03-01T00:00:00Z").seconds)
        #expect(julian.summer?.start.local(in: 2025) == at("2025-03-01T00:00:00Z").seconds)
        #expect(julian.summer?.end.local(in: 2025) == at("2025-10-27T23:00:00Z").seconds)
    }
}
