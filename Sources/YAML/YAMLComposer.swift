internal import CYAML

/// Builds nodes from the parser's events: expands aliases, resolves merge keys, and keeps to the limits.
struct YAMLComposer: ~Copyable {
    private struct Anchor {
        /// Nil while the anchored node is still being read, so that a node cannot contain itself.
        var node: YAMLNode?
        /// Nodes below and including it, aliases expanded.
        var size = 0
        /// Levels of nesting below it.
        var height = 0
    }

    private let parser: YAMLEventParser
    private let limits: YAMLLimits
    private let duplicateKeys: YAMLDuplicateKeys
    private let file: String
    /// Whether a second merge key in a mapping is an error.
    private let mergesOnce: Bool
    /// The line, counted from one, that follows the last scalar that was read.
    private(set) var endLine = 1
    /// Nodes so far, aliases expanded.
    private(set) var nodes = 0
    private var aliasedNodes = 0
    private var anchors: [String: Anchor] = [:]

    init(
        _ text: UnsafeBufferPointer<UInt8>, limits: YAMLLimits, duplicateKeys: YAMLDuplicateKeys, file: String,
        lineOffset: Int, mergesOnce: Bool
    ) throws(YAMLError) {
        parser = try YAMLEventParser(text, file: file, lineOffset: lineOffset)
        self.limits = limits
        self.duplicateKeys = duplicateKeys
        self.file = file
        self.mergesOnce = mergesOnce
    }

    /// Reads up to `limit` documents; what follows the last of them is not looked at.
    mutating func documents(upTo limit: Int = .max) throws(YAMLError) -> [YAMLNode] {
        var out: [YAMLNode] = []
        while out.count < limit {
            switch try parser.next() {
            case YAML_DOCUMENT_START_EVENT:
                guard out.count < limits.documents else {
                    throw fail(.limit, "there are more than \(limits.documents) documents; split the file")
                }
                anchors.removeAll(keepingCapacity: true)
                aliasedNodes = 0
                out.append(try node(try parser.next(), depth: 0).node)
            case YAML_STREAM_END_EVENT, YAML_NO_EVENT:
                return out
            default:
                continue
            }
        }
        return out
    }

    private func fail(_ code: YAMLError.Code, _ problem: String, at mark: YAMLMark? = nil) -> YAMLError {
        YAMLError(code, file: file, mark: mark ?? parser.mark, problem)
    }

    private mutating func count(_ more: Int) throws(YAMLError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw fail(.limit, "there are more than \(limits.nodes) values; split the file")
        }
    }

    /// Reads the node whose first event was just taken; returns how many levels it nests as well.
    private mutating func node(
        _ type: yaml_event_type_t, depth: Int
    ) throws(YAMLError) -> (node: YAMLNode, height: Int) {
        let mark = parser.mark
        switch type {
        case YAML_SCALAR_EVENT:
            try count(1)
            endLine = parser.endLine
            let anchor = parser.event.pointee.data.scalar.anchor
            let node = YAMLNode(.scalar(try scalar()), mark: mark)
            if let anchor { anchors[String(cString: anchor)] = Anchor(node: node, size: 1) }
            return (node, 0)
        case YAML_ALIAS_EVENT:
            return try alias(mark: mark, depth: depth)
        case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
            guard depth < limits.depth else {
                throw fail(.limit, "values nest deeper than \(limits.depth) levels")
            }
            let isMapping = type == YAML_MAPPING_START_EVENT
            let anchor =
                isMapping
                ? parser.event.pointee.data.mapping_start.anchor : parser.event.pointee.data.sequence_start.anchor
            let name = anchor.map { String(cString: $0) }
            if let name { anchors[name] = Anchor() }
            let before = nodes
            try count(1)
            let isFlow =
                isMapping
                ? parser.event.pointee.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                : parser.event.pointee.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
            let (content, height) = isMapping ? try mapping(depth: depth) : try sequence(depth: depth)
            let node = YAMLNode(content, mark: mark, isFlow: isFlow)
            if let name { anchors[name] = Anchor(node: node, size: nodes - before, height: height) }
            return (node, height)
        default:
            throw fail(.syntax, "a value is expected")
        }
    }

    private func scalar() throws(YAMLError) -> YAMLScalar {
        let data = parser.event.pointee.data.scalar
        guard data.length <= limits.scalar else {
            throw fail(.limit, "a text is longer than \(limits.scalar) bytes")
        }
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        let style: YAMLScalar.Style =
            switch data.style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
        guard let tag = data.tag else { return YAMLScalar(text, style: style) }
        // The non-specific tag `!` says no more than no tag at all.
        let name = String(cString: tag)
        return YAMLScalar(text, style: style, tag: name == "!" ? nil : name)
    }

    private mutating func alias(
        mark: YAMLMark, depth: Int
    ) throws(YAMLError) -> (node: YAMLNode, height: Int) {
        guard let name = parser.event.pointee.data.alias.anchor.map({ String(cString: $0) }),
            let anchor = anchors[name]
        else { throw fail(.alias, "an alias names an anchor that this document does not define before it") }
        guard var node = anchor.node else { throw fail(.alias, "an alias lies inside the value it stands for") }
        guard depth + anchor.height <= limits.depth else {
            throw fail(.limit, "values nest deeper than \(limits.depth) levels")
        }
        aliasedNodes += anchor.size
        guard aliasedNodes <= limits.aliasedNodes else {
            throw fail(.limit, "aliases expand to more than \(limits.aliasedNodes) values")
        }
        try count(anchor.size)
        node.mark = mark
        return (node, anchor.height)
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> (YAMLNode.Content, height: Int) {
        var elements: [YAMLNode] = []
        var height = 0
        while true {
            let type = try parser.next()
            if type == YAML_SEQUENCE_END_EVENT { break }
            let (element, below) = try node(type, depth: depth + 1)
            elements.append(element)
            height = max(height, below)
        }
        return (.sequence(elements), height + 1)
    }

    private mutating func mapping(depth: Int) throws(YAMLError) -> (YAMLNode.Content, height: Int) {
        var builder = YAMLMappingBuilder(duplicateKeys: duplicateKeys, mergesOnce: mergesOnce)
        var height = 0
        while true {
            let type = try parser.next()
            if type == YAML_MAPPING_END_EVENT { break }
            let keyMark = parser.mark
            let (keyNode, _) = try node(type, depth: depth + 1)
            guard case .scalar(let key) = keyNode.content else {
                throw fail(.value, "a key is a sequence or mapping; keys must be plain text", at: keyMark)
            }
            let (value, below) = try node(try parser.next(), depth: depth + 1)
            height = max(height, below)
            do throws(YAMLError) {
                try builder.add(YAMLMapping.Entry(key: key, keyMark: keyMark, value: value))
            } catch {
                throw error.inFile(file)
            }
        }
        let before = builder.entries.count
        let entries = builder.finish()
        // Merged entries are shared with their anchor, whose alias was counted where it was read.
        try count(max(0, entries.count - before))
        return (.mapping(YAMLMapping(entries)), height + 1)
    }
}
