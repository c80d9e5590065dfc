/// How Go's YAML libraries read a plain scalar.
///
/// Resources are read by go-yaml 3 (https://github.com/go-yaml/yaml/tree/v3), kustomization files and the output follow
/// go-yaml 2, in which `yes`, `on`, `y` and their kin are booleans too.
enum GoScalar {
    enum Dialect: Sendable {
        case version2
        case version3
    }

    enum Value: Sendable, Equatable {
        case string
        case integer(Int64)
        /// Beyond what 64 signed bits hold.
        case unsigned(UInt64)
        case float(Double)
        case boolean(Bool)
        case null
        case timestamp
        case merge

        var tag: Scalar.Tag {
            switch self {
            case .string, .merge: .string
            case .integer, .unsigned: .integer
            case .float: .float
            case .boolean: .boolean
            case .null: .null
            case .timestamp: .timestamp
            }
        }
    }

    /// The type and value of a plain scalar without an explicit tag.
    static func resolve(_ text: String, _ dialect: Dialect = .version3) -> Value {
        var text = text
        return text.withUTF8 { resolve($0, dialect) }
    }

    private static func resolve(_ bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect) -> Value {
        guard let first = bytes.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            return number(bytes)
        case UInt8(ascii: "."):
            if let special = specialFloat(bytes[...]) { return .float(special) }
            return GoNumber.float(bytes).map(Value.float) ?? .string
        case UInt8(ascii: "~"):
            return bytes.count == 1 ? .null : .string
        case UInt8(ascii: "<"):
            return bytes.count == 2 && bytes[1] == first ? .merge : .string
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "n"),
            UInt8(ascii: "N"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            guard bytes.count <= 5 else { return .string }
            return word(String(decoding: bytes, as: UTF8.self), dialect)
        default:
            return .string
        }
    }

    private static func word(_ word: String, _ dialect: Dialect) -> Value {
        switch word {
        case "true", "True", "TRUE": .boolean(true)
        case "false", "False", "FALSE": .boolean(false)
        case "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
            dialect == .version2 ? .boolean(true) : .string
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
            dialect == .version2 ? .boolean(false) : .string
        default: .string
        }
    }

    private static func specialFloat(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
        guard bytes.count == 4 else { return nil }
        return switch String(decoding: bytes, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": .infinity
        case ".nan", ".NaN", ".NAN": .nan
        default: nil
        }
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Value {
        let signed = bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")
        if signed, let special = specialFloat(bytes[1...]), !special.isNaN {
            return .float(bytes[0] == UInt8(ascii: "-") ? -special : special)
        }
        // Most numbers are short and plain.
        if bytes.count <= 18, let value = shortDecimal(bytes, signed: signed) { return .integer(value) }
        if GoTimestamp.parse(bytes) != nil { return .timestamp }
        return bytes.contains(UInt8(ascii: "_"))
            ? Array(bytes.filter { $0 != UInt8(ascii: "_") }).withUnsafeBufferPointer(GoNumber.resolve)
            : GoNumber.resolve(bytes)
    }

    private static func shortDecimal(_ bytes: UnsafeBufferPointer<UInt8>, signed: Bool) -> Int64? {
        let start = signed ? 1 : 0
        guard bytes.count > start else { return nil }
        guard bytes[start] != UInt8(ascii: "0") || bytes.count == start + 1 else { return nil }
        var value: Int64 = 0
        for byte in bytes[start...] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return bytes[0] == UInt8(ascii: "-") ? -value : value
    }

    /// Whether a string must be quoted so that a YAML 1.1 reader does not take it for something else.
    static func needsQuotes(_ text: String) -> Bool {
        resolve(text, .version2) != .string || isSexagesimal(text)
    }

    /// `1:59`, `-12:30:45.5`: numbers in base 60 of YAML 1.1.
    private static func isSexagesimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        guard rest.contains(UInt8(ascii: ":")) else { return false }
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
        guard let first = rest.first, isDigit(first) else { return false }
        rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
        var groups = 0
        while rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            let digits = rest.prefix(2).prefix(while: isDigit)
            guard let lead = digits.first, digits.count == 1 || lead <= UInt8(ascii: "5") else { return false }
            rest.removeFirst(digits.count)
            groups += 1
        }
        guard groups > 0 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
        }
        return rest.isEmpty
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
