package import KubernetesModel
internal import SluiceAPI

/// A spec that breaks its schema in one field, in one way.
package struct SpoiltSpec: Sendable, CustomStringConvertible {
    /// The spoilt field.
    package let path: FieldPath
    /// In which way: `type`, `low`, `pattern`, `missing`, …
    package let how: String
    package let spec: JSONValue

    package var description: String { "\(path) \(how)" }

    /// A field that no schema knows: servers that are not asked to be strict drop it without a word.
    package static let unknownField = "noSuchField"

    /// Every way in which one field of an object's spec can break the schema of its kind.
    package static func all(of manifest: Manifest) -> [SpoiltSpec] {
        guard let schema = SluiceAPI.schema(of: manifest.gvk), case .object(let fields) = schema.shape,
            let spec = fields.first(where: { $0.name == "spec" })
        else { return [] }
        return mutations(of: manifest.json["spec"] ?? .null, spec.schema, FieldPath("spec"), rebuild: { $0 })
    }

    private static func mutations(
        of value: JSONValue?, _ schema: Schema, _ path: FieldPath, rebuild: (JSONValue) -> JSONValue
    ) -> [SpoiltSpec] {
        var out = wrongValues(schema).map { SpoiltSpec(path: path, how: $0.0, spec: rebuild($0.1)) }
        switch schema.shape {
        case .object(let fields):
            let object = value?.objectValue ?? JSONObject()
            var unknown = object
            unknown[unknownField] = true
            out.append(SpoiltSpec(path: path / unknownField, how: "unknown", spec: rebuild(.object(unknown))))
            for field in fields {
                func put(_ child: JSONValue?) -> JSONValue {
                    var copy = object
                    copy[field.name] = child
                    return rebuild(.object(copy))
                }
                if field.required {
                    out.append(SpoiltSpec(path: path / field.name, how: "missing", spec: put(Optional.none)))
                }
                out += mutations(of: object[field.name], field.schema, path / field.name) { put($0) }
            }
        case .list(let element, _):
            let elements = value?.arrayValue ?? []
            if let limit = schema.maxItems {
                let many = Array(repeating: elements.first ?? .string("x"), count: limit + 1)
                out.append(SpoiltSpec(path: path, how: "too many", spec: rebuild(.array(many))))
            }
            out += mutations(of: elements.first, element, path[0]) { rebuild(.array([$0] + elements.dropFirst())) }
        default: break
        }
        return out
    }

    private static func wrongValues(_ schema: Schema) -> [(String, JSONValue)] {
        switch schema.shape {
        case .object, .list, .map, .boolean: return [("type", "x")]
        case .integer:
            guard let range = schema.range else { return [("type", "x")] }
            return [
                ("type", "x"), ("fraction", 1.5), ("low", .int(range.lowerBound - 1)),
                ("high", .int(range.upperBound + 1)),
            ]
        case .timestamp: return [("type", 5), ("time", "noon")]
        case .duration: return [("type", 5), ("unit", "5"), ("sign", "-5s"), ("empty", "")]
        case .string:
            var out: [(String, JSONValue)] = [("type", 5)]
            if !schema.words.isEmpty { out.append(("word", "Nope")) }
            if schema.pattern != nil { out.append(("pattern", "!! no")) }
            if schema.minLength ?? 0 > 0 { out.append(("empty", "")) }
            if let limit = schema.maxLength { out.append(("long", .string(String(repeating: "a", count: limit + 1)))) }
            return out
        case .opaque: return []
        }
    }
}
