internal import KubernetesModel

/// One object on its way through a build, with what kustomize remembers of it.
struct Resource: Sendable {
    /// How a generated object joins one that is there already.
    enum Behaviour: Sendable {
        case create, merge, replace
    }

    /// What an object was called before it was renamed.
    struct PreviousID: Sendable {
        var kind: String
        var name: String
        /// The effective one.
        var namespace: String
    }

    /// A mapping; anything else means that the object is to be dropped.
    var node: Node
    /// Where it came from, for messages.
    var origin: Origin
    var previous: [PreviousID] = []
    var prefixes: [String] = []
    var suffixes: [String] = []
    var needsHash = false
    var behaviour = Behaviour.create
    /// The behaviour as kustomize notes it on what it generated; empty for anything else.
    var generatorBehaviour = ""
    var allowsNameChange = false
    var allowsKindChange = false
    /// The objects that refer to this one, as name references found them.
    var referrers: [ResourceID] = []
    /// Values that stand in several places at once.
    var shared: [SharedScalar] = []
    /// The names of the vars that take their value here.
    var variables: [String] = []

    init(node: Node, origin: Origin) {
        self.node = node
        self.origin = origin
    }

    struct Origin: Sendable {
        /// In the tree.
        var file: String
        var line: Int?
        /// The file as the kustomizations name it, from the directory that is built.
        var written = ""
        /// As ``Loader/repositoryNote``.
        var repositoryNote = ""
    }
}

extension Resource {
    var isEmpty: Bool { node.mapping?.entries.isEmpty ?? true }

    var apiVersion: String { node["apiVersion"]?.text ?? "" }
    var kind: String { node["kind"]?.text ?? "" }
    var gvk: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kind) }
    var name: String { node["metadata"]?["name"]?.text ?? "" }
    var namespace: String { node["metadata"]?["namespace"]?.text ?? "" }

    /// What it is called now.
    var id: ResourceID {
        let gvk = gvk
        let metadata = node["metadata"]
        return ResourceID(
            group: gvk.group, version: gvk.version, kind: gvk.kind, name: metadata?["name"]?.text ?? "",
            namespace: metadata?["namespace"]?.text ?? "")
    }

    /// What it was called when it was loaded.
    var originalID: ResourceID {
        guard let first = previous.first else { return id }
        let gvk = gvk
        return ResourceID(
            group: gvk.group, version: gvk.version, kind: first.kind, name: first.name, namespace: first.namespace)
    }

    /// What it was called before, oldest first; the present name is not among them.
    var previousIDs: [ResourceID] {
        guard !previous.isEmpty else { return [] }
        let gvk = gvk
        return previous.map {
            ResourceID(
                group: gvk.group, version: gvk.version, kind: $0.kind, name: $0.name, namespace: $0.namespace)
        }
    }

    /// Everything it was ever called.
    var allIDs: [ResourceID] { previousIDs + [id] }

    /// Remembers what it is called now, before a change.
    mutating func rememberID() {
        let id = id
        previous.append(PreviousID(kind: id.kind, name: id.name, namespace: id.effectiveNamespace))
    }

    /// Throws if a patch took the kind or the name away. Lists need no name.
    func requireIdentity() throws(KustomizeError) {
        let kind = kind
        let missing = kind.isEmpty ? "kind" : name.isEmpty && !kind.hasSuffix("List") ? "metadata.name" : nil
        guard let missing else { return }
        throw KustomizeError(
            .invalidManifest, file: origin.file, line: origin.line, field: missing,
            "after patches and replacements this object has no \(missing): a Kubernetes object needs it")
    }

    mutating func editMetadata(_ body: (inout Mapping) -> Void) {
        node.editMapping { root in
            let index = root.index(of: "metadata")
            if let index {
                if root.entries[index].value.editMapping(body) == nil {
                    var metadata = Mapping()
                    body(&metadata)
                    root.entries[index].value = .mapping(metadata)
                }
            } else {
                var metadata = Mapping()
                body(&metadata)
                root.entries.append(Mapping.Entry(key: "metadata", value: .mapping(metadata)))
            }
        }
    }

    mutating func setName(_ name: String, tag: Scalar.Tag = .string) {
        editMetadata { $0.set("name", text: name, tag: tag) }
    }

    /// Sets or, with an empty text, removes the namespace.
    mutating func setNamespace(_ namespace: String, tag: Scalar.Tag = .string) {
        guard !namespace.isEmpty else {
            if node["metadata"]?["namespace"] != nil { editMetadata { $0["namespace"] = nil } }
            return
        }
        editMetadata { $0.set("namespace", text: namespace, tag: tag) }
    }

    /// The labels or annotations as texts, whatever their types.
    func texts(_ field: String) -> [String: String] {
        var out: [String: String] = [:]
        for entry in node["metadata"]?[field]?.mapping?.entries ?? [] { out[entry.key] = entry.value.text }
        return out
    }

    mutating func setTexts(_ field: String, _ texts: [String: String]) {
        if texts.isEmpty, node["metadata"]?[field] == nil { return }
        editMetadata { $0[field] = texts.isEmpty ? nil : .strings(texts) }
    }
}
