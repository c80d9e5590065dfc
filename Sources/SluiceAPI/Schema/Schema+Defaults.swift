package import KubernetesModel

extension Schema {
    /// The value with defaults filled in, exactly as the API server does it: an explicit null of a field that is not
    /// nullable counts as absent, defaults of an absent object's fields count only if the object itself has a default.
    package func applyingDefaults(to value: JSONValue) -> JSONValue {
        switch (shape, value) {
        case (.object(let fields), .object(var object)):
            for field in fields {
                var child = object[field.name]
                if child == .null, !field.schema.isNullable { child = nil }
                child = child ?? field.schema.defaultValue
                object[field.name] = child.map { field.schema.applyingDefaults(to: $0) }
            }
            return .object(object)
        case (.list(let element, _), .array(let elements)):
            return .array(elements.map(element.applyingDefaults))
        case (.map(let element), .object(let object)):
            return .object(object.mapValues(element.applyingDefaults))
        default:
            return value
        }
    }
    /// The value without what its defaults say anyway: ``applyingDefaults(to:)`` makes the same of both.
    package func removingDefaults(from value: JSONValue) -> JSONValue {
        switch (shape, value) {
        case (.object(let fields), .object(var object)):
            for field in fields {
                guard let child = object[field.name] else { continue }
                let shorter = field.schema.removingDefaults(from: child)
                let absent = field.schema.defaultValue.map(field.schema.applyingDefaults)
                object[field.name] = field.schema.applyingDefaults(to: shorter) == absent ? nil : shorter
            }
            return .object(object)
        case (.list(let element, _), .array(let elements)):
            return .array(elements.map(element.removingDefaults))
        default:
            return value
        }
    }
}
