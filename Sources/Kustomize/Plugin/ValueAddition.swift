internal import YAML

/// The built-in ValueAddTransformer: puts one text into fields of chosen objects, or into the paths that they hold.
struct ValueAddition {
    private struct Target {
        var selector: ResourceSelector?
        var fieldPath: String
        /// Where to put the text in a path that the field holds, counted from one; zero replaces the whole.
        var position: Int64
    }

    private let value: String
    private var targets: [Target] = []

    init(_ fields: inout Fields, _ build: Build, _ loader: Loader) throws(KustomizeError) {
        let text = try fields.string("value").trimmed
        value = text.isEmpty ? loader.root.split(separator: "/").last.map(String.init) ?? "" : text
        guard !value.isEmpty else {
            throw fields.error("value", "there is no value, and the directory has no name to take instead: give one")
        }
        targets = try Self.targets(&fields)
        if let path = try fields.located("targetFilePath"), !path.text.isEmpty {
            let (file, node) = try build.document(path, loader)
            guard let node else { return }
            targets += try Fields.read(node, file: file, path: "", isStrict: false) { (fields) throws(KustomizeError) in
                try Self.targets(&fields)
            }
        }
        guard !targets.isEmpty else { throw fields.error("targets", "name at least one target") }
    }

    private static func targets(_ fields: inout Fields) throws(KustomizeError) -> [Target] {
        try fields.list("targets") { (entry) throws(KustomizeError) in
            let (file, line, path) = (entry.file, entry.line, entry.path)
            let selector = try entry.object("selector") { (fields) throws(KustomizeError) in
                try ResourceSelector(try Selector(&fields), file: file, line: line, field: "\(path).selector")
            }
            let target = Target(
                selector: selector, fieldPath: try entry.string("fieldPath"),
                position: try entry.integer("filePathPosition") ?? 0)
            guard !target.fieldPath.isEmpty else {
                throw entry.error("fieldPath", "a target needs the path of a field")
            }
            guard target.position >= 0 else { throw entry.error("filePathPosition", "a position is not negative") }
            return target
        }
    }

    func transform(_ list: inout ResourceList) throws(KustomizeError) {
        for target in targets {
            for index in list.indices where target.selector?.matches(list.resources[index]) ?? true {
                do {
                    try add(target, to: &list[index])
                } catch let error as PatternError {
                    throw KustomizeError(
                        .patchFailed, file: list[index].origin.file, line: list[index].origin.line,
                        field: target.fieldPath, error.problem)
                } catch let error as DocumentError {
                    throw KustomizeError(.invalidManifest, error, in: list[index])
                } catch {
                    throw KustomizeError(.patchFailed, file: list[index].origin.file, "\(error)")
                }
            }
        }
    }

    private func add(_ target: Target, to resource: inout Resource) throws {
        if target.fieldPath == "metadata/namespace" {
            return try NamespaceTransformer(namespace: value, fields: []).edit(&resource, [])
        }
        let path = try FieldPath(parts: FieldSpec(path: target.fieldPath).steps.map(\.name))
        _ = try path.edit(&resource.node, creating: .scalar) { (node) throws(PatternError) in
            guard case .scalar(let old) = node else {
                throw PatternError(problem: "a value can be added to a scalar only, not to \(node.kindName)")
            }
            let text = target.position > 0 ? Self.inserting(value, at: target.position - 1, in: old.text) : value
            node = .string(text)
        }
    }

    /// A path with one more component at an index, or at the end if it is shorter. A leading slash stays.
    static func inserting(_ component: String, at index: Int64, in path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        parts.insert(component, at: Int(min(index, Int64(parts.count))))
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
