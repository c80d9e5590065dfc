package import KubernetesModel

extension YAMLNode {
    /// Whether this is an untagged plain scalar that means null.
    package var isNull: Bool {
        guard case .scalar(let scalar) = content, let value = try? scalar.value(.goYAML3) else { return false }
        return value == .null
    }

    /// This node as JSON. Of repeated keys, which only a lenient reader leaves, the last wins.
    ///
    /// Throws ``YAMLError`` (code `value`) for what JSON lacks: infinities, NaN, and keys that are no strings; with
    /// ``YAMLSchema/yaml11`` numbers and booleans as keys become strings, as they do in kustomization files.
    ///
    /// - Parameter file: the name for error messages.
    package func json(_ schema: YAMLSchema, file: String = "") throws(YAMLError) -> JSONValue {
        switch content {
        case .scalar(let scalar):
            do throws(YAMLError) {
                return try scalar.resolved(schema)
            } catch {
                throw YAMLError(error.code, file: file, mark: mark, error.problem)
            }
        case .sequence(let elements):
            var out: [JSONValue] = []
            out.reserveCapacity(elements.count)
            for element in elements { out.append(try element.json(schema, file: file)) }
            return .array(out)
        case .mapping(let mapping):
            var pairs: [(String, JSONValue)] = []
            pairs.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries {
                guard let key = try? entry.key.jsonKey(schema) else {
                    throw YAMLError(
                        .value, file: file, mark: entry.keyMark,
                        "the key \(YAMLError.quoted(entry.key.text)) is not a string; quote it")
                }
                pairs.append((key, try entry.value.json(schema, file: file)))
            }
            return .object(JSONObject(pairs))
        }
    }

    /// A node for a JSON value; scalars carry the style with which they read back as the same value.
    package init(json: JSONValue) {
        switch json {
        case .array(let elements):
            self.init(.sequence(elements.map { YAMLNode(json: $0) }))
        case .object(let object):
            self.init(
                .mapping(
                    YAMLMapping(
                        object.map {
                            YAMLMapping.Entry(key: YAMLScalar(string: $0.key), value: YAMLNode(json: $0.value))
                        })))
        case .null: self.init(.scalar(YAMLScalar("null")))
        case .bool(let value): self.init(.scalar(YAMLScalar(value ? "true" : "false")))
        case .int(let value): self.init(.scalar(YAMLScalar(String(value))))
        case .double(let value): self.init(.scalar(YAMLScalar(GoFloat.general(value))))
        case .string(let value): self.init(.scalar(YAMLScalar(string: value)))
        }
    }
}

extension YAMLScalar {
    /// A scalar that means this text: plain where that reads back as a string everywhere, else double-quoted.
    package init(string: String) {
        self.init(string, style: YAMLScalar.isPlainString(string) ? .plain : .doubleQuoted)
    }

    /// How go-yaml v3 writes a string outside of brackets and braces.
    package static func style(ofString text: String) -> Style {
        var copy = text
        return copy.withUTF8 { bytes in
            let analysis = YAMLScalarAnalysis(bytes)
            if analysis.hasNewline { return analysis.foldedAllowed ? .literal : .doubleQuoted }
            guard YAMLScalar.isPlainString(text) else { return .doubleQuoted }
            return analysis.plainAllowed ? .plain : .singleQuoted
        }
    }

    /// Whether an unquoted text means a string both in YAML 1.1 and 1.2, base 60 included.
    package static func isPlainString(_ text: String) -> Bool {
        var text = text
        return text != "<<" && text.withUTF8 { YAMLResolver.isPlainForGoYAML2($0) }
    }

    /// The text under which a key goes into JSON.
    func jsonKey(_ schema: YAMLSchema) throws(YAMLError) -> String {
        switch try value(schema) {
        case .string(let text): return text
        case .int(let value) where schema == .yaml11: return String(value)
        case .float(let value) where schema == .yaml11: return GoFloat.general(value)
        case .bool(let value) where schema == .yaml11: return value ? "true" : "false"
        case .timestamp where schema == .yaml11: return text
        default: throw YAMLError(.value, "a key is not a string; quote it")
        }
    }
}
