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
            do throws(DocumentError) {
                for field in self.fields
                where field.selector.selects(group: gvk.group, version: gvk.version, kind: gvk.kind) {
                    try field.walk(&resource.node, 0, .mapping) { (node) throws(DocumentError) in
                        try self.add(&node)
                    }
                }
            } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
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
        if includeSelectors {
            try all.merge(configuration.commonLabels, file: file)
        } else {
            if includeTemplates { try all.merge(configuration.templateLabels, file: file) }
            try all.merge(FieldSpec(path: "metadata/labels", create: true), file: file)
        }
        return all
    }
}
