package import Core

/// A text that is not a cron expression: what is wrong, and where.
package struct CronError: SluiceError, Hashable {
    /// The character at which the fault was noticed, counted from one.
    package let position: Int
    package let detail: String

    package var reason: String { "InvalidSchedule" }
    package var message: String { "\(detail) (at character \(position))" }
    package var disposition: Disposition { .terminal }
}

/// A cron expression of five fields (minute, hour, day of month, month, day of week), as sets of bits.
///
/// Day of month and day of week are ORed when both are restricted; a field that starts with `*` is not.
package struct CronSchedule: Sendable, Hashable {
    let minutes: UInt64
    let hours: UInt64
    let days: UInt64
    let months: UInt64
    let weekdays: UInt64
    /// Whether one matching field of the two suffices.
    let eitherDay: Bool

    /// Reads an expression or one of `@hourly @daily @midnight @weekly @monthly @yearly @annually`.
    package init(_ text: String) throws(CronError) {
        var parser = CronParser(text)
        let fields = try parser.fields()
        minutes = fields[0].bits
        hours = fields[1].bits
        days = fields[2].bits
        months = fields[3].bits
        weekdays = fields[4].bits
        eitherDay = fields[2].isRestricted && fields[4].isRestricted
        guard eitherDay || dateExists else {
            throw CronError(
                position: fields[2].position,
                detail: "never happens: none of the months has such a day; change the day or the month")
        }
    }

    /// Whether a day of the set exists in a month of the set, in some year.
    private var dateExists: Bool {
        (1...12).contains { month in
            months & 1 << month != 0 && days & ((1 << (CivilTime.days(inMonth: month, of: 2024) + 1)) - 1) != 0
        }
    }

    /// Whether it happens on a day, counted from 1970-01-01.
    func matches(day: Int) -> Bool {
        let date = CivilTime(daysSinceEpoch: day)
        guard months & 1 << date.month != 0 else { return false }
        let dayOfMonth = days & 1 << date.day != 0
        let weekday = weekdays & 1 << CivilTime.weekday(ofDay: day) != 0
        return eitherDay ? dayOfMonth || weekday : dayOfMonth && weekday
    }

    /// The first minute of the day at which it happens, at or after one; nil if none is left.
    func minute(notBefore minute: Int) -> Int? {
        guard minute < 1440 else { return nil }
        let hour = minute / 60
        if hours & 1 << hour != 0, let found = CronSchedule.lowest(minutes, from: minute % 60) {
            return hour * 60 + found
        }
        guard let later = CronSchedule.lowest(hours, from: hour + 1) else { return nil }
        return later * 60 + minutes.trailingZeroBitCount
    }

    /// The last minute of the day at which it happens, at or before one; nil if there is none.
    func minute(notAfter minute: Int) -> Int? {
        guard minute >= 0 else { return nil }
        let hour = minute / 60
        if hours & 1 << hour != 0, let found = CronSchedule.highest(minutes, to: minute % 60) {
            return hour * 60 + found
        }
        guard let earlier = CronSchedule.highest(hours, to: hour - 1) else { return nil }
        return earlier * 60 + (63 - minutes.leadingZeroBitCount)
    }

    /// The longest time between two happenings within a day, in minutes.
    var longestGap: Int {
        var gap = 0
        var last: Int?
        var next = minute(notBefore: 0)
        while let current = next {
            if let last { gap = max(gap, current - last) }
            last = current
            next = minute(notBefore: current + 1)
        }
        return gap
    }

    private static func lowest(_ bits: UInt64, from index: Int) -> Int? {
        guard index < 64 else { return nil }
        let rest = bits & (UInt64.max << index)
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    private static func highest(_ bits: UInt64, to index: Int) -> Int? {
        guard index >= 0 else { return nil }
        let rest = index >= 63 ? bits : bits & ((1 << (index + 1)) - 1)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }
}
