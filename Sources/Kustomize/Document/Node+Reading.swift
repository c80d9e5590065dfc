internal import YAML

extension Node {
    /// A node as kustomize reads it: every plain scalar gets the type that its text has in go-yaml 3.
    init(_ yaml: YAMLNode) {
        switch yaml.content {
        case .scalar(let scalar): self = .scalar(Scalar(scalar))
        case .sequence(let elements):
            self = .sequence(elements.map { yaml.isFlow ? Node($0).inBrackets : Node($0) })
        case .mapping(let mapping):
            var entries: [Mapping.Entry] = []
            entries.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries {
                entries.append(
                    Mapping.Entry(key: entry.key.text, keyTag: Scalar(entry.key).tag, value: Node(entry.value)))
            }
            self = .mapping(Mapping(entries, isFlow: yaml.isFlow))
        }
    }

    /// This element of a list in brackets. There are no blocks there; a time of day and a value that is left out get
    /// quotes when kustomize writes them, and are strings then.
    var inBrackets: Node {
        switch self {
        case .scalar(var scalar):
            switch scalar.style {
            case .quoted: break
            case .literal, .folded: scalar.style = .quoted
            case .plain:
                guard scalar.getsQuotesInFlow(YAMLScalar.value(ofPlain: scalar.text, .goYAML3)) else { break }
                scalar.style = .quoted
            }
            return .scalar(scalar)
        case .sequence(let elements): return .sequence(elements.map(\.inBrackets))
        case .mapping(var mapping):
            mapping.isFlow = true
            return .mapping(mapping)
        }
    }
}

extension Scalar {
    init(_ yaml: YAMLScalar) {
        let style = Style(yaml.style)
        guard let tag = yaml.tag else {
            let tag = style == .plain ? Tag(YAMLScalar.value(ofPlain: yaml.text, .goYAML3)) : .string
            self.init(yaml.text, tag: tag, style: style)
            return
        }
        switch tag {
        case "tag:yaml.org,2002:int", "!!int": self.init(yaml.text, tag: .integer)
        case "tag:yaml.org,2002:float", "!!float": self.init(yaml.text, tag: .float)
        case "tag:yaml.org,2002:bool", "!!bool": self.init(yaml.text, tag: .boolean)
        case "tag:yaml.org,2002:null", "!!null": self.init(yaml.text, tag: .null)
        case "tag:yaml.org,2002:timestamp", "!!timestamp": self.init(yaml.text, tag: .timestamp)
        case "tag:yaml.org,2002:binary", "!!binary":
            // Written as the text that it encodes; what encodes nothing is noticed then.
            if case .string(let text)? = try? yaml.value(.goYAML3) {
                self.init(text, tag: .string, style: .quoted)
            } else {
                self.init(yaml.text, tag: .binary)
            }
        default: self.init(yaml.text, tag: .string, style: style)
        }
    }
}

extension Scalar.Style {
    init(_ style: YAMLScalar.Style) {
        switch style {
        case .plain: self = .plain
        case .singleQuoted, .doubleQuoted: self = .quoted
        case .literal: self = .literal
        case .folded: self = .folded
        }
    }
}
