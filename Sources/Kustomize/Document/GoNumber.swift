internal import Glibc

/// Numbers as Go's `strconv` reads and writes them (https://pkg.go.dev/strconv).
enum GoNumber {
    /// What a scalar that begins with a digit or a sign is; underscores are removed already.
    static func resolve(_ bytes: UnsafeBufferPointer<UInt8>) -> GoScalar.Value {
        if let (magnitude, negative) = integer(bytes) {
            if negative {
                if magnitude == UInt64(Int64.max) + 1 { return .integer(.min) }
                if magnitude <= UInt64(Int64.max) { return .integer(-Int64(magnitude)) }
            } else {
                return magnitude <= UInt64(Int64.max) ? .integer(Int64(magnitude)) : .unsigned(magnitude)
            }
        }
        return isFloat(bytes) ? float(bytes).map(GoScalar.Value.float) ?? .string : .string
    }

    /// An integer with Go's prefixes: `0x`, `0o`, `0b`, and `0` for octal.
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, Bool)? {
        var index = 0
        var negative = false
        if bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
            negative = bytes[0] == UInt8(ascii: "-")
            index = 1
        }
        var radix: UInt64 = 10
        if bytes.count > index + 1, bytes[index] == UInt8(ascii: "0") {
            switch bytes[index + 1] | 0x20 {
            case UInt8(ascii: "x"): (radix, index) = (16, index + 2)
            case UInt8(ascii: "o"): (radix, index) = (8, index + 2)
            case UInt8(ascii: "b"): (radix, index) = (2, index + 2)
            default: (radix, index) = (8, index + 1)
            }
        }
        guard index < bytes.count else { return nil }
        var value: UInt64 = 0
        for byte in bytes[index...] {
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt64(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
            guard digit < radix else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, overflow2) = product.addingReportingOverflow(digit)
            guard !overflow, !overflow2 else { return nil }
            value = sum
        }
        return (value, negative)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isFloat(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        func digits() -> Int {
            let count = rest.prefix(while: GoScalar.isDigit).count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 || whole > 0 else { return false }
        } else if whole == 0 {
            return false
        }
        if let e = rest.first, e | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// A finite decimal float; nil for anything else, out of range included.
    static func float(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        guard isFloat(bytes), let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }

    /// `strconv.FormatFloat(value, 'g', -1, 64)`: the shortest digits, an exponent beyond six digits.
    static func formatG(_ value: Double) -> String {
        let (negative, digits, point) = shortest(value)
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 {
            return (negative ? "-" : "") + exponential(digits, exponent)
        }
        return (negative ? "-" : "") + plain(digits, point)
    }

    /// A float as `encoding/json` writes it: plain between 1e-6 and 1e21.
    static func formatJSON(_ value: Double) -> String {
        let magnitude = abs(value)
        let (negative, digits, point) = shortest(value)
        guard magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 else {
            return (negative ? "-" : "") + plain(digits, point)
        }
        var text = exponential(digits, point - 1)
        // e-09 becomes e-9.
        if let range = text.firstRange(ofText: "e-0") { text.replaceSubrange(range, with: "e-") }
        return (negative ? "-" : "") + text
    }

    /// The shortest decimal digits that read back as the same number, and where the point stands among them.
    private static func shortest(_ value: Double) -> (negative: Bool, digits: [UInt8], point: Int) {
        guard value.isFinite, value != 0 else { return (value.sign == .minus, [UInt8(ascii: "0")], 1) }
        // Swift prints the shortest digits too, in its own layout.
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = Array(abs(value).description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var place = (point ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        place -= zeros
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (value < 0, digits, place)
    }

    private static func plain(_ digits: [UInt8], _ point: Int) -> String {
        var out: [UInt8] = []
        if point <= 0 {
            out.append(contentsOf: "0.".utf8)
            out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
            out.append(contentsOf: digits)
        } else if digits.count <= point {
            out.append(contentsOf: digits)
            out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - digits.count))
        } else {
            out.append(contentsOf: digits[..<point])
            out.append(UInt8(ascii: "."))
            out.append(contentsOf: digits[point...])
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func exponential(_ digits: [UInt8], _ exponent: Int) -> String {
        var out: [UInt8] = [digits[0]]
        if digits.count > 1 {
            out.append(UInt8(ascii: "."))
            out.append(contentsOf: digits[1...])
        }
        let power = String(abs(exponent))
        return String(decoding: out, as: UTF8.self) + (exponent < 0 ? "e-" : "e+")
            + (power.utf8.count < 2 ? "0" : "") + power
    }
}

extension String {
    /// Where a short ASCII text first occurs.
    func firstRange(ofText text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
