internal import KubernetesModel

/// Where a transformer acts: a path in the objects of some kinds.
struct FieldSpec: Hashable, Sendable {
    struct Step: Hashable, Sendable {
        var name: String
        /// Written with `[]`: the field is a list and is never created.
        var isSequence: Bool
    }

    var selector: KindSelector
    /// As written, steps separated by `/`; `\/` is a slash within one.
    var path: String
    /// Create what is missing on the way.
    var create: Bool
    let steps: [Step]

    init(selector: KindSelector = KindSelector(), path: String, create: Bool = false) {
        self.selector = selector
        self.path = path
        self.create = create
        steps = FieldSpec.split(path).map { part in
            part.hasSuffix("[]")
                ? Step(name: String(part.dropLast(2)), isSequence: true)
                : Step(name: part, isSequence: false)
        }
    }

    private static func split(_ path: String) -> [String] {
        var parts: [String] = []
        var joins = false
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            let text = part.hasSuffix("\\") ? part.dropLast() + "/" : part
            if joins { parts[parts.count - 1] += text } else { parts.append(String(text)) }
            joins = part.hasSuffix("\\")
        }
        if joins, let last = parts.indices.last { parts[last].removeLast(); parts[last] += "\\" }
        return parts
    }
}

/// The fields that hold the names of objects of one kind.
struct NameReference: Hashable, Sendable {
    var target: KindSelector
    var referrers: [FieldSpec]
}

extension FieldSpec {
    /// What to put where a field is missing or null.
    enum Missing: Sendable {
        case leave
        case scalar(Scalar.Tag)
        case mapping
    }

    /// Applies an edit to every place in an object that this path leads to, if the object is of the right kind.
    ///
    /// Lists on the way are entered without a step of their own. The edit sees what is there, or what `missing` makes.
    func apply(
        to resource: inout Resource, missing: Missing, _ edit: (inout Node) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        guard selects(resource) else { return }
        try walk(&resource.node, 0, missing, edit)
    }

    func selects(_ resource: Resource) -> Bool {
        if selector == KindSelector() { return true }
        let gvk = resource.gvk
        return selector.selects(group: gvk.group, version: gvk.version, kind: gvk.kind)
    }

    /// Applies an edit from a node that is known to be the right one.
    func walk(
        _ node: inout Node, _ depth: Int, _ missing: Missing, _ edit: (inout Node) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        guard depth < steps.count else {
            try edit(&node)
            return
        }
        switch node {
        case .mapping:
            try node.editMapping { (mapping) throws(DocumentError) in
                try self.step(&mapping, depth, missing, edit)
            }
        case .sequence:
            try node.editSequence { (elements) throws(DocumentError) in
                for index in elements.indices { try self.walk(&elements[index], depth, missing, edit) }
            }
        case .scalar(let scalar):
            guard scalar.tag == .null else {
                throw DocumentError(problem: "a map or list is expected on the way to \(path)")
            }
        }
    }

    private func step(
        _ mapping: inout Mapping, _ depth: Int, _ missing: Missing,
        _ edit: (inout Node) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        let step = steps[depth]
        var creates = create && !step.isSequence
        if case .leave = missing { creates = false }
        let isLast = depth + 1 == steps.count
        guard let index = mapping.index(of: step.name) else {
            guard creates else { return }
            var value = isLast ? missing.node : .mapping(Mapping())
            try walk(&value, depth + 1, missing, edit)
            mapping.entries.append(Mapping.Entry(key: step.name, value: value))
            return
        }
        if mapping.entries[index].value.isNull {
            if step.isSequence {
                mapping.entries[index].value = .sequence([])
            } else if creates {
                mapping.entries[index].value = isLast ? missing.node : .mapping(Mapping())
            }
        }
        do { try walk(&mapping.entries[index].value, depth + 1, missing, edit) } catch {
            throw error.inside(step.name)
        }
    }
}

extension FieldSpec.Missing {
    var node: Node {
        switch self {
        case .leave: .null
        case .scalar(let tag): .scalar(Scalar("", tag: tag))
        case .mapping: .mapping(Mapping())
        }
    }
}
