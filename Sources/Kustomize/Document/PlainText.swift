internal import YAML

extension Scalar.Tag {
    init(_ value: YAMLValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .int, .uint: self = .integer
        case .float: self = .float
        case .string: self = .string
        case .timestamp: self = .timestamp
        }
    }

    /// For messages.
    var name: String {
        switch self {
        case .none, .string: "string"
        case .integer: "whole number"
        case .float: "number"
        case .boolean: "boolean"
        case .null: "null"
        case .timestamp: "date"
        case .binary: "binary text"
        }
    }
}

/// What YAML 1.1 takes an unquoted text for.
enum PlainText {
    /// Whether a string must be quoted so that a YAML 1.1 reader does not take it for something else.
    static func needsQuotes(_ text: String) -> Bool {
        if case .string = YAMLScalar.value(ofPlain: text, .yaml11) { return text == "<<" || isSexagesimal(text) }
        return true
    }

    /// `1:59`, `-12:30:45.5`: numbers in base 60 of YAML 1.1.
    private static func isSexagesimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
        guard let first = rest.first, isDigit(first), rest.contains(UInt8(ascii: ":")) else { return false }
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

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
