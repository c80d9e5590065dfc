internal import Core
package import KubernetesModel

private let tagPrefix = "tag:yaml.org,2002:"

extension YAMLScalar {
    /// What this scalar means.
    ///
    /// Quoted and block scalars are strings unless tagged. Unknown tags make strings.
    /// Throws ``YAMLError`` (code `value`) when an explicit tag does not fit the text.
    package func value(_ schema: YAMLSchema) throws(YAMLError) -> YAMLValue {
        guard let tag else {
            switch style {
            case .plain: return YAMLScalar.value(ofPlain: text, schema)
            case .folded where schema == .goYAML3: return .string(YAMLFolding.reread(text))
            default: return .string(text)
            }
        }
        switch tag.hasPrefix(tagPrefix) ? String(tag.dropFirst(tagPrefix.count)) : tag {
        case "binary":
            guard let bytes = Base64.decode(text) else {
                throw YAMLError(.value, "a text tagged !!binary is not base64; correct it or drop the tag")
            }
            return .string(String(decoding: bytes, as: UTF8.self))
        case "float":
            switch YAMLScalar.value(ofPlain: text, schema) {
            case .int(let value): return .float(Double(value))
            case .float(let value): return .float(value)
            default: throw mismatch("float")
            }
        case "int":
            let value = YAMLScalar.value(ofPlain: text, schema)
            switch value {
            case .int, .uint: return value
            default: throw mismatch("int")
            }
        case "bool":
            guard case .bool(let value) = YAMLScalar.value(ofPlain: text, schema) else { throw mismatch("bool") }
            return .bool(value)
        case "null":
            guard case .null = YAMLScalar.value(ofPlain: text, schema) else { throw mismatch("null") }
            return .null
        case "timestamp":
            guard let time = YAMLTimestamp.rfc3339(text) else { throw mismatch("timestamp") }
            return .timestamp(schema == .yaml11 ? text : time)
        default:
            return .string(text)
        }
    }

    private func mismatch(_ tag: String) -> YAMLError {
        YAMLError(.value, "a text tagged !!\(tag) is none; correct it or drop the tag")
    }

    /// What this scalar means, as JSON. A whole number above 2^63-1 becomes a double.
    ///
    /// Throws ``YAMLError`` (code `value`) for infinities and NaN, which JSON lacks, and for tags that do not fit.
    package func resolved(_ schema: YAMLSchema) throws(YAMLError) -> JSONValue {
        switch try value(schema) {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .uint(let value): return .double(Double(value))
        case .float(let value):
            guard value.isFinite else {
                throw YAMLError(.value, "infinities and NaN have no place in JSON; quote them to make a string")
            }
            // JSON does not tell 1.0 from 1.
            if case .int(let whole)? = GoFloat.whole(value) { return .int(whole) }
            return .double(value)
        case .string(let value), .timestamp(let value): return .string(value)
        }
    }

    /// What an unquoted, untagged text means.
    package static func value(ofPlain text: String, _ schema: YAMLSchema) -> YAMLValue {
        var text = text
        return text.withUTF8 { YAMLResolver.value(of: $0, schema) } ?? .string(text)
    }
}
