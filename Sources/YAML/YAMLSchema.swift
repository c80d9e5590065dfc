/// Which rules decide what an unquoted scalar means.
package enum YAMLSchema: Sendable, Hashable {
    /// go-yaml v3, with which kustomize reads resources: only `true` and `false` are booleans, dates become times.
    case goYAML3
    /// go-yaml v2, with which kustomize reads kustomization files and operations of patches: the booleans of YAML 1.1
    /// (`yes`, `off`, `y`), and dates stay texts.
    case yaml11
}

/// What a scalar means.
package enum YAMLValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// A whole number above what 63 bits hold.
    case uint(UInt64)
    case float(Double)
    case string(String)
    /// A time, in the form in which it becomes JSON: RFC 3339, or as written with ``YAMLSchema/yaml11``.
    case timestamp(String)
}

extension YAMLValue {
    /// The kind's short tag, as go-yaml names it.
    package var shortTag: String {
        switch self {
        case .null: "!!null"
        case .bool: "!!bool"
        case .int, .uint: "!!int"
        case .float: "!!float"
        case .string: "!!str"
        case .timestamp: "!!timestamp"
        }
    }
}
