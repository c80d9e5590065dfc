internal import KubernetesModel
internal import YAML

/// Values within a text that is JSON or YAML itself, as a ConfigMap may hold it.
enum StructuredText {
    /// Sets a value in such a text, if the path leads into one. False, and nothing changed, if it does not.
    static func set(_ value: Node, at path: FieldPath, creating leaf: FieldPath.Leaf?, in node: inout Node) -> Bool {
        guard path.steps.count > 1 else { return false }
        for split in 1..<path.steps.count {
            let outer = FieldPath(steps: Array(path.steps[..<split]))
            guard let found = try? outer.value(in: node), case .scalar(let scalar) = found else { continue }
            guard let document = parse(scalar.text) else { continue }
            guard let edited = edited(Node(document), FieldPath(steps: Array(path.steps[split...])), value, leaf) else {
                return false
            }
            guard let text = write(edited, over: document, like: scalar.text) else { return false }
            let count = try? outer.editFirst(&node) { target in
                if case .scalar(var scalar) = target {
                    scalar.text = text
                    target = .scalar(scalar)
                }
            }
            return count ?? false
        }
        return false
    }

    private static func parse(_ text: String) -> YAMLNode? {
        let chunk = YAMLChunk(bytes: Array(text.utf8)[...], firstLine: 1)
        return try? YAML.firstDocument(of: chunk, duplicateKeys: .keep)
    }

    private static func edited(_ document: Node, _ path: FieldPath, _ value: Node, _ leaf: FieldPath.Leaf?) -> Node? {
        var document = document
        let count = try? path.edit(&document, creating: leaf) { target in
            if case .scalar(var scalar) = target {
                scalar.text = value.text
                target = .scalar(scalar)
            } else {
                target = value
            }
        }
        guard let count, count > 0 else { return nil }
        return document
    }

    /// JSON stays JSON, sorted and escaped as Go writes it, in lines if it was; anything else is written as YAML in the
    /// order and styles that it had, without its comments.
    private static func write(_ document: Node, over source: YAMLNode, like original: String) -> String? {
        let first = original.first { !$0.isWhitespace }
        guard first == "{" || first == "[" else {
            var text = YAMLStyledText.text(of: YAMLNode(document, styledAs: source))
            while text.last?.isWhitespace == true { text.removeLast() }
            return text
        }
        guard let json = try? document.json() else { return nil }
        let isPretty = original.contains("\n") && original.firstIndex(ofText: "  ") != nil
        var bytes: [UInt8] = []
        GoJSON.write(json, to: &bytes, indent: isPretty ? 0 : nil)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension YAMLNode {
    /// A node in the styles of the text that it was read from; what is new there is written plainly.
    fileprivate init(_ node: Node, styledAs source: YAMLNode?) {
        switch node {
        case .scalar(let scalar): self.init(.scalar(YAMLScalar(scalar, styledAs: source?.scalar)))
        case .sequence(let elements):
            let old = source?.sequence ?? []
            self.init(
                .sequence(
                    elements.enumerated().map { index, element in
                        YAMLNode(element, styledAs: index < old.count ? old[index] : nil)
                    }), isFlow: source?.isFlow ?? false)
        case .mapping(let mapping):
            let old = source?.mapping?.entries ?? []
            // Entries are replaced where they stand, and new ones come last.
            let entries = mapping.entries.enumerated().map { index, entry in
                let before = index < old.count && old[index].key.text == entry.key ? old[index] : nil
                return YAMLMapping.Entry(
                    key: before?.key ?? YAMLScalar(entry.key), value: YAMLNode(entry.value, styledAs: before?.value))
            }
            self.init(.mapping(YAMLMapping(entries)), isFlow: source?.isFlow ?? false)
        }
    }
}

extension YAMLScalar {
    /// A scalar that keeps the quotes and the type of what stood there.
    fileprivate init(_ scalar: Scalar, styledAs source: YAMLScalar?) {
        guard let source else {
            self.init(scalar.text, style: Style(scalar.style))
            return
        }
        let core = "tag:yaml.org,2002:"
        self.init(
            scalar.text, style: source.style,
            tag: source.tag.map { $0.hasPrefix(core) ? "!!" + $0.dropFirst(core.count) : $0 })
        guard style == .plain, scalar.tag != .none, !scalar.text.contains("\n") else { return }
        let value = YAMLScalar.value(ofPlain: scalar.text, .goYAML3)
        guard Scalar.Tag(value) != scalar.tag else { return }
        if scalar.tag == .string { style = .doubleQuoted } else { tag = scalar.tag.shortName }
    }
}

extension YAMLScalar.Style {
    init(_ style: Scalar.Style) {
        switch style {
        case .plain: self = .plain
        case .quoted: self = .doubleQuoted
        case .literal: self = .literal
        case .folded: self = .folded
        }
    }
}

extension Scalar.Tag {
    /// The tag as YAML writes it.
    fileprivate var shortName: String {
        switch self {
        case .none, .string: "!!str"
        case .integer: "!!int"
        case .float: "!!float"
        case .boolean: "!!bool"
        case .null: "!!null"
        case .timestamp: "!!timestamp"
        case .binary: "!!binary"
        }
    }
}

extension String {
    fileprivate func firstIndex(ofText text: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}

extension FieldPath {
    init(steps: [Step]) {
        text = ""
        self.steps = steps
    }

    /// Edits the one value that a reading path leads to.
    fileprivate func editFirst(_ node: inout Node, _ body: (inout Node) -> Void) throws(PatternError) -> Bool {
        try editFirst(&node, 0, body)
    }

    private func editFirst(_ node: inout Node, _ depth: Int, _ body: (inout Node) -> Void) throws(PatternError) -> Bool
    {
        guard depth < steps.count else {
            body(&node)
            return true
        }
        switch steps[depth] {
        case .field(let name):
            return try node.editMapping { (mapping) throws(PatternError) in
                guard let index = mapping.index(of: name) else { return false }
                return try self.editFirst(&mapping.entries[index].value, depth + 1, body)
            } ?? false
        case let step:
            return try node.editSequence { (elements) throws(PatternError) in
                let index: Int? =
                    switch step {
                    case .index(let index): index < elements.count ? index : nil
                    case .last: elements.indices.last
                    case .matching(let key, let value):
                        elements.firstIndex { key.isEmpty ? $0.text == value : $0[key]?.text == value }
                    default: nil
                    }
                guard let index else { return false }
                return try self.editFirst(&elements[index], depth + 1, body)
            } ?? false
        }
    }
}
