internal import KubernetesModel
internal import YAML

extension Build {
    /// Takes note of a kustomization's vars and of the objects that they read from, by the ids of this moment.
    func addVars(_ kustomization: Kustomization, to accumulator: inout Accumulator) throws(KustomizeError) {
        for variable in kustomization.vars {
            let indexes = accumulator.list.indices.filter { index in
                accumulator.list.resources[index].allIDs.contains { variable.refers(to: $0) }
            }
            guard indexes.count < 2 else {
                throw KustomizeError(
                    .conflict, file: kustomization.file, field: "vars.\(variable.name)",
                    "\(indexes.count) objects fit: give the namespace")
            }
            if let index = indexes.first { accumulator.list[index].variables.append(variable.name) }
        }
        try merge(kustomization.vars, into: &accumulator, file: kustomization.file)
    }

    func merge(_ vars: [VarEntry], into accumulator: inout Accumulator, file: String) throws(KustomizeError) {
        for variable in vars {
            guard !accumulator.vars.contains(where: { $0.name == variable.name }) else {
                throw KustomizeError(
                    .conflict, file: file, field: "vars.\(variable.name)",
                    "this var is defined already: use another name")
            }
            accumulator.vars.append(variable)
        }
    }

    /// Puts the values of vars where `$(NAME)` stands.
    func resolveVars(_ accumulator: inout Accumulator) throws(KustomizeError) {
        guard !accumulator.vars.isEmpty else { return }
        var values: [String: Node] = [:]
        for variable in accumulator.vars {
            values[variable.name] = try value(of: variable, in: accumulator.list)
        }
        var expansion = VarExpansion(values: values, budget)
        let fields = accumulator.configuration.varReferences
        try accumulator.list.forEach { (resource) throws(KustomizeError) in
            try budget.check()
            for field in fields where field.selects(resource) {
                do throws(DocumentError) {
                    try field.apply(to: &resource, missing: .leave) { (node) throws(DocumentError) in
                        try expansion.expand(&node)
                    }
                } catch {
                    try budget.checkAll(file: resource.origin.file)
                    throw KustomizeError(.patchFailed, error, in: resource)
                }
                // A value that stands in several places is expanded anew in each: `$$(V)` may become `$(V)` and more.
                resource.settleShared()
            }
        }
        let unused = accumulator.vars.map(\.name).filter { !expansion.used.contains($0) }
        if !unused.isEmpty { warnings.append("vars that nothing uses: \(unused.joined(separator: ", "))") }
    }

    private func value(of variable: VarEntry, in list: ResourceList) throws(KustomizeError) -> Node {
        guard let resource = list.resources.first(where: { $0.variables.contains(variable.name) }) else {
            throw KustomizeError(
                .notFound, field: "vars.\(variable.name)",
                "there is no object \(variable.kind) \(variable.objectName) to read from")
        }
        guard let found = VarExpansion.value(at: variable.fieldPath, in: resource.node) else {
            throw KustomizeError(
                .notFound, file: resource.origin.file, line: resource.origin.line, field: variable.fieldPath,
                "\(resource.id) has no such field, which the var \(variable.name) reads")
        }
        return found
    }
}

extension VarEntry {
    /// Whether the object that this var reads from is called so. Without a namespace any will do.
    fileprivate func refers(to id: ResourceID) -> Bool {
        guard id.group == group, id.version == version, id.kind == kind, id.name == objectName else { return false }
        let own = ResourceID(group: group, version: version, kind: kind, name: objectName, namespace: namespace)
        if namespace.isEmpty, !own.isClusterScoped { return true }
        return own.effectiveNamespace == id.effectiveNamespace
    }
}

/// Replaces `$(NAME)` in texts; `$$` is a dollar sign.
struct VarExpansion {
    let values: [String: Node]
    private(set) var used: Set<String> = []

    private let budget: Budget

    init(values: [String: Node], _ budget: Budget) {
        self.values = values
        self.budget = budget
    }

    mutating func expand(_ node: inout Node) throws(DocumentError) {
        switch node {
        case .scalar(let scalar):
            guard scalar.isString else { return }
            node = try expanded(scalar)
        case .sequence(var elements):
            for index in elements.indices {
                switch elements[index] {
                case .scalar(let scalar):
                    guard scalar.isString else {
                        throw DocumentError(
                            path: ["[\(index)]"], problem: "vars are looked for here, so each element must be a string")
                    }
                    elements[index] = try expanded(scalar)
                default:
                    throw DocumentError(
                        path: ["[\(index)]"], problem: "vars are looked for here, so each element must be a string")
                }
            }
            node = .sequence(elements)
        case .mapping(var mapping):
            for index in mapping.entries.indices {
                guard case .scalar(let scalar) = mapping.entries[index].value, scalar.isString else { continue }
                mapping.entries[index].value = try expanded(scalar)
            }
            node = .mapping(mapping)
        }
    }

    /// A text that is nothing but one reference takes the value's type.
    private mutating func expanded(_ scalar: Scalar) throws(DocumentError) -> Node {
        guard scalar.text.contains("$") else { return .scalar(scalar.expanded(to: scalar.text)) }
        var out: [UInt8] = []
        let text = Array(scalar.text.utf8)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "$"), index + 1 < text.count else {
                out.append(text[index])
                index += 1
                continue
            }
            switch text[index + 1] {
            case UInt8(ascii: "$"):
                out.append(text[index])
                index += 2
            case UInt8(ascii: "("):
                guard let end = text[index...].firstIndex(of: UInt8(ascii: ")")) else {
                    out.append(contentsOf: "$(".utf8)
                    index += 2
                    continue
                }
                let name = String(decoding: text[(index + 2)..<end], as: UTF8.self)
                if case .scalar(let value)? = values[name] {
                    used.insert(name)
                    guard budget.covers(.scalar(value)) else { throw DocumentError(problem: "too much is copied") }
                    if index == 0, end == text.count - 1 { return .scalar(value) }
                    out.append(contentsOf: value.text.utf8)
                } else {
                    out.append(contentsOf: text[index...end])
                }
                index = end + 1
            default:
                out.append(text[index])
                index += 1
            }
        }
        return .scalar(scalar.expanded(to: String(decoding: out, as: UTF8.self)))
    }

    /// A field by a path like `spec.ports[0].port`; `\.` is a dot within a step.
    static func value(at path: String, in node: Node) -> Node? {
        var current = node
        for step in steps(path) {
            if let index = Int(step), case .sequence(let elements) = current {
                guard elements.indices.contains(index) else { return nil }
                current = elements[index]
            } else {
                guard let next = current[step] else { return nil }
                current = next
            }
        }
        return current
    }

    private static func steps(_ path: String) -> [String] {
        var out: [String] = []
        var step = ""
        var characters = path.makeIterator()
        while let character = characters.next() {
            switch character {
            case "\\": if let next = characters.next() { step.append(next) }
            case ".", "[", "]":
                if !step.isEmpty { out.append(step) }
                step = ""
            default: step.append(character)
            }
        }
        if !step.isEmpty { out.append(step) }
        return out
    }
}

extension Scalar {
    /// Whether it is a string as it stands. What a replacement created has no type yet, and counts as one.
    fileprivate var isString: Bool { tag == .string || tag == .none }

    /// The string that it is once vars were looked for in it, whether there were any or not.
    fileprivate func expanded(to text: String) -> Scalar {
        Scalar(text, tag: .string, style: text.utf8.contains(0x0A) ? .literal : style)
    }
}
