/// Reads the TZif format (RFC 9636), versions 1 to 4. Every count is checked against the file's length.
struct TZifReader {
    private let bytes: [UInt8]
    private var index = 0

    /// Nil for bytes that are not TZif, or that count leap seconds.
    static func rules(name: String, _ bytes: [UInt8]) -> TimeZoneRules? {
        var reader = TZifReader(bytes: bytes)
        return reader.rules(name: name)
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private struct Header {
        let version: UInt8
        let isUT, isStandard, leap, times, types, characters: Int
    }

    private mutating func rules(name: String) -> TimeZoneRules? {
        guard let first = header() else { return nil }
        guard first.version >= UInt8(ascii: "2") else { return block(first, width: 4, name: name, hasFooter: false) }
        let size =
            first.times * 5 + first.types * 6 + first.characters + first.leap * 8 + first.isStandard + first.isUT
        guard skip(size), let second = header() else { return nil }
        return block(second, width: 8, name: name, hasFooter: true)
    }

    private mutating func header() -> Header? {
        guard index + 44 <= bytes.count, bytes[index..<index + 4].elementsEqual("TZif".utf8) else { return nil }
        let version = bytes[index + 4]
        index += 20
        var counts: [Int] = []
        for _ in 0..<6 {
            guard let count = integer(width: 4), count >= 0, count <= 100_000 else { return nil }
            counts.append(Int(count))
        }
        return Header(
            version: version, isUT: counts[0], isStandard: counts[1], leap: counts[2], times: counts[3],
            types: counts[4], characters: counts[5])
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - index else { return false }
        index += count
        return true
    }

    private mutating func integer(width: Int) -> Int64? {
        guard width <= bytes.count - index else { return nil }
        var value: UInt64 = 0
        for byte in bytes[index..<index + width] { value = value << 8 | UInt64(byte) }
        index += width
        return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    private mutating func block(_ header: Header, width: Int, name: String, hasFooter: Bool) -> TimeZoneRules? {
        guard header.types > 0, header.leap == 0, header.times * (width + 1) <= bytes.count - index else { return nil }
        var transitions: [Int64] = []
        for _ in 0..<header.times {
            guard let time = integer(width: width), transitions.last.map({ $0 < time }) ?? true else { return nil }
            transitions.append(time)
        }
        let types = Array(bytes[index..<index + header.times])
        index += header.times
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            guard let offset = integer(width: 4), abs(offset) < 93_600, skip(2) else { return nil }
            offsets.append(offset)
        }
        guard types.allSatisfy({ Int($0) < offsets.count }),
            skip(header.characters + header.isStandard + header.isUT)
        else { return nil }
        var footer: POSIXTimeZone?
        if hasFooter, index < bytes.count, bytes[index] == UInt8(ascii: "\n") {
            let text = bytes[(index + 1)...].prefix { $0 != UInt8(ascii: "\n") }
            if !text.isEmpty {
                guard let parsed = POSIXTimeZone(String(decoding: text, as: UTF8.self)) else { return nil }
                footer = parsed
            }
        }
        return TimeZoneRules(
            name: name, initialOffset: offsets[0], transitions: transitions, offsets: types.map { offsets[Int($0)] },
            footer: footer)
    }
}
