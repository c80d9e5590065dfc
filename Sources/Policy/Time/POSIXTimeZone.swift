import Core

/// The rule at the end of a TZif file, in the form of POSIX' TZ variable with the extensions of RFC 9636, section 3.3.
struct POSIXTimeZone: Sendable, Hashable {
    /// When within a year a clock change happens.
    enum Day: Sendable, Hashable {
        /// `M3.5.0`: the n-th such weekday of a month, 5 for the last.
        case weekday(month: Int, week: Int, weekday: Int)
        /// `J60`: 1...365, February 29 is never counted.
        case julian(Int)
        /// `59`: 0...365, February 29 is counted.
        case dayOfYear(Int)
    }

    struct Change: Sendable, Hashable {
        let day: Day
        /// Seconds after local midnight, from -167 to 167 hours.
        let time: Int64
    }

    struct Summer: Sendable, Hashable {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// Seconds ahead of UTC.
    let offset: Int64
    let summer: Summer?

    /// Nil for a text that is not such a rule.
    init?(_ text: String) {
        var parser = Parser(bytes: Array(text.utf8))
        guard parser.name(), let standard = parser.time(limit: 24) else { return nil }
        offset = -standard
        guard !parser.isAtEnd else {
            summer = nil
            return
        }
        guard parser.name() else { return nil }
        var summerOffset = -standard + 3600
        if parser.peek != UInt8(ascii: ",") {
            guard let given = parser.time(limit: 24) else { return nil }
            summerOffset = -given
        }
        guard let start = parser.change(), let end = parser.change(), parser.isAtEnd else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    /// The segment that holds an instant.
    func segment(at instant: Int64) -> ZoneSegment {
        guard let summer else { return ZoneSegment(start: .min, end: .max, offset: offset) }
        let year = Timestamp(seconds: instant).civil.year
        var changes: [(at: Int64, offset: Int64)] = []
        for year in (year - 1)...(year + 1) {
            changes.append((summer.start.local(in: year) - offset, summer.offset))
            changes.append((summer.end.local(in: year) - summer.offset, offset))
        }
        changes.sort { $0.at < $1.at }
        guard let next = changes.firstIndex(where: { $0.at > instant }), next > 0 else {
            return ZoneSegment(start: .min, end: .max, offset: offset)
        }
        return ZoneSegment(start: changes[next - 1].at, end: changes[next].at, offset: changes[next - 1].offset)
    }
}

extension POSIXTimeZone.Change {
    /// The local time of the change in a year.
    func local(in year: Int) -> Int64 {
        let firstDay = CivilTime(year: year, month: 1, day: 1).daysSinceEpoch
        let isLeap = CivilTime.days(inMonth: 2, of: year) == 29
        let day: Int
        switch self.day {
        case .dayOfYear(let number): day = firstDay + number
        case .julian(let number): day = firstDay + number - 1 + (isLeap && number > 59 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let first = CivilTime(year: year, month: month, day: 1).daysSinceEpoch
            let ahead = (weekday - CivilTime.weekday(ofDay: first) + 7) % 7
            var candidate = first + ahead + (week - 1) * 7
            if candidate >= first + CivilTime.days(inMonth: month, of: year) { candidate -= 7 }
            day = candidate
        }
        return Int64(day) * 86_400 + time
    }
}

private struct Parser {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index >= bytes.count }
    var peek: UInt8 { isAtEnd ? 0 : bytes[index] }

    mutating func take(_ character: Character) -> Bool {
        guard !isAtEnd, bytes[index] == character.asciiValue else { return false }
        index += 1
        return true
    }

    /// An abbreviation: letters, or anything between angle brackets.
    mutating func name() -> Bool {
        if take("<") {
            while !isAtEnd, bytes[index] != UInt8(ascii: ">") { index += 1 }
            return take(">")
        }
        let start = index
        while !isAtEnd, bytes[index] | 0x20 >= UInt8(ascii: "a"), bytes[index] | 0x20 <= UInt8(ascii: "z") {
            index += 1
        }
        return index - start >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let start = index
        var value = 0
        while !isAtEnd, (48...57).contains(bytes[index]), index - start < 4 {
            value = value * 10 + Int(bytes[index] - 48)
            index += 1
        }
        return index > start && range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(limit: Int) -> Int64? {
        var sign: Int64 = 1
        if take("-") { sign = -1 } else { _ = take("+") }
        guard let hours = number(0...limit) else { return nil }
        var seconds = Int64(hours) * 3600
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += Int64(minutes) * 60
            if take(":") {
                guard let rest = number(0...59) else { return nil }
                seconds += Int64(rest)
            }
        }
        return sign * seconds
    }

    /// `,M10.5.0/3`
    mutating func change() -> POSIXTimeZone.Change? {
        guard take(",") else { return nil }
        let day: POSIXTimeZone.Day
        if take("M") {
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if take("J") {
            guard let number = number(1...365) else { return nil }
            day = .julian(number)
        } else {
            guard let number = number(0...365) else { return nil }
            day = .dayOfYear(number)
        }
        guard take("/") else { return POSIXTimeZone.Change(day: day, time: 7200) }
        guard let time = time(limit: 167) else { return nil }
        return POSIXTimeZone.Change(day: day, time: time)
    }
}
