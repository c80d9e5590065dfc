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
