internal import Core
internal import KubernetesModel

extension Build {
    /// What happens once, when everything is together: hashes, references, order, and settling of types.
    func finish(_ accumulator: inout Accumulator) throws(KustomizeError) -> RenderResult {
        try addHashes(&accumulator.list)
        var references = NameReferences(accumulator.configuration.nameReferences, budget)
        try references.repair(&accumulator.list)
        try resolveVars(&accumulator)
        accumulator.list.settleShared()
        accumulator.list.removeAll { resource in
            guard let value = resource.node["metadata"]?["annotations"]?["config.kubernetes.io/local-config"] else {
                return false
            }
            return value.text != "false"
        }
        for resource in accumulator.list.resources { try resource.requireIdentity() }
        if let conflict = accumulator.list.conflict {
            let (a, b) = (accumulator.list.resources[conflict.first], accumulator.list.resources[conflict.second])
            throw KustomizeError(
                .conflict, file: b.origin.file, line: b.origin.line,
                "two objects are called \(conflict.id) in the end; the other one is from \(a.origin.file)")
        }
        OutputOrder.apply(sortOptions, to: &accumulator.list)
        if buildMetadata.contains("managedByLabel") {
            try MetadataTransformer(
                pairs: ["app.kubernetes.io/managed-by": "kustomize-v5.8.1"],
                fields: [FieldSpec(path: "metadata/labels", create: true)]
            ).transform(&accumulator.list)
        }
        var dropped = Resource.bookkeeping
        if buildMetadata.contains("originAnnotations") { dropped.remove(Author.originKey) }
        if buildMetadata.contains("transformerAnnotations") { dropped.remove(Author.transformationsKey) }
        var manifests: [RenderedManifest] = []
        manifests.reserveCapacity(accumulator.list.count)
        for index in accumulator.list.indices {
            let resource = accumulator.list[index]
            let (json, node): (JSONValue, Node)
            try budget.spend(resource.node, file: resource.origin.file)
            if index % 64 == 0 { try budget.check() }
            do {
                node = resource.finished(dropping: dropped)
                json = try node.json(isRoot: true)
            } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
            var rendered = RenderedManifest(manifest: Manifest(json), origin: resource.origin.file)
            if json.holdsLargeNumber { rendered.exact = node }
            manifests.append(rendered)
        }
        return RenderResult(
            manifests: manifests, reads: Set(source.reads.map { TreeRead(path: $0.key, id: $0.value) }),
            remotes: remoteReferences, warnings: warnings)
    }

    func addHashes(_ list: inout ResourceList) throws(KustomizeError) {
        for index in list.indices where list.resources[index].needsHash {
            let resource = list[index]
            do {
                let hash = try ContentHash.suffix(of: resource)
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
    fileprivate func finished(dropping dropped: Set<String>) -> Node {
        func isDropped(_ annotation: String) -> Bool { annotation.contains("config.k") && dropped.contains(annotation) }
        guard let metadata = node["metadata"] else {
            var copy = self
            copy.editMetadata { _ in }
            return copy.node
        }
        guard let annotations = metadata["annotations"] else { return node }
        if case .mapping(let mapping) = annotations, !mapping.entries.isEmpty,
            mapping.entries.allSatisfy({
                $0.value.scalar?.tag == .string && $0.value.scalar?.style != .folded && $0.keyTag == .string
                    && !isDropped($0.key)
            }), mapping.repeatedKey == nil
        {
            return node
        }
        var copy = self
        copy.setTexts("annotations", texts("annotations").filter { !isDropped($0.key) })
        return copy.node
    }

    /// What kustomize notes on objects while it works.
    fileprivate static let bookkeeping: Set<String> = [
        Author.transformationsKey, "config.k8s.io/id", "config.kubernetes.io/index",
        Author.originKey, "config.kubernetes.io/path", "internal.config.kubernetes.io/allowKindChange",
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

extension JSONValue {
    /// Whether there is a number that may have been a whole one beyond 63 bits.
    fileprivate var holdsLargeNumber: Bool {
        switch self {
        case .double(let number): number >= 0x1p63 && number <= 0x1p64
        case .array(let elements): elements.contains(where: \.holdsLargeNumber)
        case .object(let object): object.contains { $0.value.holdsLargeNumber }
        default: false
        }
    }
}
