import KubernetesModel
import Testing

@testable import SluiceAPI

/// Spoils each field of the documented examples in each way in which its schema can be broken.
@Suite("Spoilt examples")
struct MutationTests {
    private struct Spoilt {
        let path: FieldPath
        let how: String
        let spec: JSONValue
    }

    @Test(
        "are refused, with the path of the spoilt field",
        arguments: [DocumentedExamples.environment, DocumentedExamples.promotion, DocumentedExamples.rollback])
    func refused(yaml: String) throws {
        let manifest = try manifest(yaml)
        let schema = try #require(SluiceAPI.schema(of: manifest.gvk))
        guard case .object(let fields) = schema.shape, let spec = fields.first(where: { $0.name == "spec" }) else {
            Issue.record("the schema has a spec")
            return
        }
        let spoilt = mutations(
            of: manifest.json["spec"] ?? .null, spec.schema, FieldPath("spec"), rebuild: { $0 })
        #expect(spoilt.count > 20)
        for mutation in spoilt {
            var json = manifest.json
            json["spec"] = mutation.spec
            let errors = schema.validate(schema.applyingDefaults(to: json), strict: true)
            #expect(
                errors.contains { $0.path.hasPrefix(mutation.path.description) },
                "\(mutation.path) \(mutation.how): \(errors.map(\.message))")
        }
    }

    private func mutations(
        of value: JSONValue?, _ schema: Schema, _ path: FieldPath, rebuild: (JSONValue) -> JSONValue
    ) -> [Spoilt] {
        var out = wrongValues(schema).map { Spoilt(path: path, how: $0.0, spec: rebuild($0.1)) }
        switch schema.shape {
        case .object(let fields):
            let object = value?.objectValue ?? JSONObject()
            var unknown = object
            unknown["noSuchField"] = true
            out.append(Spoilt(path: path / "noSuchField", how: "unknown", spec: rebuild(.object(unknown))))
            for field in fields {
                func put(_ child: JSONValue?) -> JSONValue {
                    var copy = object
                    copy[field.name] = child
                    return rebuild(.object(copy))
                }
                if field.required {
                    out.append(Spoilt(path: path / field.name, how: "missing", spec: put(Optional.none)))
                }
                out += mutations(of: object[field.name], field.schema, path / field.name) { put($0) }
            }
        case .list(let element, _):
            let elements = value?.arrayValue ?? []
            if let limit = schema.maxItems {
                let many = Array(repeating: elements.first ?? .string("x"), count: limit + 1)
                out.append(Spoilt(path: path, how: "too many", spec: rebuild(.array(many))))
            }
            out += mutations(of: elements.first, element, path[0]) { rebuild(.array([$0] + elements.dropFirst())) }
        default: break
        }
        return out
    }

    private func wrongValues(_ schema: Schema) -> [(String, JSONValue)] {
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
