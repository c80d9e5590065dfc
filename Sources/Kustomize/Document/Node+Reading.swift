internal import YAML

extension Node {
    /// A node as kustomize reads it: every plain scalar gets the type that its text has in go-yaml 3.
    init(_ yaml: YAMLNode) {
        switch yaml.content {
        case .scalar(let scalar): self = .scalar(Scalar(scalar))
        case .sequence(let elements): self = .sequence(elements.map { Node($0) })
        case .mapping(let mapping):
            var entries: [Mapping.Entry] = []
            entries.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries {
                entries.append(
                    Mapping.Entry(key: entry.key.text, keyTag: Scalar(entry.key).tag, value: Node(entry.value)))
            }
            self = .mapping(Mapping(entries))
        }
    }
}

extension Scalar {
    init(_ yaml: YAMLScalar) {
        let quoted = yaml.style != .plain
        guard let tag = yaml.tag else {
            self.init(
                yaml.text, tag: quoted ? .string : Tag(YAMLScalar.value(ofPlain: yaml.text, .goYAML3)),
                quoted: quoted, folded: yaml.style == .folded)
            return
        }
        switch tag {
        case "tag:yaml.org,2002:int", "!!int": self.init(yaml.text, tag: .integer)
        case "tag:yaml.org,2002:float", "!!float": self.init(yaml.text, tag: .float)
        case "tag:yaml.org,2002:bool", "!!bool": self.init(yaml.text, tag: .boolean)
        case "tag:yaml.org,2002:null", "!!null": self.init(yaml.text, tag: .null)
        case "tag:yaml.org,2002:timestamp", "!!timestamp": self.init(yaml.text, tag: .timestamp)
        case "tag:yaml.org,2002:binary", "!!binary":
            // Written as the text that it encodes.
            if case .string(let text)? = try? yaml.value(.goYAML3) {
                self.init(text, tag: .string, quoted: true)
            } else {
                self.init(yaml.text, tag: .string, quoted: true)
            }
        default: self.init(yaml.text, tag: .string, quoted: quoted)
        }
    }
}
