import KubernetesModel
import SluiceAPI

/// The reference of the API for people: every field of the three kinds, as the schema has it.
enum ReferenceText {
    static var text: String {
        var text = """
            <!-- Written by crdgen from the schema in Sources/SluiceAPI; do not edit. -->
            # Reference

            Every field of the three kinds of `\(SluiceGroup.apiVersion)`. A field that is required is set in bold.
            Durations are such as `90s`, `1h30m` or `7d`; times are by RFC 3339. What spans several fields is in the
            [notes](README.md); `sluice validate FILE` checks it all, offline.

            """
        for (kind, schema) in [
            (Environment.kind, Environment.schema), (Promotion.kind, Promotion.schema),
            (Rollback.kind, Rollback.schema),
        ] {
            guard case .object(let fields) = schema.shape else { continue }
            text += "\n## \(kind)\n\n\(schema.description)\n"
            for part in fields where ["spec", "status"].contains(part.name) {
                text += "\n### \(kind): \(part.name)\n\n| field | type | default | meaning |\n|---|---|---|---|\n"
                text += rows(part.schema, at: "").joined(separator: "\n") + "\n"
            }
        }
        return text
    }

    private static func rows(_ schema: Schema, at path: String) -> [String] {
        switch schema.shape {
        case .object(let fields):
            return fields.flatMap { field in
                let name = path.isEmpty ? field.name : "\(path).\(field.name)"
                let shown = field.required ? "**`\(name)`**" : "`\(name)`"
                let row =
                    "| \(shown) | \(type(field.schema)) | \(fallback(field.schema)) | \(escaped(field.description)) |"
                return [row] + rows(field.schema, at: name)
            }
        case .list(let element, _): return rows(element, at: path + "[]")
        default: return []
        }
    }

    private static func type(_ schema: Schema) -> String {
        switch schema.shape {
        case .string:
            guard schema.words.isEmpty else { return schema.words.map { "`\($0)`" }.joined(separator: ", ") }
            return "text"
        case .boolean: return "true or false"
        case .integer: return schema.range.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "number"
        case .timestamp: return "time"
        case .duration: return "duration"
        case .list(let element, _): return "list of \(type(element))"
        case .map: return "map"
        case .object: return "object"
        case .opaque: return "any"
        }
    }

    /// An object whose fields have defaults of their own needs none to be told.
    private static func fallback(_ schema: Schema) -> String {
        guard let value = schema.defaultValue, value != [:] else { return "" }
        return "`\(value.stringValue ?? value.jsonText)`"
    }

    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
