extension FieldPath {
    /// What to create where nothing is.
    enum Leaf: Sendable {
        case scalar, sequence, mapping

        init(_ node: Node) {
            switch node {
            case .scalar: self = .scalar
            case .sequence: self = .sequence
            case .mapping: self = .mapping
            }
        }

        var node: Node {
            switch self {
            case .scalar: .scalar(Scalar(""))
            case .sequence: .sequence([])
            case .mapping: .mapping(Mapping())
            }
        }
    }

    /// Edits every value that the path leads to; `[key=value]` matches anywhere in the text, as an expression.
    ///
    /// - Parameter creating: the kind of value to create where there is none; nil to leave it.
    /// - Returns: how many values were edited.
    func edit(
        _ node: inout Node, creating leaf: Leaf?, _ body: (inout Node) throws(PatternError) -> Void
    ) throws(PatternError) -> Int {
        try edit(&node, 0, leaf, body)
    }

    private func edit(
        _ node: inout Node, _ depth: Int, _ leaf: Leaf?, _ body: (inout Node) throws(PatternError) -> Void
    ) throws(PatternError) -> Int {
        guard depth < steps.count else {
            try body(&node)
            return 1
        }
        if case .field(let name) = steps[depth] { return try editField(name, of: &node, depth, leaf, body) }
        guard case .sequence = node else {
            throw PatternError(problem: "at \(text) a list is expected, not \(node.kindName)")
        }
        return try node.editSequence { (elements) throws(PatternError) in
            try self.editElements(&elements, depth, leaf, body)
        } ?? 0
    }

    private func editField(
        _ name: String, of node: inout Node, _ depth: Int, _ leaf: Leaf?,
        _ body: (inout Node) throws(PatternError) -> Void
    ) throws(PatternError) -> Int {
        if node.isNull, leaf == nil { return 0 }
        guard case .mapping = node else {
            throw PatternError(problem: "\(name) is looked for in \(node.kindName), where a map is expected")
        }
        return try node.editMapping { (mapping) throws(PatternError) in
            let index: Int
            if let found = mapping.index(of: name) {
                index = found
            } else if let leaf {
                index = mapping.entries.count
                mapping.entries.append(Mapping.Entry(key: name, value: self.created(depth + 1, leaf)))
            } else {
                return 0
            }
            return try self.edit(&mapping.entries[index].value, depth + 1, leaf, body)
        } ?? 0
    }

    /// What stands where the step at `depth` looks.
    private func created(_ depth: Int, _ leaf: Leaf) -> Node {
        guard depth < steps.count else { return leaf.node }
        switch steps[depth] {
        case .field: return .mapping(Mapping())
        default: return .sequence([])
        }
    }

    private func editElements(
        _ elements: inout [Node], _ depth: Int, _ leaf: Leaf?, _ body: (inout Node) throws(PatternError) -> Void
    ) throws(PatternError) -> Int {
        switch steps[depth] {
        case .every:
            var count = 0
            for index in elements.indices { count += try edit(&elements[index], depth + 1, leaf, body) }
            return count
        case .index(let index):
            if index == elements.count, let leaf { elements.append(created(depth + 1, leaf)) }
            guard index < elements.count else {
                throw PatternError(problem: "there is no element \(index), only \(elements.count)")
            }
            return try edit(&elements[index], depth + 1, leaf, body)
        case .matching(let key, let value):
            let pattern = try Pattern(value)
            var count = 0
            for index in elements.indices where Self.matches(elements[index], key, pattern) {
                count += try edit(&elements[index], key.isEmpty ? steps.count : depth + 1, leaf, body)
            }
            guard count == 0, let leaf else { return count }
            // Nothing fits: make an element that does.
            let scalar = Node.scalar(Scalar(value))
            elements.append(
                key.isEmpty ? scalar : .mapping(Mapping([Mapping.Entry(key: key, value: scalar)])))
            guard Self.matches(elements[elements.count - 1], key, pattern) else {
                throw PatternError(problem: "no element fits \(text), and none can be made")
            }
            return try edit(
                &elements[elements.count - 1], key.isEmpty ? steps.count : depth + 1, leaf, body)
        case .last, .field:
            throw PatternError(problem: "'-' stands for an element in sources only")
        }
    }

    private static func matches(_ element: Node, _ key: String, _ pattern: Pattern) -> Bool {
        if key.isEmpty { return pattern.matches(element.text) }
        guard let value = element[key] else { return false }
        return pattern.matches(value.text)
    }
}
