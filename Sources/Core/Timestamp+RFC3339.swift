/// A date of the proleptic Gregorian calendar and a time of day, without a zone.
package struct CivilTime: Sendable, Hashable {
    package var year: Int
    /// 1...12
    package var month: Int
    /// 1...31
    package var day: Int
    /// 0...23
    package var hour: Int
    /// 0...59
    package var minute: Int
    /// 0...59
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Days from 1970-01-01 to this date.
    ///
    /// The formula counts in years that begin in March, so that the leap day is a year's last:
    /// 2000-02-29 -> 11016, 2000-03-01 -> 11017, 1970-01-01 -> 0, 1969-12-31 -> -1.
    package var daysSinceEpoch: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date that is `days` after 1970-01-01, at midnight.
    package init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month: month,
            day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// This date and time read as UTC.
    package var timestampAsUTC: Timestamp {
        Timestamp(seconds: Int64(daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second))
    }

    /// The number of days in a month of a year, or 0 for a month outside 1...12.
    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 1, 3, 5, 7, 8, 10, 12: 31
        case 4, 6, 9, 11: 30
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        default: 0
        }
    }
}

extension Timestamp {
    /// This moment's date and time in UTC.
    package var civil: CivilTime {
        let total = seconds
        let days = total >= 0 ? total / 86_400 : (total - 86_399) / 86_400
        let rest = Int(total - days * 86_400)
        var civil = CivilTime(daysSinceEpoch: Int(days))
        civil.hour = rest / 3600
        civil.minute = rest / 60 % 60
        civil.second = rest % 60
        return civil
    }

    /// `2026-03-23T09:00:00Z`
    package var rfc3339: String { format(fraction: "") }

    /// `2026-03-23T09:00:00.000000Z`, the format of Kubernetes' `MicroTime` (leases, events).
    package var rfc3339Micro: String {
        let micro = microseconds - seconds * 1_000_000
        let digits = String(micro)
        return format(fraction: "." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits)
    }

    private func format(fraction: String) -> String {
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let c = civil
        return "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2))"
            + "T\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2))\(fraction)Z"
    }

    /// Reads RFC 3339 with `Z` or a numeric offset and an optional fraction (kept to the microsecond).
    ///
    /// Returns nil for anything else, a leap second (`:60`) included, which Kubernetes refuses as well.
    package init?(rfc3339 text: String) {
        guard let parsed = Timestamp.parse(Array(text.utf8)) else { return nil }
        self = parsed
    }

    private static func parse(_ bytes: [UInt8]) -> Timestamp? {
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        func has(_ character: Character, at index: Int) -> Bool {
            index < bytes.count && bytes[index] == character.asciiValue
        }
        guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
            let day = number(8..<10), has("T", at: 10) || has("t", at: 10) || has(" ", at: 10),
            let hour = number(11..<13), has(":", at: 13), let minute = number(14..<16), has(":", at: 16),
            let second = number(17..<19), (1...12).contains(month), hour < 24, minute < 60, second < 60,
            day >= 1, day <= CivilTime.days(inMonth: month, of: year)
        else { return nil }
        var index = 19
        var micro: Int64 = 0
        if has(".", at: index) {
            index += 1
            let start = index
            var scale: Int64 = 100_000
            while index < bytes.count, (48...57).contains(bytes[index]) {
                micro += Int64(bytes[index] - 48) * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        var offset = 0
        if has("Z", at: index) || has("z", at: index) {
            index += 1
        } else if has("+", at: index) || has("-", at: index) {
            guard let hours = number(index + 1..<index + 3), has(":", at: index + 3),
                let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (has("-", at: index) ? -1 : 1)
            index += 6
        } else {
            return nil
        }
        guard index == bytes.count else { return nil }
        let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        return Timestamp(microseconds: (civil.timestampAsUTC.seconds - Int64(offset)) * 1_000_000 + micro)
    }
}

extension Timestamp: Codable, CustomStringConvertible {
    package var description: String { rfc3339 }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let parsed = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not an RFC 3339 time")
        }
        self = parsed
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}
