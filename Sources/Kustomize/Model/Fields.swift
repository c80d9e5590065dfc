internal import KubernetesModel
internal import YAML

/// A text with the place where it stands.
struct Located: Sendable, Hashable {
    var text: String
    var line: Int?
    /// The path of the field that holds it, `resources[0]`.
    var field: String
}

/// Reads the fields of one map of a kustomization file strictly: wrong types and unknown fields are errors.
///
/// Field names are matched without regard to case, as Go's JSON reader does. Files of plugins and replacements are read
/// with less care: there unknown fields are passed over, and numbers and booleans are taken as texts where texts belong.
struct Fields {
    let file: String
    /// The map's own path, empty for the file itself.
    let path: String
    let line: Int?
    private var values: [String: (name: String, node: YAMLNode, line: Int?)] = [:]
    /// The fields that say anything, whether they were asked for yet or not.
    private(set) var present: Set<String> = []
    private let isStrict: Bool

    init(_ node: YAMLNode, file: String, path: String, isStrict: Bool = true) throws(KustomizeError) {
        self.file = file
        self.path = path
        self.isStrict = isStrict
        line = node.mark?.line
        guard let mapping = node.mapping else {
            if node.isNull { return }
            throw KustomizeError(
                .invalidKustomization, file: file, line: line, field: path, "a map of fields is expected here")
        }
        for entry in mapping.entries {
            let name = entry.key.text
            values[name.lowercased()] = (name, entry.value, entry.keyMark?.line ?? entry.value.mark?.line)
            let isEmpty = entry.value.isNull || entry.value.scalar?.text == ""
            if !isEmpty { present.insert(name.lowercased()) }
        }
    }

    func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func error(_ name: String, line: Int? = nil, _ problem: String) -> KustomizeError {
        KustomizeError(
            .invalidKustomization, file: file, line: line ?? values[name.lowercased()]?.line ?? self.line,
            field: field(name), problem)
    }

    /// Takes a field's value; nil where it is missing or null.
    mutating func take(_ name: String) -> YAMLNode? {
        guard let value = values.removeValue(forKey: name.lowercased()), !value.node.isNull else { return nil }
        return value.node
    }

    /// After all known fields were taken: what is left is unknown.
    func finish() throws(KustomizeError) {
        guard isStrict else { return }
        guard let unknown = values.values.min(by: { ($0.line ?? 0, $0.name) < ($1.line ?? 0, $1.name) }) else { return }
        throw KustomizeError(
            .invalidKustomization, file: file, line: unknown.line, field: field(unknown.name),
            "there is no field of this name: check its spelling and indentation")
    }

    private func text(_ node: YAMLNode, _ name: String) throws(KustomizeError) -> String {
        guard let scalar = node.scalar else {
            throw error(name, line: node.mark?.line, "a string is expected, not a list or map")
        }
        let value = try? scalar.value(.yaml11)
        if !isStrict, let text = value?.plainText { return text }
        switch value {
        case .string(let text): return text
        case .timestamp: return scalar.text
        case .null: return ""
        case .bool:
            throw error(
                name, line: node.mark?.line, "YAML reads \(scalar.text) as a boolean here: put it in quotes")
        default:
            throw error(name, line: node.mark?.line, "YAML reads \(scalar.text) as a number here: put it in quotes")
        }
    }

    mutating func string(_ name: String) throws(KustomizeError) -> String {
        try located(name)?.text ?? ""
    }

    mutating func located(_ name: String) throws(KustomizeError) -> Located? {
        guard let node = take(name) else { return nil }
        return Located(text: try text(node, name), line: node.mark?.line, field: field(name))
    }

    mutating func bool(_ name: String) throws(KustomizeError) -> Bool {
        guard let node = take(name) else { return false }
        guard let scalar = node.scalar, case .bool(let flag)? = try? scalar.value(.yaml11) else {
            throw error(name, line: node.mark?.line, "true or false is expected, without quotes")
        }
        return flag
    }

    mutating func integer(_ name: String) throws(KustomizeError) -> Int64? {
        guard let node = take(name) else { return nil }
        switch try? node.scalar?.value(.yaml11) {
        case .int(let value): return value
        case .float(let value):
            if case .int(let whole)? = GoFloat.whole(value) { return whole }
        default: break
        }
        throw error(name, line: node.mark?.line, "a whole number is expected, without quotes")
    }

    mutating func nodes(_ name: String) throws(KustomizeError) -> [YAMLNode] {
        guard let node = take(name) else { return [] }
        guard let elements = node.sequence else {
            throw error(name, line: node.mark?.line, "a list is expected: begin each element with '- '")
        }
        return elements
    }

    mutating func strings(_ name: String) throws(KustomizeError) -> [Located] {
        var out: [Located] = []
        for (index, node) in try nodes(name).enumerated() {
            out.append(
                Located(text: try text(node, name), line: node.mark?.line, field: field("\(name)[\(index)]")))
        }
        return out
    }

    mutating func stringMap(_ name: String) throws(KustomizeError) -> [String: String] {
        guard let node = take(name) else { return [:] }
        guard let mapping = node.mapping else {
            throw error(name, line: node.mark?.line, "a map of strings is expected")
        }
        var out: [String: String] = [:]
        for entry in mapping.entries {
            out[entry.key.text] = try text(entry.value, "\(name).\(entry.key.text)")
        }
        return out
    }

    /// A map of fields, read by `body`; nil where it is missing or null.
    mutating func object<Result>(
        _ name: String, _ body: (inout Fields) throws(KustomizeError) -> Result
    ) throws(KustomizeError) -> Result? {
        guard let node = take(name) else { return nil }
        return try Fields.read(node, file: file, path: field(name), isStrict: isStrict, body)
    }

    /// A list of maps of fields, each read by `body`.
    mutating func list<Result>(
        _ name: String, _ body: (inout Fields) throws(KustomizeError) -> Result
    ) throws(KustomizeError) -> [Result] {
        var out: [Result] = []
        for (index, node) in try nodes(name).enumerated() {
            out.append(
                try Fields.read(node, file: file, path: field("\(name)[\(index)]"), isStrict: isStrict, body))
        }
        return out
    }

    /// Reads a whole map and refuses what `body` did not take.
    static func read<Result>(
        _ node: YAMLNode, file: String, path: String, isStrict: Bool = true,
        _ body: (inout Fields) throws(KustomizeError) -> Result
    ) throws(KustomizeError) -> Result {
        var fields = try Fields(node, file: file, path: path, isStrict: isStrict)
        let result = try body(&fields)
        try fields.finish()
        return result
    }
}

extension YAMLValue {
    /// A number or boolean as Go writes it where a text is expected; nil for anything else.
    fileprivate var plainText: String? {
        switch self {
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .float(let number): GoFloat.general(number)
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }
}
