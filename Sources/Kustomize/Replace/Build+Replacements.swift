internal import Core
internal import YAML

extension Build {
    /// Runs `replacements`.
    func replace(
        _ kustomization: Kustomization, _ loader: Loader, _ list: inout ResourceList
    ) throws(KustomizeError) {
        for entry in kustomization.replacements {
            for replacement in try loaded(entry, loader) {
                try Replacement(replacement, file: loader.file, budget).apply(to: &list)
            }
        }
    }

    /// An entry may name a file of one replacement or a list of them.
    func loaded(_ entry: ReplacementEntry, _ loader: Loader) throws(KustomizeError) -> [ReplacementEntry] {
        guard let path = entry.path, !path.text.isEmpty else { return [entry] }
        guard entry.source == nil, entry.targets.isEmpty else {
            throw KustomizeError(
                .invalidKustomization, file: loader.file, line: entry.line, field: entry.field,
                "a replacement has a path, or a source and targets, not both")
        }
        let (file, bytes) = try loader.file(path)
        let node: YAMLNode?
        do {
            node = try YAML.firstDocument(
                of: YAMLChunk(bytes: bytes[...], firstLine: 1), duplicateKeys: .lastWins, file: file.path)
        } catch {
            throw KustomizeError(.invalidKustomization, yaml: error, file: file.path)
        }
        let nodes = node?.sequence ?? node.map { [$0] } ?? []
        var out: [ReplacementEntry] = []
        for (index, node) in nodes.enumerated() {
            let entry = try Fields.read(node, file: file.path, path: "[\(index)]", isStrict: false) {
                (fields) throws(KustomizeError) in
                try ReplacementEntry(&fields)
            }
            out.append(entry)
        }
        return out
    }
}

/// Copies a value from one object to fields of others.
struct Replacement {
    private let entry: ReplacementEntry
    private let file: String
    private let budget: Budget

    init(_ entry: ReplacementEntry, file: String, _ budget: Budget) throws(KustomizeError) {
        self.entry = entry
        self.file = file
        self.budget = budget
        guard (entry.source == nil) != (entry.sourceValue == nil) else {
            throw error("", "a replacement needs either a source or a sourceValue")
        }
        guard entry.hasTargets else { throw error(".targets", "a replacement needs targets") }
    }

    private func error(_ field: String, _ problem: String) -> KustomizeError {
        KustomizeError(.patchFailed, file: file, line: entry.line, field: entry.field + field, problem)
    }

    func apply(to list: inout ResourceList) throws(KustomizeError) {
        var source = try source(in: list)
        for (index, target) in entry.targets.enumerated() {
            try apply(&source, target, ".targets[\(index)]", &list)
        }
    }

    // MARK: Source

    /// What is copied. kustomize looks at the place that it comes from before every single copy, so a replacement that
    /// writes there too sees what it wrote; a part of a text is taken once.
    private struct Source {
        var value: Node
        /// Nil if the value does not change.
        var place: (index: Int, path: FieldPath)?

        mutating func refresh(from list: ResourceList) {
            guard let place, let now = try? list.resources[place.index].value(at: place.path) else { return }
            value = now
        }
    }

    private func source(in list: ResourceList) throws(KustomizeError) -> Source {
        guard let source = entry.source else { return Source(value: .scalar(Scalar(entry.sourceValue ?? ""))) }
        let wanted = source.selector
        let matches = list.indices.filter { index in
            list.resources[index].allIDs.contains { id in
                (wanted.group.isEmpty || wanted.group == id.group)
                    && (wanted.version.isEmpty || wanted.version == id.version)
                    && (wanted.kind.isEmpty || wanted.kind == id.kind)
                    && (wanted.name.isEmpty || wanted.name == id.name)
                    && (wanted.namespace.isEmpty || wanted.namespace == id.effectiveNamespace)
            }
        }
        guard matches.count == 1, let index = matches.first else {
            throw error(
                ".source",
                matches.isEmpty
                    ? "no object fits the source" : "\(matches.count) objects fit the source: make it more precise")
        }
        let match = list.resources[index]
        let text = source.fieldPath.isEmpty ? "metadata.name" : source.fieldPath
        let path: FieldPath
        let found: Node?
        do {
            path = try FieldPath(text)
            found = try match.value(at: path)
        } catch {
            throw self.error(".source.fieldPath", error.problem)
        }
        guard let found, !found.isNothing else {
            throw error(".source.fieldPath", "\(match.id) has no field \(text), or nothing in it")
        }
        guard let options = source.options, !options.delimiter.isEmpty else {
            return Source(value: found, place: (index, path))
        }
        guard case .scalar(var scalar) = found else {
            throw error(".source.options.delimiter", "only a scalar can be split")
        }
        let parts = scalar.text.pieces(separatedBy: options.delimiter)
        guard options.index >= 0, options.index < parts.count else {
            throw error(".source.options.index", "there are only \(parts.count) parts")
        }
        scalar.text = parts[Int(options.index)]
        return Source(value: .scalar(scalar))
    }

    // MARK: Targets

