/// Times that Go's YAML readers take an unquoted scalar for.
enum GoTimestamp {
    /// The time in RFC 3339 as Go's JSON writes it, or nil if the text is none of
    /// `2006-1-2`, `2006-1-2T15:4:5.9Z07:00` (or with `t`), `2006-1-2 15:4:5.9`.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count >= 8, bytes.count <= 64, bytes[4] == UInt8(ascii: "-"),
            bytes[..<4].allSatisfy(GoScalar.isDigit)
        else { return nil }
        var reader = Reader(bytes: bytes, index: 5)
        guard let month = reader.number(), (1...12).contains(month), reader.take("-"), let day = reader.number() else {
            return nil
        }
        let year = bytes[..<4].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard day >= 1, day <= days(inMonth: month, of: year) else { return nil }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        if reader.isAtEnd { return date + "T00:00:00Z" }
        let spaced: Bool
        if reader.take(" ") {
            spaced = true
        } else if reader.take("T") || reader.take("t") {
            spaced = false
        } else {
            return nil
        }
        guard let hour = reader.number(), hour < 24, reader.take(":"), let minute = reader.number(), minute < 60,
            reader.take(":"), let second = reader.number(), second < 60
        else { return nil }
        let fraction = reader.fraction()
        let time = "T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))\(fraction)"
        if spaced { return reader.isAtEnd ? date + time + "Z" : nil }
        guard let zone = reader.zone(), reader.isAtEnd else { return nil }
        return date + time + zone
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        default: 31
        }
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var index: Int

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
            index += 1
            return true
        }

        /// One or two digits.
        mutating func number() -> Int? {
            guard index < bytes.count, GoScalar.isDigit(bytes[index]) else { return nil }
            var value = Int(bytes[index] - UInt8(ascii: "0"))
            index += 1
            if index < bytes.count, GoScalar.isDigit(bytes[index]) {
                value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
                index += 1
            }
            return value
        }

        /// A fraction of a second to the nanosecond, without trailing zeros.
        mutating func fraction() -> String {
            guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), GoScalar.isDigit(bytes[index + 1]) else {
                return ""
            }
            index += 1
            var digits: [UInt8] = []
            while index < bytes.count, GoScalar.isDigit(bytes[index]) {
                if digits.count < 9 { digits.append(bytes[index]) }
                index += 1
            }
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            return digits.isEmpty ? "" : "." + String(decoding: digits, as: UTF8.self)
        }

        /// `Z` or an offset with a colon.
        mutating func zone() -> String? {
            if take("Z") { return "Z" }
            let sign = take("+") ? "+" : take("-") ? "-" : ""
            guard !sign.isEmpty, index + 5 <= bytes.count else { return nil }
            let start = index
            guard let hours = number(), index == start + 2, hours < 24, take(":"), let minutes = number(),
                index == start + 5, minutes < 60
            else { return nil }
            if hours == 0, minutes == 0 { return "Z" }
            return "\(sign)\(GoTimestamp.padded(hours, 2)):\(GoTimestamp.padded(minutes, 2))"
        }
    }
}
