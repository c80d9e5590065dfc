import KubernetesModel
import YAML

/// YAML text of a definition: block style, keys sorted but for the first ones of an object, so that a diff reads well.
struct CRDText {
    private(set) var text = "# Written by crdgen from the schema in Sources/SluiceAPI; do not edit.\n"

    init(_ manifest: Manifest) {
        write(manifest.json, indent: 0)
    }

    private mutating func write(_ value: JSONValue, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .object(let object) where !object.isEmpty:
            for (key, child) in object {
                text += "\(margin)\(CRDText.scalar(key)):"
                writeValue(child, indent: indent, listIndent: indent)
            }
        case .array(let elements) where !elements.isEmpty:
            for element in elements {
                if element.isBlock {
                    var nested = self
                    nested.text = ""
                    nested.write(element, indent: indent + 2)
                    text += margin + "- " + nested.text.dropFirst(indent + 2)
                } else {
                    text += "\(margin)- \(CRDText.inline(element))\n"
                }
            }
        default:
            text += "\(margin)\(CRDText.inline(value))\n"
        }
    }

    private mutating func writeValue(_ value: JSONValue, indent: Int, listIndent: Int) {
        guard value.isBlock else {
            text += " \(CRDText.inline(value))\n"
            return
        }
        text += "\n"
        write(value, indent: value.arrayValue == nil ? indent + 2 : listIndent)
    }

    private static func inline(_ value: JSONValue) -> String {
        value.stringValue.map(scalar) ?? value.jsonText
    }

    /// Plain where the text is plainly a string to every reader, else in single quotes.
    private static func scalar(_ text: String) -> String {
        let first = text.utf8.first ?? 0
        let startsWithLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        let isPlain =
            startsWithLetter && YAMLScalar.isPlainString(text) && !text.hasSuffix(":") && !text.hasSuffix(" ")
            && !["\n", ": ", " #"].contains { text.contains($0) }
        guard !isPlain else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

extension JSONValue {
    /// Whether this is written over several lines.
    fileprivate var isBlock: Bool {
        switch self {
        case .object(let object): !object.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }
}
