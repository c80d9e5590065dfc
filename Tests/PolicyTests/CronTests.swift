import Core
import Testing

@testable import Policy

@Suite("Cron expressions")
struct CronTests {
    private func members(_ bits: UInt64) -> [Int] { (0..<64).filter { bits & 1 << UInt64($0) != 0 } }

    @Test(
        "read lists, ranges, steps, names and wrap-around",
        arguments: [
            ("0 10 * * 1-5", [0], [10], Array(1...12), Array(1...5)),
            ("*/15 8-10/2 * JAN,dec FRI-MON", [0, 15, 30, 45], [8, 10], [1, 12], [0, 1, 5, 6]),
            ("5/20 22-2 * 11-2 7", [5, 25, 45], [0, 1, 2, 22, 23], [1, 2, 11, 12], [0]),
            ("0,30 0 * * SUN-SAT", [0, 30], [0], Array(1...12), Array(0...6)),
            ("0 0 * * 5-7", [0], [0], Array(1...12), [0, 5, 6]),
            ("  0\t0 * * 0-7/2 ", [0], [0], Array(1...12), [0, 2, 4, 6]),
            ("@hourly", [0], Array(0...23), Array(1...12), Array(0...6)),
            ("@weekly", [0], [0], Array(1...12), [0]),
            ("@Yearly", [0], [0], [1], Array(0...6)),
        ] as [(String, [Int], [Int], [Int], [Int])])
    func reads(text: String, minutes: [Int], hours: [Int], months: [Int], weekdays: [Int]) throws {
        let schedule = try CronSchedule(text)
        #expect(members(schedule.minutes) == minutes)
        #expect(members(schedule.hours) == hours)
        #expect(members(schedule.months) == months)
        #expect(members(schedule.weekdays) == weekdays)
    }

    @Test(
        "are refused with the place of the fault",
        arguments: [
            ("", 1), ("0 10 * *", 9), ("0 10 * * 1-5 2026", 14), ("60 * * * *", 1), ("0 24 * * *", 3), ("0 0 0 * *", 5),
            ("0 0 32 * *", 5), ("0 0 * 13 *", 7), ("0 0 * * 8", 9), ("0 0 * * MO", 9), ("CRON_TZ=UTC 0 0 * * *", 1),
            ("TZ=UTC 0 0 * * *", 1), ("0 0 L * *", 5), ("0 0 15W * *", 7), ("0 0 * * 5#2", 10), ("0 0 * * 5L", 10),
            ("0 0 ? * *", 5), ("*/0 * * * *", 3), ("*/61 * * * *", 3), ("0 0 31 2 *", 5), ("0 0 30,31 FEB *", 5),
            ("0 0 31 4,6,9,11 *", 5), ("@often", 1), ("@daily x", 1), ("1,,2 * * * *", 3), ("1- * * * *", 3),
            ("-1 * * * *", 1),
            ("1.5 * * * *", 2), ("0 0 * * MON-", 13), ("99999999999 * * * *", 1), ("*5 * * * *", 2),
        ] as [(String, Int)])
    func refuses(text: String, position: Int) {
        let error = #expect(throws: CronError.self) { try CronSchedule(text) }
        #expect(error?.position == position, "\(error?.message ?? "")")
    }

    @Test("are refused when too long")
    func long() {
        #expect(throws: CronError.self) { try CronSchedule(String(repeating: "1,", count: 200) + "1 * * * *") }
    }

    @Test(
        "OR the two day fields when both are restricted",
        arguments: [
            ("0 0 13 * 5", "2026-02-13", true), ("0 0 13 * 5", "2026-02-20", true), ("0 0 13 * 5", "2026-01-13", true),
            ("0 0 13 * 5", "2026-01-14", false), ("0 0 */2 * 1", "2026-01-05", true),
            ("0 0 */2 * 1", "2026-01-12", false),
            ("0 0 13 * *", "2026-02-20", false), ("0 0 * * 5", "2026-02-12", false), ("0 0 29 2 *", "2028-02-29", true),
            ("0 0 31 2 1", "2026-02-02", true),
        ])
    func days(text: String, date: String, matches: Bool) throws {
        let day = Int(at(date + "T00:00:00Z").seconds / 86_400)
        #expect(try CronSchedule(text).matches(day: day) == matches)
    }
}
