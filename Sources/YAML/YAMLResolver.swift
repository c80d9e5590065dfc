internal import KubernetesModel

/// go-yaml's rules for plain scalars (https://github.com/go-yaml/yaml/blob/v3/resolve.go), on bytes.
enum YAMLResolver {
    typealias Text = UnsafeBufferPointer<UInt8>

    /// The meaning of a plain text, or nil if it is a string.
    static func value(of text: Text, _ schema: YAMLSchema) -> YAMLValue? {
        guard let first = text.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            return special(text) ?? number(text, schema)
        case UInt8(ascii: "."):
            if let special = special(text) { return special }
            return pointFloat(text).map { .float($0) }
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"),
            UInt8(ascii: "~"):
            return text.count <= 5 ? word(text, schema) : nil
        default:
            return nil
        }
    }

    /// Whether go-yaml v2 writes a text without quotes as far as its meaning goes: it would read it as a string.
    static func isPlainForGoYAML2(_ text: Text) -> Bool {
        guard let first = text.first else { return false }
        // Only these begin something else than a string.
        switch first {
        case UInt8(ascii: "a")..<UInt8(ascii: "f"), UInt8(ascii: "g")..<UInt8(ascii: "n"),
            UInt8(ascii: "p")..<UInt8(ascii: "t"), UInt8(ascii: "/"):
            return true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            if isBase60(text) { return false }
        default: break
        }
        return value(of: text, .yaml11) == nil
    }

    /// A number in base 60 as YAML 1.1 has them (`1:59`), which go-yaml quotes though it does not read them:
    /// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
    static func isBase60(_ text: Text) -> Bool {
        var index = 0
        func skip(_ accept: (UInt8) -> Bool) { while index < text.count, accept(text[index]) { index += 1 } }
        func isNumeral(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }
        if text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-") { index = 1 }
        guard index < text.count, isDigit(text[index]) else { return false }
        skip(isNumeral)
        guard index < text.count, text[index] == UInt8(ascii: ":") else { return false }
        while index < text.count, text[index] == UInt8(ascii: ":") {
            let start = index + 1
            index = start
            skip(isDigit)
            guard index - start == 1 || (index - start == 2 && text[start] < UInt8(ascii: "6")) else { return false }
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            skip(isNumeral)
        }
        return index == text.count
    }

    private static func word(_ text: Text, _ schema: YAMLSchema) -> YAMLValue? {
        switch String(decoding: text, as: UTF8.self) {
        case "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": schema == .yaml11 ? .bool(true) : nil
        case "n", "N", "no", "No", "NO", "off", "Off", "OFF": schema == .yaml11 ? .bool(false) : nil
        default: nil
        }
    }

    private static func special(_ text: Text) -> YAMLValue? {
        guard text.count == 4 || text.count == 5 else { return nil }
        switch String(decoding: text, as: UTF8.self) {
        case ".nan", ".NaN", ".NAN": return .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
        default: return nil
        }
    }

    private static func number(_ text: Text, _ schema: YAMLSchema) -> YAMLValue? {
        if let time = YAMLTimestamp.rfc3339(text) {
            return .timestamp(schema == .yaml11 ? String(decoding: text, as: UTF8.self) : time)
        }
        let plain = text.filter { $0 != UInt8(ascii: "_") }
        // Every number begins like this; it spares long texts the attempts below.
        guard let last = plain.last, plain.count < 400, isHexDigit(last) || last == UInt8(ascii: ".") else {
            return nil
        }
        if let value = goInteger(plain[...], base: 0) { return value }
        if let value = styledFloat(plain) { return .float(value) }
        // `0b-1` and `-0b1`: go-yaml tries the digits after the prefix once more, with a sign of their own.
        for (prefix, base) in schema == .yaml11 ? [("0b", 2)] : [("0b", 2), ("0o", 8)] {
            if plain.starts(with: prefix.utf8) {
                if let value = goInteger(plain[2...], base: base) { return value }
            } else if plain.starts(with: "-".utf8), plain.dropFirst().starts(with: prefix.utf8) {
                let digits = [UInt8(ascii: "-")] + plain.dropFirst(3)
                if case .int(let value)? = goInteger(digits[...], base: base) { return .int(value) }
            }
        }
        return nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// Go's `ParseInt`, then `ParseUint`; base 0 means by prefix, a leading zero being octal.
    private static func goInteger(_ text: ArraySlice<UInt8>, base: Int) -> YAMLValue? {
        var digits = text
        let sign = digits.first
        let signed = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        if signed { digits = digits.dropFirst() }
        var base = base
        if base == 0 {
            base = 10
            if digits.count > 1, digits.first == UInt8(ascii: "0") {
                switch digits[digits.startIndex + 1] | 0x20 {
                case UInt8(ascii: "x"): (base, digits) = (16, digits.dropFirst(2))
                case UInt8(ascii: "o"): (base, digits) = (8, digits.dropFirst(2))
                case UInt8(ascii: "b"): (base, digits) = (2, digits.dropFirst(2))
                default: (base, digits) = (8, digits.dropFirst())
                }
            }
        }
        guard !digits.isEmpty else { return nil }
        var magnitude: UInt64 = 0
        for byte in digits {
            let digit: UInt64
            switch byte {
            case 48...57: digit = UInt64(byte - 48)
            case 97...102: digit = UInt64(byte - 87)
            case 65...70: digit = UInt64(byte - 55)
            default: return nil
            }
            guard digit < base else { return nil }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: UInt64(base))
            let (sum, overflow2) = product.addingReportingOverflow(digit)
            guard !overflow, !overflow2 else { return nil }
            magnitude = sum
        }
        if sign == UInt8(ascii: "-") {
            guard magnitude <= 1 << 63 else { return nil }
            return .int(magnitude == 1 << 63 ? .min : -Int64(magnitude))
        }
        if let value = Int64(exactly: magnitude) { return .int(value) }
        // ParseUint takes no sign.
        return signed ? nil : .uint(magnitude)
    }

    /// A number that begins with its point; Go reads it with its own rules, by which underscores separate digits.
    private static func pointFloat(_ text: Text) -> Double? {
        let underscore = UInt8(ascii: "_")
        for index in text.indices where text[index] == underscore {
            guard index > 0, index + 1 < text.count, isDigit(text[index - 1]), isDigit(text[index + 1]) else {
                return nil
            }
        }
        return styledFloat(text.filter { $0 != underscore })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` within the range of a double.
    private static func styledFloat(_ text: [UInt8]) -> Double? {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < text.count, (48...57).contains(text[index]) { index += 1 }
            return index - start
        }
        if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
        let whole = digits()
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = digits()
            guard whole > 0 || fraction > 0 else { return nil }
        } else if whole == 0 {
            return nil
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { return nil }
        }
        guard index == text.count else { return nil }
        // Go calls a number out of range an error, where Swift gives infinity.
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
