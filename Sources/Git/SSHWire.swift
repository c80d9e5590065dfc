/// Reads the binary encoding of SSH (RFC 4251, section 5): big-endian numbers and length-prefixed strings.
struct SSHReader {
    private let bytes: [UInt8]
    private var index: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    var isAtEnd: Bool { index == end }
    var rest: [UInt8] { Array(bytes[index..<end]) }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= end - index else { return nil }
        defer { index += count }
        return Array(bytes[index..<index + count])
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    mutating func uint32() -> UInt32? {
        take(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    mutating func uint64() -> UInt64? {
        take(8).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    mutating func string() -> [UInt8]? {
        guard let count = uint32() else { return nil }
        return take(Int(count))
    }

    mutating func text() -> String? {
        string().flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// Writes the binary encoding of SSH.
struct SSHWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ data: [UInt8]) { bytes.append(contentsOf: data) }

    mutating func uint32(_ value: UInt32) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ data: [UInt8]) {
        uint32(UInt32(clamping: data.count))
        bytes.append(contentsOf: data)
    }

    mutating func string(_ text: String) { string(Array(text.utf8)) }

    /// A non-negative number given big-endian, without needless leading zeros, with one where the sign bit would be set.
    mutating func mpint(_ magnitude: [UInt8]) {
        string(BigEndian.signed(magnitude))
    }
}

/// Numbers as big-endian bytes.
enum BigEndian {
    /// Two's complement of a non-negative number: as short as can be, the first bit clear.
    static func signed(_ magnitude: [UInt8]) -> [UInt8] {
        let digits = Array(magnitude.drop { $0 == 0 })
        guard let first = digits.first else { return [] }
        return first & 0x80 != 0 ? [0] + digits : digits
    }

    /// The number left-padded with zeros to `count` bytes; nil if it does not fit.
    static func fixed(_ number: [UInt8], count: Int) -> [UInt8]? {
        let digits = Array(number.drop { $0 == 0 })
        guard digits.count <= count else { return nil }
        return [UInt8](repeating: 0, count: count - digits.count) + digits
    }
}

/// Writes the few ASN.1 structures that keys and signatures need (DER, X.690).
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8]
        if content.count < 128 {
            length = [UInt8(content.count)]
        } else {
            let digits = withUnsafeBytes(of: UInt64(content.count).bigEndian) { Array($0.drop { $0 == 0 }) }
            length = [0x80 | UInt8(digits.count)] + digits
        }
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, Array(parts.joined())) }

    static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        let signed = BigEndian.signed(magnitude)
        return element(0x02, signed.isEmpty ? [0] : signed)
    }

    static func bitString(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }
    static func octetString(_ content: [UInt8]) -> [UInt8] { element(0x04, content) }
    static func objectID(_ encoded: [UInt8]) -> [UInt8] { element(0x06, encoded) }
    static let null: [UInt8] = [0x05, 0x00]

    /// Both numbers of `SEQUENCE { INTEGER, INTEGER }` as big-endian bytes, as in an ECDSA signature.
    static func twoIntegers(_ der: [UInt8]) -> ([UInt8], [UInt8])? {
        // An ECDSA signature on P-521 is at most 139 bytes, so a length has one or two bytes.
        guard der.count > 4, der[0] == 0x30 else { return nil }
        var index = der[1] == 0x81 ? 3 : 2
        func integer() -> [UInt8]? {
            guard index + 2 <= der.count, der[index] == 0x02, der[index + 1] < 0x80 else { return nil }
            let start = index + 2
            let end = start + Int(der[index + 1])
            guard end <= der.count else { return nil }
            index = end
            return Array(der[start..<end])
        }
        guard let first = integer(), let second = integer(), index == der.count else { return nil }
        return (first, second)
    }
}
