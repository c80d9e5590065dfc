/// Reads the text of a cron expression and says where it is wrong.
struct CronParser {
    struct Field {
        var bits: UInt64 = 0
        /// Whether the field does not start with `*`.
        var isRestricted = true
        /// The field's first character, counted from one.
        var position = 1
    }

    private struct Kind {
        let name: String
        let range: ClosedRange<Int>
        let words: [String]
    }

    private static let kinds = [
        Kind(name: "minute", range: 0...59, words: []),
        Kind(name: "hour", range: 0...23, words: []),
        Kind(name: "day of month", range: 1...31, words: []),
        Kind(
            name: "month", range: 1...12,
            words: ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        Kind(name: "day of week", range: 0...7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ]

    private static let macros = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private var bytes: [UInt8]
    private var index = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    private func fail(_ detail: String, at position: Int? = nil) -> CronError {
        CronError(position: (position ?? index) + 1, detail: detail)
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func isSpace(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private mutating func take(_ character: Character) -> Bool {
        guard peek == character.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() { while isSpace(peek) { index += 1 } }

    mutating func fields() throws(CronError) -> [Field] {
        guard bytes.count <= 256 else { throw fail("is too long; 256 characters are the limit", at: 256) }
        skipSpace()
        if peek == UInt8(ascii: "@") {
            let start = index
            let word = String(decoding: bytes[start...], as: UTF8.self)
            let trimmed = word.prefix { $0 != " " && $0 != "\t" }
            guard let expansion = CronParser.macros[trimmed.lowercased()],
                word.dropFirst(trimmed.count).allSatisfy(\.isWhitespace)
            else {
                throw fail("is none of @hourly, @daily, @weekly, @monthly, @yearly", at: start)
            }
            self = CronParser(expansion)
        }
        var fields: [Field] = []
        for kind in CronParser.kinds {
            skipSpace()
            guard peek != nil else {
                throw fail("has \(fields.count) fields; five are needed: minute hour day-of-month month day-of-week")
            }
            if fields.isEmpty { try refuseZone() }
            fields.append(try field(kind))
        }
        skipSpace()
        guard peek == nil else {
            throw fail("has more than five fields; seconds and years are not known here")
        }
        return fields
    }

    private func refuseZone() throws(CronError) {
        let start = bytes[index...]
        if start.starts(with: "CRON_TZ=".utf8) || start.starts(with: "TZ=".utf8) {
            throw fail("names a time zone; say it in windows.timeZone instead")
        }
    }

    private mutating func field(_ kind: Kind) throws(CronError) -> Field {
        var field = Field()
        field.position = index + 1
        field.isRestricted = peek != UInt8(ascii: "*")
        repeat {
            field.bits |= try part(kind)
        } while take(",")
        guard peek == nil || isSpace(peek) else { throw fail("cannot be read here") }
        return field
    }

    /// `*`, `5`, `1-5`, `FRI-MON`, each with `/step` or without.
    private mutating func part(_ kind: Kind) throws(CronError) -> UInt64 {
        var first = kind.range.lowerBound
        var last = kind.range.upperBound
        let isWeekday = kind.range.upperBound == 7
        var isSingle = false
        if take("*") {
            if isWeekday { last = 6 }
        } else {
            first = try value(kind)
            if take("-") {
                last = try value(kind)
            } else {
                isSingle = true
            }
        }
        var step = 1
        if take("/") {
            let position = index
            step = try number()
            let span = isWeekday ? 7 : kind.range.count
            guard (1...span).contains(step) else {
                throw fail("the step \(step) is not between 1 and \(span)", at: position)
            }
            // `5/15` counts from 5 to the end of the range.
            if isSingle { last = isWeekday ? max(first, 6) : kind.range.upperBound }
        } else if isSingle {
            last = first
        }
        return CronParser.bits(first, last, step: step, kind.range)
    }

    private static func bits(_ first: Int, _ last: Int, step: Int, _ range: ClosedRange<Int>) -> UInt64 {
        let isWeekday = range.upperBound == 7
        // A range whose end is before its start goes on at the beginning: FRI-MON, 22-2.
        let length = first <= last ? last - first : last - first + (isWeekday ? 7 : range.count)
        var bits: UInt64 = 0
        for distance in stride(from: 0, through: max(0, length), by: step) {
            let value = first + distance
            let wrapped =
                isWeekday ? value % 7 : range.lowerBound + (value - range.lowerBound) % range.count
            bits |= 1 << UInt64(wrapped)
        }
        return bits
    }

    private mutating func number() throws(CronError) -> Int {
        let start = index
        var value = 0
        while let digit = peek, (48...57).contains(digit), index - start < 6 {
            value = value * 10 + Int(digit - 48)
            index += 1
        }
        guard index > start else { throw fail("a number is missing here") }
        return value
    }

    private mutating func value(_ kind: Kind) throws(CronError) -> Int {
        let start = index
        guard let first = peek, !isSpace(first) else { throw fail("a \(kind.name) is missing here") }
        if (48...57).contains(first) {
            let value = try number()
            guard kind.range.contains(value) else {
                throw fail(
                    "\(value) is not a \(kind.name) between \(kind.range.lowerBound) and \(kind.range.upperBound)",
                    at: start)
            }
            try refuseExtension(kind)
            return value
        }
        while let letter = peek, (65...90).contains(letter & 0xDF) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self).uppercased()
        guard !word.isEmpty, let value = kind.words.firstIndex(of: word) else {
            if ["L", "W", "LW"].contains(word) || first == UInt8(ascii: "#") || first == UInt8(ascii: "?") {
                throw fail("L, W, # and ? are not known here", at: start)
            }
            let known = kind.words.isEmpty ? "a number" : "a number or a name such as \(kind.words.last ?? "")"
            throw fail("the \(kind.name) must be \(known)", at: start)
        }
        try refuseExtension(kind)
        return value
    }

    private func refuseExtension(_ kind: Kind) throws(CronError) {
        guard let next = peek,
            [UInt8(ascii: "L"), UInt8(ascii: "W"), UInt8(ascii: "#"), UInt8(ascii: "l"), UInt8(ascii: "w")].contains(
                next)
        else { return }
        throw fail("L, W, # and ? are not known here")
    }
}
