internal import KubernetesModel

/// JSON as Go's `encoding/json` writes it: sorted, and safe to embed in HTML.
enum GoJSON {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends a value; with an indent in lines of two spaces per level, as `MarshalIndent`, else compact.
    static func write(_ value: JSONValue, to out: inout [UInt8], indent: Int? = nil) {
        switch value {
        case .object(let object) where !object.isEmpty:
            out.append(UInt8(ascii: "{"))
            for (index, member) in object.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                newline(indent.map { $0 + 1 }, to: &out)
                write(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                if indent != nil { out.append(0x20) }
                write(member.value, to: &out, indent: indent.map { $0 + 1 })
            }
            newline(indent, to: &out)
            out.append(UInt8(ascii: "}"))
        case .array(let elements) where !elements.isEmpty:
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                newline(indent.map { $0 + 1 }, to: &out)
                write(element, to: &out, indent: indent.map { $0 + 1 })
            }
            newline(indent, to: &out)
            out.append(UInt8(ascii: "]"))
        case .string(let text): write(text, to: &out)
        case .object: out.append(contentsOf: "{}".utf8)
        case .array: out.append(contentsOf: "[]".utf8)
        default: value.write(to: &out)
        }
    }

    private static func newline(_ indent: Int?, to out: inout [UInt8]) {
        guard let indent else { return }
        out.append(0x0A)
        out.append(contentsOf: repeatElement(0x20, count: indent * 2))
    }

    static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: out.append(contentsOf: "\\\"".utf8)
            case 0x5C: out.append(contentsOf: "\\\\".utf8)
            case 0x08: out.append(contentsOf: "\\b".utf8)
            case 0x0C: out.append(contentsOf: "\\f".utf8)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0x2028: out.append(contentsOf: "\\u2028".utf8)
            case 0x2029: out.append(contentsOf: "\\u2029".utf8)
            case 0..<0x20, 0x3C, 0x3E, 0x26:
                out.append(contentsOf: "\\u00".utf8)
                out.append(digits[Int(scalar.value >> 4)])
                out.append(digits[Int(scalar.value & 15)])
            default: out.append(contentsOf: String(scalar).utf8)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