    private func apply(
        _ source: inout Source, _ target: ReplacementEntry.Target, _ field: String, _ list: inout ResourceList
    ) throws(KustomizeError) {
        guard let select = target.select else { throw error("\(field).select", "a target needs select") }
        let selector = try ResourceSelector(
            select, file: file, line: entry.line, field: entry.field + field + ".select")
        var rejects: [(ids: Bool, selector: ResourceSelector)] = []
        for reject in target.reject {
            let byID =
                reject != Selector(labelSelector: reject.labelSelector, annotationSelector: reject.annotationSelector)
            rejects.append(
                (
                    byID,
                    try ResourceSelector(reject, file: file, line: entry.line, field: entry.field + field + ".reject")
                ))
        }
        let paths = target.fieldPaths.isEmpty ? ["metadata.name"] : target.fieldPaths
        for index in list.indices where selector.matchesSelectors(list.resources[index]) {
            let resource = list.resources[index]
            let isRejected = rejects.contains { reject in
                (reject.ids && reject.selector.matches(anyIDOf: resource))
                    || (reject.selector.hasSelectors && reject.selector.matchesSelectors(resource))
            }
            guard !isRejected, selector.matches(anyIDOf: resource) else { continue }
            try budget.check(file: file)
            for (position, path) in paths.enumerated() {
                do {
                    try copy(&source, to: path, target.options, index, &list)
                } catch {
                    try budget.checkAll(file: file)
                    throw self.error("\(field).fieldPaths[\(position)]", "\(resource.id): \(error.problem)")
                }
            }
        }
    }

    private func copy(
        _ source: inout Source, to text: String, _ options: ReplacementEntry.FieldOptions?, _ index: Int,
        _ list: inout ResourceList
    ) throws(PatternError) {
        source.refresh(from: list)
        let value = source.value
        let leaf = options?.create == true ? FieldPath.Leaf(value) : nil
        let path = try FieldPath(text)
        if StructuredText.set(value, at: path, creating: leaf, in: &list[index].node) { return }
        let count: Int
        if source.place?.index == index {
            count = try copyWithin(&source, to: path, leaf, options, index, &list)
        } else {
            count = try list[index].edit(path, creating: leaf) { (target) throws(PatternError) in
                try self.set(value, options, &target)
            }
        }
        guard count > 0 else {
            throw PatternError(
                problem: leaf == nil
                    ? "there is no field \(text): correct the path, or set options.create" : "\(text) leads nowhere")
        }
    }

    /// Copies a value to other places of its own object: first everything that is missing is created, then one place
    /// after another is set.
    private func copyWithin(
        _ source: inout Source, to path: FieldPath, _ leaf: FieldPath.Leaf?,
        _ options: ReplacementEntry.FieldOptions?, _ index: Int, _ list: inout ResourceList
    ) throws(PatternError) -> Int {
        let count = try path.edit(&list[index].node, creating: leaf) { _ in }
        if count == 1 || path.choosesByValue {
            // A copy may change which elements are chosen, so all are set at once.
            source.refresh(from: list)
            let value = source.value
            return try path.edit(&list[index].node, creating: leaf) { (target) throws(PatternError) in
                try self.set(value, options, &target)
            }
        }
        for turn in 0..<count {
            guard turn < 1000 || !budget.isOverdue else { throw PatternError(problem: "the time is up") }
            source.refresh(from: list)
            let value = source.value
            var position = 0
            _ = try path.edit(&list[index].node, creating: nil) { (target) throws(PatternError) in
                if position == turn { try self.set(value, options, &target) }
                position += 1
            }
        }
        return count
    }

    /// A scalar keeps its type and takes the text; anything else is replaced.
    private func set(
        _ value: Node, _ options: ReplacementEntry.FieldOptions?, _ target: inout Node
    ) throws(PatternError) {
        var value = value
        if let options, !options.delimiter.isEmpty {
            guard case .scalar(let old) = target else { throw PatternError(problem: "only a scalar can be split") }
            var parts = old.text.pieces(separatedBy: options.delimiter)
            if options.index < 0 {
                parts.insert(value.text, at: 0)
            } else if options.index >= parts.count {
                parts.append(value.text)
            } else {
                parts[Int(options.index)] = value.text
            }
            var scalar = value.scalar ?? Scalar("")
            scalar.text = parts.joined(separator: options.delimiter)
            value = .scalar(scalar)
        }
        guard budget.covers(value) else { throw PatternError(problem: "too much is copied") }
        if case .scalar(var scalar) = target {
            scalar.text = value.text
            target = .scalar(scalar)
        } else {
            target = value
        }
    }
}

extension Resource {
    fileprivate func value(at path: FieldPath) throws(PatternError) -> Node? {
        try path.value(in: path.leadsToAnnotations ? nodeWithNotes : node)
    }

    fileprivate mutating func edit(
        _ path: FieldPath, creating leaf: FieldPath.Leaf?, _ body: (inout Node) throws(PatternError) -> Void
    ) throws(PatternError) -> Int {
        guard path.leadsToAnnotations else { return try path.edit(&node, creating: leaf, body) }
        var count = 0
        try editWithNotes { (node) throws(PatternError) in count = try path.edit(&node, creating: leaf, body) }
        return count
    }
}

extension Node {
    /// Null, or a map or list without anything.
    fileprivate var isNothing: Bool {
        switch self {
        case .scalar: isNull
        case .sequence(let elements): elements.isEmpty
        case .mapping(let mapping): mapping.entries.isEmpty
        }
    }
}

extension String {
    /// The parts between occurrences of a separator.
    func pieces(separatedBy separator: String) -> [String] {
        guard !separator.isEmpty else { return map(String.init) }
        let (text, mark) = (Array(utf8), Array(separator.utf8))
        var out: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= text.count {
            if text[index] == mark[0], text[index..<(index + mark.count)].elementsEqual(mark) {
                out.append(String(decoding: text[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        out.append(String(decoding: text[start...], as: UTF8.self))
        return out
    }
}
