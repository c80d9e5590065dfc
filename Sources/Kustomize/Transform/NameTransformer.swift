/// Puts a text before or behind the names of objects.
struct NameTransformer {
    private let prefix: String
    private let suffix: String
    private let fields: [FieldSpec]

    init(prefix: String = "", suffix: String = "", fields: [FieldSpec]) {
        self.prefix = prefix
        self.suffix = suffix
        self.fields = fields
    }

    func transform(_ list: inout ResourceList) throws(KustomizeError) {
        guard !prefix.isEmpty || !suffix.isEmpty else { return }
        try list.forEach { (resource) throws(KustomizeError) in
            try resource.requireIdentity()
            let original = resource.originalID
            guard !Self.isFixed(original) else { return }
            for field in self.fields where field.selector.selects(original) {
                if field.path == "metadata/name" {
                    if !self.prefix.isEmpty { resource.prefixes.append(self.prefix) }
                    if !self.suffix.isEmpty { resource.suffixes.append(self.suffix) }
                    resource.rememberID()
                }
                do throws(DocumentError) {
                    try field.apply(to: &resource, missing: .scalar(.string)) { node in
                        node.setText(self.prefix + node.text + self.suffix)
                    }
                } catch {
                    throw KustomizeError(.invalidManifest, error, in: resource)
                }
            }
        }
    }

    /// Names that other things in a cluster are built on.
    private static func isFixed(_ id: ResourceID) -> Bool {
        switch id.kind {
        case "CustomResourceDefinition", "Namespace": true
        case "APIService": id.group == "apiregistration.k8s.io"
        default: false
        }
    }
}
