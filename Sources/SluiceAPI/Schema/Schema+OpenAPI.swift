package import KubernetesModel

extension Schema {
    /// This schema as a structural OpenAPI v3 schema
    /// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
    ///
    /// - Parameters:
    ///   - description: What stands in place of the schema's own description; a field's says more than its type's.
    ///   - withRules: Whether to include rules in the Common Expression Language, unknown to servers before 1.23.
    package func openAPI(description override: String = "", withRules: Bool = true) -> JSONValue {
        // The server knows metadata itself and lets a schema say nothing about it.
        if case .opaque = shape { return ["type": "object"] }
        var out = JSONObject()
        let description = override.isEmpty ? description : override
        if !description.isEmpty { out["description"] = .string(description) }
        if let defaultValue { out["default"] = defaultValue }
        if isNullable { out["nullable"] = true }
        if withRules, !rules.isEmpty {
            out["x-kubernetes-validations"] = .array(
                rules.map { ["rule": .string($0.expression), "message": .string($0.message)] })
        }
        describeShape(in: &out, withRules: withRules)
        return .object(out)
    }

    private func describeShape(in out: inout JSONObject, withRules: Bool) {
        switch shape {
        case .boolean: out["type"] = "boolean"
        case .opaque: out["type"] = "object"
        case .integer:
            out["type"] = "integer"
            out["format"] = "int64"
            if let range {
                out["minimum"] = .int(range.lowerBound)
                out["maximum"] = .int(range.upperBound)
            }
        case .timestamp:
            out["type"] = "string"
            out["format"] = "date-time"
        case .duration:
            out["type"] = "string"
            out["pattern"] = .string(GoDuration.pattern)
            out["maxLength"] = .int(Int64(GoDuration.maxLength))
        case .string:
            out["type"] = "string"
            if !words.isEmpty { out["enum"] = .array(words.map(JSONValue.string)) }
            if let pattern { out["pattern"] = .string(pattern.expression) }
            if let minLength { out["minLength"] = .int(Int64(minLength)) }
            if let maxLength { out["maxLength"] = .int(Int64(maxLength)) }
        case .list(let element, let keys):
            out["type"] = "array"
            out["items"] = element.openAPI(withRules: withRules)
            if let minItems { out["minItems"] = .int(Int64(minItems)) }
            if let maxItems { out["maxItems"] = .int(Int64(maxItems)) }
            if !keys.isEmpty {
                out["x-kubernetes-list-type"] = "map"
                out["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
            } else {
                out["x-kubernetes-list-type"] = isSet ? "set" : "atomic"
            }
        case .map(let element):
            out["type"] = "object"
            out["additionalProperties"] = element.openAPI(withRules: withRules)
            if let maxItems { out["maxProperties"] = .int(Int64(maxItems)) }
        case .object(let fields):
            out["type"] = "object"
            out["properties"] = .object(
                JSONObject(
                    fields.map { field in
                        (field.name, field.schema.openAPI(description: field.description, withRules: withRules))
                    }))
            let required = fields.filter(\.required).map(\.name)
            if !required.isEmpty { out["required"] = .array(required.map(JSONValue.string)) }
        }
    }
}
