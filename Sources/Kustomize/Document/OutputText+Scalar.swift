/// The ways to write a string, chosen as go-yaml 2 does.
extension OutputText {
    private enum Style {
        case plain, single, double, literal
    }

    mutating func writeString(_ text: String, indent: Int, isKey: Bool) {
        let traits = ScalarTraits(text)
        switch style(text, traits, isKey: isKey) {
        case .plain: writePlain(text, indent: indent, mayFold: !isKey)
        case .single: writeSingle(text, indent: indent, mayFold: !isKey)
        case .double: writeDouble(text, indent: indent, mayFold: !isKey)
        case .literal: writeLiteral(text, indent: indent)
        }
    }

    private func style(_ text: String, _ traits: ScalarTraits, isKey: Bool) -> Style {
        if traits.hasNewline { return isKey || !traits.literalAllowed ? .double : .literal }
        if PlainText.needsQuotes(text) { return .double }
        if isKey, traits.isMultiline { return .double }
        if traits.plainAllowed { return .plain }
        return traits.singleAllowed ? .single : .double
    }

    private mutating func writePlain(_ text: String, indent: Int, mayFold: Bool) {
        // Nearly every scalar is short: no line can become too long.
        guard mayFold, column + text.utf8.count > width else {
            append(text)
            return
        }
        let bytes = Array(text.utf8)
        var spaces = false
        for (index, byte) in bytes.enumerated() {
            if byte == 0x20 {
                if mayFold, !spaces, column > width, index + 1 < bytes.count, bytes[index + 1] != 0x20 {
                    startLine(indent)
                } else {
                    put(byte)
                }
                spaces = true
            } else {
                append(raw: byte)
                spaces = false
            }
        }
    }

    private mutating func writeSingle(_ text: String, indent: Int, mayFold: Bool) {
        let bytes = Array(text.utf8)
        put(UInt8(ascii: "'"))
        var spaces = false
        for (index, byte) in bytes.enumerated() {
            if byte == 0x20 {
                if mayFold, !spaces, column > width, index > 0, index + 1 < bytes.count, bytes[index + 1] != 0x20 {
                    startLine(indent)
                } else {
                    put(byte)
                }
                spaces = true
            } else {
                if byte == UInt8(ascii: "'") { put(byte) }
                append(raw: byte)
                spaces = false
            }
        }
        put(UInt8(ascii: "'"))
    }

    private mutating func writeDouble(_ text: String, indent: Int, mayFold: Bool) {
        let scalars = Array(text.unicodeScalars)
        put(UInt8(ascii: "\""))
        var spaces = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == "\"" || scalar == "\\" || !ScalarTraits.isPrintable(scalar) || ScalarTraits.isBreak(scalar)
                || scalar == "\u{FEFF}"
            {
                append(Self.escape(scalar))
                spaces = false
            } else if scalar == " " {
                if mayFold, !spaces, column > width, index > 0, index + 1 < scalars.count {
                    startLine(indent)
                    if scalars[index + 1] == " " { put(UInt8(ascii: "\\")) }
                } else {
                    space()
                }
                spaces = true
            } else {
                append(String(scalar))
                spaces = false
            }
        }
        put(UInt8(ascii: "\""))
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x00: return "\\0"
        case 0x07: return "\\a"
        case 0x08: return "\\b"
        case 0x09: return "\\t"
        case 0x0A: return "\\n"
        case 0x0B: return "\\v"
        case 0x0C: return "\\f"
        case 0x0D: return "\\r"
        case 0x1B: return "\\e"
        case 0x22: return "\\\""
        case 0x5C: return "\\\\"
        case 0x85: return "\\N"
        case 0xA0: return "\\_"
        case 0x2028: return "\\L"
        case 0x2029: return "\\P"
        case let value:
            let (mark, width) = value <= 0xFF ? ("x", 2) : value <= 0xFFFF ? ("u", 4) : ("U", 8)
            let digits = String(value, radix: 16, uppercase: true)
            return "\\" + mark + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
    }

    private mutating func writeLiteral(_ text: String, indent: Int) {
        let bytes = Array(text.utf8)
        put(UInt8(ascii: "|"))
        if bytes.first == 0x20 || bytes.first == 0x0A { put(UInt8(ascii: "2")) }
        if bytes.last != 0x0A {
            put(UInt8(ascii: "-"))
        } else if bytes.count == 1 || bytes[bytes.count - 2] == 0x0A {
            put(UInt8(ascii: "+"))
        }
        newline()
        var atLineStart = true
        for byte in bytes {
            if byte == 0x0A {
                newline()
                atLineStart = true
            } else {
                if atLineStart { startLine(indent) }
                append(raw: byte)
                atLineStart = false
            }
        }
    }

    private mutating func append(raw byte: UInt8) {
        if byte & 0xC0 == 0x80 {
            appendContinuation(byte)
        } else {
            put(byte)
        }
    }
}

/// What libyaml's emitter wants to know of a scalar before it chooses a style.
struct ScalarTraits {
    private(set) var hasNewline = false
    private(set) var isMultiline = false
    private(set) var plainAllowed = true
    private(set) var singleAllowed = true
    private(set) var literalAllowed = true

    init(_ text: String) {
        guard !text.isEmpty else {
            literalAllowed = false
            return
        }
        if text.utf8.allSatisfy({ Self.isHarmless($0) }), let first = text.utf8.first, first != UInt8(ascii: "-"),
            first != UInt8(ascii: ".")
        {
            return
        }
        analyse(text)
    }

    /// Letters, digits and a few marks that mean nothing to YAML wherever they stand.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func analyse(_ text: String) {
        var indicators = text.hasPrefix("---") || text.hasPrefix("...")
        var special = false
        var (leading, trailingBreak, trailingSpace, breakSpace, spaceBreak) = (false, false, false, false, false)
        var (afterSpace, afterBreak, afterBlank) = (false, false, true)
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let beforeBlank = index + 1 == scalars.count || Self.isBlank(scalars[index + 1])
            switch scalar {
            case "#": if index == 0 || afterBlank { indicators = true }
            case ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
                if index == 0 { indicators = true }
            case "?", "-": if index == 0, beforeBlank { indicators = true }
            case ":": if beforeBlank { indicators = true }
            default: break
            }
            if !Self.isPrintable(scalar) { special = true }
            let isLast = index + 1 == scalars.count
            if scalar == " " {
                if index == 0 { leading = true }
                if isLast { trailingSpace = true }
                if afterBreak { breakSpace = true }
                (afterSpace, afterBreak) = (true, false)
            } else if Self.isBreak(scalar) {
                isMultiline = true
                if scalar == "\n" { hasNewline = true }
                if index == 0 { leading = true }
                if isLast { trailingBreak = true }
                if afterSpace { spaceBreak = true }
                (afterSpace, afterBreak) = (false, true)
            } else {
                (afterSpace, afterBreak) = (false, false)
            }
            afterBlank = Self.isBlank(scalar)
        }
        if leading || trailingSpace || trailingBreak || breakSpace || indicators || isMultiline { plainAllowed = false }
        if trailingSpace { literalAllowed = false }
        if breakSpace { singleAllowed = false }
        if spaceBreak || special {
            plainAllowed = false
            singleAllowed = false
            literalAllowed = false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || isBreak(scalar)
    }

    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What go-yaml writes as it is; a tab is not among it, nor is anything beyond the basic plane.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        default: false
        }
    }
}
