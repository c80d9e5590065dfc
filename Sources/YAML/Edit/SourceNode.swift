internal import CYAML

/// A node with the bytes it takes in its text, aliases left as they are: what an edit needs to know.
struct SourceNode {
    enum Content {
        case scalar(YAMLScalar)
        case alias(String)
        case sequence([SourceNode], flow: Bool)
        case mapping([(key: SourceNode, value: SourceNode)], flow: Bool)
    }

    let content: Content
    let anchor: String?
    /// From the anchor, tag or first character to the end; of block collections to the end of the last element.
    let range: Range<Int>
    let mark: YAMLMark

    var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// The entry whose key is this text, or, as Go's JSON decoder would have it, differs from it in case only.
    func entry(_ name: String) -> (key: SourceNode, value: SourceNode)? {
        guard case .mapping(let entries, _) = content else { return nil }
        return entries.first { $0.key.scalar?.text == name }
            ?? entries.first { $0.key.scalar?.text.lowercased() == name.lowercased() }
    }

    /// The styles of all scalars below and including this node.
    var quotes: Set<YAMLScalar.Style> {
        var out: Set<YAMLScalar.Style> = []
        func look(_ node: SourceNode) {
            switch node.content {
            case .scalar(let scalar): out.insert(scalar.style)
            case .alias: break
            case .sequence(let elements, _): elements.forEach(look)
            case .mapping(let entries, _):
                for entry in entries {
                    look(entry.key)
                    look(entry.value)
                }
            }
        }
        look(self)
        return out
    }

    /// Where the node's text ends.
    var end: Int { range.upperBound }
}

/// Reads the first document of a text into ``SourceNode``s.
struct SourceParser: ~Copyable {
    private let parser: YAMLEventParser
    private let text: SourceText
    private let file: String
    private var nodes = 0
    private static let depthLimit = 100
    private static let nodeLimit = 1_000_000

    /// The first document's root, or nil if there is none.
    static func root(of text: SourceText, file: String) throws(YAMLError) -> SourceNode? {
        try text.bytes.withUnsafeBufferPointer { bytes throws(YAMLError) in
            var parser = SourceParser(
                parser: try YAMLEventParser(bytes, file: file, lineOffset: 0), text: text, file: file)
            return try parser.document()
        }
    }

    private mutating func document() throws(YAMLError) -> SourceNode? {
        var root: SourceNode?
        while true {
            switch try parser.next() {
            case YAML_DOCUMENT_START_EVENT:
                guard root == nil else {
                    throw YAMLError(
                        .edit, file: file, mark: parser.mark,
                        "there is a second document, which kustomize does not read; remove it")
                }
                root = try node(try parser.next(), depth: 0)
            case YAML_DOCUMENT_END_EVENT where parser.event.pointee.data.document_end.implicit == 0:
                throw YAMLError(
                    .edit, file: file, mark: parser.mark, "the document ends by an explicit ...; remove that line")
            case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
                return root
            default:
                continue
            }
        }
    }

    private mutating func node(_ type: yaml_event_type_t, depth: Int) throws(YAMLError) -> SourceNode {
        nodes += 1
        guard depth < Self.depthLimit, nodes <= Self.nodeLimit else {
            throw YAMLError(.limit, file: file, mark: parser.mark, "the file is too deep or too large to edit")
        }
        let mark = parser.mark
        let event = parser.event
        let start = text.offset(ofCharacter: Int(clamping: event.pointee.start_mark.index))
        let end = text.offset(ofCharacter: Int(clamping: event.pointee.end_mark.index))
        switch type {
        case YAML_SCALAR_EVENT:
            let data = event.pointee.data.scalar
            let value = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            let style: YAMLScalar.Style =
                switch data.style {
                case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
                case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
                case YAML_LITERAL_SCALAR_STYLE: .literal
                case YAML_FOLDED_SCALAR_STYLE: .folded
                default: .plain
                }
            let scalar = YAMLScalar(value, style: style, tag: data.tag.map { Self.string($0) })
            return SourceNode(
                content: .scalar(scalar), anchor: data.anchor.map { Self.string($0) }, range: start..<max(start, end),
                mark: mark)
        case YAML_ALIAS_EVENT:
            let name = event.pointee.data.alias.anchor.map { Self.string($0) } ?? ""
            return SourceNode(content: .alias(name), anchor: nil, range: start..<max(start, end), mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.pointee.data.sequence_start
            let flow = data.style == YAML_FLOW_SEQUENCE_STYLE
            let anchor = data.anchor.map { Self.string($0) }
            var elements: [SourceNode] = []
            while true {
                let type = try parser.next()
                if type == YAML_SEQUENCE_END_EVENT { break }
                elements.append(try node(type, depth: depth + 1))
            }
            let last = flow ? closing() : elements.last?.end ?? end
            return SourceNode(
                content: .sequence(elements, flow: flow), anchor: anchor, range: start..<max(start, last), mark: mark)
        case YAML_MAPPING_START_EVENT:
            let data = event.pointee.data.mapping_start
            let flow = data.style == YAML_FLOW_MAPPING_STYLE
            let anchor = data.anchor.map { Self.string($0) }
            var entries: [(key: SourceNode, value: SourceNode)] = []
            while true {
                let type = try parser.next()
                if type == YAML_MAPPING_END_EVENT { break }
                let key = try node(type, depth: depth + 1)
                entries.append((key, try node(try parser.next(), depth: depth + 1)))
            }
            let last = flow ? closing() : entries.last?.value.end ?? end
            return SourceNode(
                content: .mapping(entries, flow: flow), anchor: anchor, range: start..<max(start, last), mark: mark)
        default:
            throw YAMLError(.syntax, file: file, mark: mark, "a value is expected")
        }
    }

    /// The end of the bracket that the current event closes.
    private func closing() -> Int {
        text.offset(ofCharacter: Int(clamping: parser.event.pointee.end_mark.index))
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>) -> String { String(cString: text) }
}
