internal import KubernetesModel
internal import YAML

/// Writes documents as kustomize prints them: the block style of go-yaml 2 with lines of 80 columns.
///
/// The rules for scalars are those of libyaml's emitter (https://pyyaml.org/wiki/LibYAML), on which go-yaml is modelled.
struct OutputText {
    private(set) var bytes: [UInt8] = []
    /// Characters on the current line.
    var column = 0
    /// The width after which a line is folded at a single space.
    let width = 80

    init() {}

    /// Adds a document, after `---` if it is not the first.
    mutating func add(_ document: JSONValue) {
        if !bytes.isEmpty { append("---\n") }
        column = 0
        write(document, indent: 0, position: .root)
        if column > 0 { newline() }
    }

    /// Where a value stands: what comes before it on its line.
    private enum Position {
        case root
        case mappingValue
        case sequenceElement
    }

    private mutating func write(_ value: JSONValue, indent: Int, position: Position) {
        switch value {
        case .object(let object) where !object.isEmpty:
            writeMapping(object, indent: indent, position: position)
        case .array(let elements) where !elements.isEmpty:
            writeSequence(elements, indent: indent, position: position)
        default:
            if position != .root { space() }
            writeScalar(value, indent: indent)
        }
    }

    private mutating func writeMapping(_ object: JSONObject, indent: Int, position: Position) {
        var compact = position == .sequenceElement
        if compact { space() }
        for index in NaturalOrder.sorted(object) {
            let (key, value) = object[index]
            if !compact, position != .root || column > 0 { startLine(indent) }
            compact = false
            writeKey(key, indent: indent)
            write(value, indent: indent + (value.isSequence ? 0 : 2), position: .mappingValue)
        }
    }

    /// Elements of a sequence under a key stand at the key's own indentation.
    private mutating func writeSequence(_ elements: [JSONValue], indent: Int, position: Position) {
        var compact = position == .sequenceElement
        if compact { space() }
        for element in elements {
            if !compact, position != .root || column > 0 { startLine(indent) }
            compact = false
            put(UInt8(ascii: "-"))
            write(element, indent: indent + 2, position: .sequenceElement)
        }
    }

    private mutating func writeKey(_ key: String, indent: Int) {
        let simple = key.utf8.count <= 128 && !key.utf8.contains(0x0A)
        if simple {
            writeString(key, indent: indent + 2, isKey: true)
        } else {
            append("? ")
            writeString(key, indent: indent + 2, isKey: false)
            startLine(indent)
        }
        put(UInt8(ascii: ":"))
    }

    private mutating func writeScalar(_ value: JSONValue, indent: Int) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .int(let number): append(String(number))
        case .double(let number):
            // Numbers pass through JSON: whole ones that fit 64 bits come out as such.
            if case .uint(let whole)? = GoFloat.whole(number) {
                append(String(whole))
            } else {
                append(GoFloat.general(number))
            }
        case .string(let text): writeString(text, indent: indent, isKey: false)
        case .array: append("[]")
        case .object: append("{}")
        }
    }

    // MARK: Raw output

    mutating func put(_ byte: UInt8) {
        bytes.append(byte)
        column += 1
    }

    /// Appends text without line breaks.
    mutating func append(_ text: String) {
        for byte in text.utf8 {
            bytes.append(byte)
            if byte & 0xC0 != 0x80 { column += 1 }
        }
    }

    /// A byte that continues a character: it takes no column.
    mutating func appendContinuation(_ byte: UInt8) { bytes.append(byte) }

    mutating func space() { put(0x20) }

    mutating func newline() {
        bytes.append(0x0A)
        column = 0
    }

    /// Ends the line if there is something on it and indents the next one.
    mutating func startLine(_ indent: Int) {
        if column > 0 { newline() }
        bytes.append(contentsOf: repeatElement(0x20, count: indent))
        column = indent
    }
}

extension JSONValue {
    fileprivate var isSequence: Bool {
        if case .array(let elements) = self { !elements.isEmpty } else { false }
    }
}
