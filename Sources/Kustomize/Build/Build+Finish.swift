internal import Core
internal import KubernetesModel

extension Build {
    /// What happens once, when everything is together: hashes, references, order, and settling of types.
    func finish(_ accumulator: inout Accumulator) throws(KustomizeError) -> RenderResult {
        try addHashes(&accumulator.list)
        var references = NameReferences(accumulator.configuration.nameReferences)
        try references.repair(&accumulator.list)
        try resolveVars(&accumulator)
        accumulator.list.removeAll { resource in
            guard let value = resource.node["metadata"]?["annotations"]?["config.kubernetes.io/local-config"] else {
                return false
            }
            return value.text != "false"
        }
        OutputOrder.apply(sortOptions, to: &accumulator.list)
        if buildMetadata.contains("managedByLabel") {
            try MetadataTransformer(
                pairs: ["app.kubernetes.io/managed-by": "kustomize-v5.8.1"],
                fields: [FieldSpec(path: "metadata/labels", create: true)]
            ).transform(&accumulator.list)
        }
        var manifests: [RenderedManifest] = []
        manifests.reserveCapacity(accumulator.list.count)
        for index in accumulator.list.indices {
            let resource = accumulator.list[index]
            let json: JSONValue
            do { json = try resource.withTextAnnotations.json() } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
            manifests.append(RenderedManifest(manifest: Manifest(json), origin: resource.origin.file))
        }
        return RenderResult(
            manifests: manifests, reads: Set(source.reads.map { TreeRead(path: $0.key, id: $0.value) }),
            warnings: warnings)
    }

    func addHashes(_ list: inout ResourceList) throws(KustomizeError) {
        for index in list.indices where list.resources[index].needsHash {
            let resource = list[index]
            do {
                guard let hash = try ContentHash.suffix(of: resource) else { continue }
                list[index].rememberID()
                list[index].setName("\(resource.name)-\(hash)")
            } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
        }
    }
}

extension Resource {
    /// The object with annotations that are strings whatever they were, without those that kustomize keeps for itself;
    /// an empty map of them is dropped.
    fileprivate var withTextAnnotations: Node {
        guard let metadata = node["metadata"] else {
            var copy = self
            copy.editMetadata { _ in }
            return copy.node
        }
        guard let annotations = metadata["annotations"] else { return node }
        if case .mapping(let mapping) = annotations, !mapping.entries.isEmpty,
            mapping.entries.allSatisfy({
                $0.value.scalar?.tag == .string && $0.keyTag == .string && !Self.isBookkeeping($0.key)
            }), mapping.repeatedKey == nil
        {
            return node
        }
        var copy = self
        copy.setTexts("annotations", texts("annotations").filter { !Self.isBookkeeping($0.key) })
        return copy.node
    }

    private static func isBookkeeping(_ annotation: String) -> Bool {
        annotation.contains("config.k") && bookkeeping.contains(annotation)
    }

    /// What kustomize notes on objects while it works.
    private static let bookkeeping: Set<String> = [
        "alpha.config.kubernetes.io/transformations", "config.k8s.io/id", "config.kubernetes.io/index",
        "config.kubernetes.io/origin", "config.kubernetes.io/path", "internal.config.kubernetes.io/allowKindChange",
        "internal.config.kubernetes.io/allowNameChange",
        "internal.config.kubernetes.io/annotations-migration-resource-id",
        "internal.config.kubernetes.io/generatorBehavior", "internal.config.kubernetes.io/id",
        "internal.config.kubernetes.io/index", "internal.config.kubernetes.io/needsHashSuffix",
        "internal.config.kubernetes.io/path", "internal.config.kubernetes.io/prefixes",
        "internal.config.kubernetes.io/previousKinds", "internal.config.kubernetes.io/previousNames",
        "internal.config.kubernetes.io/previousNamespaces", "internal.config.kubernetes.io/refBy",
        "internal.config.kubernetes.io/seqindent", "internal.config.kubernetes.io/suffixes",
    ]
}
