internal import Core

/// The times that go-yaml recognises in plain scalars.
///
/// `2006-1-2`, `2006-1-2 15:4:5.9` and `2006-1-2T15:4:5.9Z` (or `t`, or an offset such as `+01:00`), as Go's
/// `time.Parse` reads them: one or two digits each, a fraction of any length.
enum YAMLTimestamp {
    /// The time as RFC 3339 with its own offset, as Go writes it to JSON; nil if the text is no time.
    static func rfc3339(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { rfc3339($0) }
    }

    static func rfc3339(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        guard text.count >= 8, text.count < 80, text[4] == UInt8(ascii: "-") else { return nil }
        var scanner = Scanner(text: text)
        guard let year = scanner.number(digits: 4...4), scanner.take("-"), let month = scanner.number(digits: 1...2),
            scanner.take("-"), let day = scanner.number(digits: 1...2),
            (1...12).contains(month), day >= 1, day <= CivilTime.days(inMonth: month, of: year)
        else { return nil }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        if scanner.atEnd { return "\(date)T00:00:00Z" }
        let spaced = scanner.take(" ")
        if spaced {
            // Go lets a space of a layout stand for any number of them.
            while scanner.take(" ") {}
        } else {
            guard scanner.take("T") || scanner.take("t") else { return nil }
        }
        guard let hour = scanner.number(digits: 1...2), scanner.take(":"), let minute = scanner.number(digits: 1...2),
            scanner.take(":"), let second = scanner.number(digits: 1...2), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = ""
        if scanner.take(".") || scanner.take(",") {
            guard let digits = scanner.fraction() else { return nil }
            fraction = digits
        }
        let time = "\(date)T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))\(fraction)"
        if spaced { return scanner.atEnd ? time + "Z" : nil }
        guard let zone = scanner.zone(), scanner.atEnd else { return nil }
        return time + zone
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private struct Scanner {
        let text: UnsafeBufferPointer<UInt8>
        var index = 0

        var atEnd: Bool { index == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func number(digits: ClosedRange<Int>) -> Int? {
            var value = 0
            var count = 0
            while count < digits.upperBound, index < text.count, (48...57).contains(text[index]) {
                value = value * 10 + Int(text[index] - 48)
                index += 1
                count += 1
            }
            return count >= digits.lowerBound ? value : nil
        }

        /// The digits of a fraction to the nanosecond, with the point, without trailing zeros; empty if all are zero.
        mutating func fraction() -> String? {
            let start = index
            while index < text.count, (48...57).contains(text[index]) { index += 1 }
            guard index > start else { return nil }
            var digits = Array(text[start..<min(index, start + 9)])
            while digits.last == 48 { digits.removeLast() }
            return digits.isEmpty ? "" : "." + String(decoding: digits, as: UTF8.self)
        }

        mutating func zone() -> String? {
            if take("Z") { return "Z" }
            let negative = index < text.count && text[index] == UInt8(ascii: "-")
            guard take("+") || take("-"), let hours = number(digits: 2...2), take(":"),
                let minutes = number(digits: 2...2), hours < 24, minutes < 60
            else { return nil }
            if hours == 0, minutes == 0 { return "Z" }
            return "\(negative ? "-" : "+")\(padded(hours, 2)):\(padded(minutes, 2))"
        }
    }
}
