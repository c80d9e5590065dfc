internal import KubernetesModel

/// Adds labels or annotations wherever the fields say.
struct MetadataTransformer {
    private let pairs: [(key: String, value: String)]
    private let fields: [FieldSpec]

    init(pairs: [String: String], fields: [FieldSpec]) {
        self.pairs = pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.fields = fields
    }

    func transform(_ list: inout ResourceList) throws(KustomizeError) {
        guard !pairs.isEmpty else { return }
        try list.forEach { (resource) throws(KustomizeError) in
            let gvk = resource.gvk
            let fields = self.fields.filter {
                $0.selector.selects(group: gvk.group, version: gvk.version, kind: gvk.kind)
            }
            let before = fields.count > 1 ? self.holders(fields, in: resource.node) : []
            do throws(DocumentError) {
                for field in fields {
                    try field.walk(&resource.node, 0, .mapping) { (node) throws(DocumentError) in
                        try self.add(&node)
                    }
                }
            } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
            if fields.count > 1 { self.share(self.holders(fields, in: resource.node), before, in: &resource) }
        }
    }

    /// For each key, the maps that hold it.
    private func holders(_ fields: [FieldSpec], in node: Node) -> [Set<[SharedScalar.Step]>] {
        var found = pairs.map { _ in Set<[SharedScalar.Step]>() }
        for field in fields {
            for place in field.places(in: node) {
                guard let map = node.map(at: place) else { continue }
                for (index, pair) in pairs.enumerated() where map[pair.key] != nil { found[index].insert(place) }
            }
        }
        return found
    }

    /// Notes that every key that was created has one value in all its places.
    private func share(
        _ after: [Set<[SharedScalar.Step]>], _ before: [Set<[SharedScalar.Step]>], in resource: inout Resource
    ) {
        for (index, pair) in pairs.enumerated() {
            let created = after[index].subtracting(before[index])
            guard created.count > 1 else { continue }
            resource.shared.append(
                SharedScalar(
                    key: pair.key, places: created.sorted { $0.lexicographicallyPrecedes($1) },
                    value: Scalar(pair.value, tag: .string)))
        }
    }

    private func add(_ node: inout Node) throws(DocumentError) {
        let done: Void? = node.editMapping { mapping in
            for pair in pairs { mapping.set(pair.key, text: pair.value, tag: .string) }
        }
        guard done == nil, !node.isNull else { return }
        throw DocumentError(problem: "a map is expected, not \(node.kindName)")
    }
}

extension LabelEntry {
    /// The entry's own fields and those that its switches ask for.
    func allFields(_ configuration: TransformerConfiguration, file: String) throws(KustomizeError) -> [FieldSpec] {
        var all = fields
        try all.merge(configuration.labels, file: file)
        if includeSelectors {
            try all.merge(configuration.commonLabels, file: file)
        } else {
            if includeTemplates { try all.merge(configuration.templateLabels, file: file) }
            try all.merge(FieldSpec(path: "metadata/labels", create: true), file: file)
        }
        return all
    }
}
