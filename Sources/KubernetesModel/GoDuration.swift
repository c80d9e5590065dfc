/// A length of time as people write it in these objects: `90s`, `1h30m`, `1.5h`, `7d`.
///
/// The grammar is that of Go's `time.ParseDuration` (https://pkg.go.dev/time#ParseDuration) without signs and without
/// units below a millisecond, and with `d` for 24 hours. It keeps the text it was read from; two are equal when they
/// last equally long.
package struct GoDuration: Sendable {
    /// A regular expression that every duration matches and the CRDs carry.
    package static let pattern = "^(0|([0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h|d))+)$"
    /// The longest text that is read, in bytes.
    package static let maxLength = 32

    /// Milliseconds, never negative.
    package let milliseconds: Int64
    /// As it was written.
    package let text: String

    /// Nil for a text that is not a duration or is longer than ``maxLength``.
    package init?(_ text: String) {
        guard let milliseconds = GoDuration.parse(Array(text.utf8)) else { return nil }
        self.milliseconds = milliseconds
        self.text = text
    }

    /// A duration rounded down to the millisecond; a negative one becomes zero.
    package init(_ duration: Duration) {
        milliseconds = max(
            0,
            duration.components.seconds.multipliedReportingOverflow(by: 1000).overflow
                ? Int64.max / 2
                : duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
        text = GoDuration.format(milliseconds)
    }

    package static func seconds(_ count: Int64) -> GoDuration { GoDuration(.seconds(count)) }
    package static func minutes(_ count: Int64) -> GoDuration { GoDuration(.seconds(count * 60)) }
    package static func hours(_ count: Int64) -> GoDuration { GoDuration(.seconds(count * 3600)) }

    package var duration: Duration { .milliseconds(milliseconds) }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    private static func parse(_ bytes: [UInt8]) -> Int64? {
        guard !bytes.isEmpty, bytes.count <= maxLength else { return nil }
        if bytes == [UInt8(ascii: "0")] { return 0 }
        var total: Int64 = 0
        var index = 0
        while index < bytes.count {
            guard let whole = digits(bytes, &index, limit: 9) else { return nil }
            var thousandths: Int64 = 0
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                index += 1
                let start = index
                guard var fraction = digits(bytes, &index, limit: 3) else { return nil }
                for _ in (index - start)..<3 { fraction *= 10 }
                thousandths = fraction
            }
            guard let unit = unit(bytes, &index) else { return nil }
            // At most 1e9 * 8.64e7 each, at most 16 parts: far below what 64 bits hold.
            total += whole * unit + thousandths * unit / 1000
        }
        return total
    }

    private static func digits(_ bytes: [UInt8], _ index: inout Int, limit: Int) -> Int64? {
        let start = index
        var value: Int64 = 0
        while index < bytes.count, (48...57).contains(bytes[index]), index - start < limit {
            value = value * 10 + Int64(bytes[index] - 48)
            index += 1
        }
        return index > start ? value : nil
    }

    private static func unit(_ bytes: [UInt8], _ index: inout Int) -> Int64? {
        for unit in units where bytes[index...].starts(with: unit.name.utf8) {
            index += unit.name.utf8.count
            return unit.milliseconds
        }
        return nil
    }

    /// `4h`, `1h30m`, `1m30s`, `250ms`, `0s`: without units that are zero. Days are written as hours, as Go does.
    private static func format(_ milliseconds: Int64) -> String {
        guard milliseconds > 0 else { return "0s" }
        var rest = milliseconds
        var text = ""
        for unit in units.dropLast().reversed() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

extension GoDuration: Hashable, Comparable, CustomStringConvertible {
    package static func == (a: GoDuration, b: GoDuration) -> Bool { a.milliseconds == b.milliseconds }
    package static func < (a: GoDuration, b: GoDuration) -> Bool { a.milliseconds < b.milliseconds }
    package func hash(into hasher: inout Hasher) { hasher.combine(milliseconds) }
    package var description: String { text }
}

extension GoDuration: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let parsed = GoDuration(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be a duration such as 90s, 1h30m or 7d")
        }
        self = parsed
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
