import KubernetesModel

/// Fills in the placeholders of an ApplicationSet's template: `{{name}}`, and with Go templates `{{ .name }}` and
/// `{{ index .path.segments 1 }}`. Functions, conditions and loops are beyond it.
struct ArgoTemplate {
    let isGo: Bool
    /// What a generator gives, by name: `path`, `path.basename`, `path[1]`, `values.stage`.
    let parameters: [String: String]
    /// Placeholders that are no parameters.
    private(set) var unknown: Set<String> = []

    init(isGo: Bool, parameters: [String: String]) {
        self.isGo = isGo
        self.parameters = parameters
    }

    mutating func fill(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(fill(text))
        case .array(let elements): return .array(elements.map { fill($0) })
        case .object(let object):
            var filled = JSONObject()
            for key in object.keys { filled[fill(key)] = object[key].map { fill($0) } }
            return .object(filled)
        default: return value
        }
    }

    mutating func fill(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            out += rest[..<open.lowerBound]
            let name = self.name(rest[open.upperBound..<close.lowerBound])
            if let value = parameters[name] {
                out += value
            } else {
                unknown.insert(name)
            }
            rest = rest[close.upperBound...]
        }
        return out + rest
    }

    /// `.path.path` and `index .path.segments 1` of Go templates under the names of the plain ones.
    private func name(_ placeholder: Substring) -> String {
        let words = placeholder.split { $0 == " " || $0 == "\t" || $0 == "-" && isGo }.map(String.init)
        guard isGo else { return words.joined(separator: " ") }
        if words.count == 3, words[0] == "index", words[1] == ".path.segments" { return "path[\(words[2])]" }
        guard words.count == 1, words[0].hasPrefix(".") else { return words.joined(separator: " ") }
        let name = String(words[0].dropFirst())
        return name == "path.path" ? "path" : name
    }
}
