/// Floating-point numbers as Go writes them.
package enum GoFloat {
    /// `strconv.FormatFloat(value, 'g', -1, 64)`, with YAML's words for infinities and NaN: shortest digits,
    /// an exponent below 1e-4 and from 1e+06 (also where the digits would tell as much without one).
    ///
    /// | value     | text          |
    /// |-----------|---------------|
    /// | 0.5       | 0.5           |
    /// | 100000.5  | 100000.5      |
    /// | 1234567.5 | 1.2345675e+06 |
    /// | 1e21      | 1e+21         |
    package static func general(_ value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0" }
        let (digits, exponent) = shortest(value.magnitude)
        if exponent < -4 || exponent >= 6 { return sign + scientific(digits, exponent) }
        return sign + positional(digits, exponent)
    }

    /// `json.Marshal` of a finite number: 1e-7 -> 1e-7, 1e20 -> 100000000000000000000.
    package static func json(_ value: Double) -> String {
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0" }
        let (digits, exponent) = shortest(value.magnitude)
        guard value.magnitude < 1e-6 || value.magnitude >= 1e21 else { return sign + positional(digits, exponent) }
        let text = scientific(digits, exponent)
        // One digit of a negative exponent stands without a zero.
        return exponent > -10 && exponent < 0 ? "\(sign)\(text.dropLast(2))\(text.suffix(1))" : sign + text
    }

    /// A finite number as kustomize writes it, which sends it through JSON: 1.0 -> 1, 1e21 -> 1e+21.
    static func throughJSON(_ value: Double) -> String {
        switch whole(value) {
        case .int(let whole): String(whole)
        case .uint(let whole): String(whole)
        default: general(value)
        }
    }

    /// The whole number that a double is once it has gone through JSON, as Go writes it there (`'f'` below 1e21):
    /// the shortest digits filled up with zeros; nil for fractions and what 64 bits do not hold.
    ///
    /// 1234567890123456768 -> 1234567890123456800, -0 -> 0.
    package static func whole(_ value: Double) -> YAMLValue? {
        guard value.magnitude < 1e20, value == value.rounded(.towardZero) else { return nil }
        if value == 0 { return .int(0) }
        let (digits, exponent) = shortest(value.magnitude)
        let text = (value < 0 ? "-" : "") + positional(digits, exponent)
        return Int64(text).map { .int($0) } ?? UInt64(text).map { .uint($0) }
    }

    /// The shortest digits that read back as the value, and the decimal exponent of the first.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var exponent = 0
        var point: Int?
        var rest = Substring(value.description)
        if let mark = rest.firstIndex(of: "e") {
            exponent = Int(rest[rest.index(after: mark)...]) ?? 0
            rest = rest[..<mark]
        }
        for byte in rest.utf8 {
            if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
        }
        exponent += (point ?? digits.count) - 1
        let zeros = digits.prefix { $0 == 48 }.count
        digits.removeFirst(zeros)
        exponent -= zeros
        while digits.count > 1, digits.last == 48 { digits.removeLast() }
        return (digits, exponent)
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        var out = String(decoding: digits[..<1], as: UTF8.self)
        if digits.count > 1 { out += "." + String(decoding: digits[1...], as: UTF8.self) }
        let power = String(abs(exponent))
        return out + (exponent < 0 ? "e-" : "e+") + (power.count < 2 ? "0" : "") + power
    }

    private static func positional(_ digits: [UInt8], _ exponent: Int) -> String {
        if exponent < 0 {
            return "0." + String(repeating: "0", count: -exponent - 1) + String(decoding: digits, as: UTF8.self)
        }
        if digits.count <= exponent + 1 {
            return String(decoding: digits, as: UTF8.self)
                + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return String(decoding: digits[...exponent], as: UTF8.self) + "."
            + String(decoding: digits[(exponent + 1)...], as: UTF8.self)
    }
}
