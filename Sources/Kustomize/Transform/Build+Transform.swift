extension Build {
    /// Runs a kustomization's transformers over everything accumulated so far, in kustomize's order.
    func transform(
        _ kustomization: Kustomization, _ loader: Loader, _ accumulator: inout Accumulator
    ) throws(KustomizeError) {
        let configuration = accumulator.configuration
        let file = kustomization.file
        if !kustomization.patchesStrategicMerge.isEmpty {
            try step("PatchStrategicMergeTransformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try self.applyStrategicMergePatches(kustomization, loader, &list)
            }
        }
        for patch in kustomization.patches {
            try step("PatchTransformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try self.apply(patch, loader, &list)
            }
        }
        if !kustomization.namespace.isEmpty {
            let transformer = NamespaceTransformer(
                namespace: kustomization.namespace, fields: configuration.namespace)
            try step("NamespaceTransformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try transformer.transform(&list, file: file)
            }
        }
        if !kustomization.namePrefix.isEmpty {
            let transformer = NameTransformer(prefix: kustomization.namePrefix, fields: configuration.namePrefix)
            try step("PrefixTransformer", loader, &accumulator, transformer.transform)
        }
        if !kustomization.nameSuffix.isEmpty {
            let transformer = NameTransformer(suffix: kustomization.nameSuffix, fields: configuration.nameSuffix)
            try step("SuffixTransformer", loader, &accumulator, transformer.transform)
        }
        try label(kustomization, loader, &accumulator)
        for patch in kustomization.patchesJSON6902 {
            try step("PatchJson6902Transformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try self.applyJSON6902(patch, loader, &list)
            }
        }
        for replica in kustomization.replicas {
            let transformer = ReplicaTransformer(replica: replica, fields: configuration.replicas)
            try step("ReplicaCountTransformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try transformer.transform(&list, file: file)
            }
        }
        for (index, image) in kustomization.images.enumerated() {
            let transformer = try ImageTransformer(
                image, fields: configuration.images, file: file, field: "images[\(index)]")
            try step("ImageTagTransformer", loader, &accumulator, transformer.transform)
        }
        if !kustomization.replacements.isEmpty {
            try step("ReplacementTransformer", loader, &accumulator) { (list) throws(KustomizeError) in
                try self.replace(kustomization, loader, &list)
            }
        }
        try runTransformerFiles(kustomization, loader, &accumulator)
    }

    /// Adds labels and annotations.
    private func label(
        _ kustomization: Kustomization, _ loader: Loader, _ accumulator: inout Accumulator
    ) throws(KustomizeError) {
        let configuration = accumulator.configuration
        for entry in kustomization.labels {
            let fields = try entry.allFields(configuration, file: kustomization.file)
            let transformer = MetadataTransformer(pairs: entry.pairs, fields: fields)
            try step("LabelTransformer", loader, &accumulator, transformer.transform)
        }
        if !kustomization.labels.isEmpty || !kustomization.commonLabels.isEmpty {
            let transformer = MetadataTransformer(
                pairs: kustomization.commonLabels, fields: configuration.commonLabels)
            try step("LabelTransformer", loader, &accumulator, transformer.transform)
        }
        if !kustomization.commonAnnotations.isEmpty {
            let transformer = MetadataTransformer(
                pairs: kustomization.commonAnnotations, fields: configuration.commonAnnotations)
            try step("AnnotationsTransformer", loader, &accumulator, transformer.transform)
        }
    }

    /// Runs one transformer of a kustomization, and what follows every one.
    private func step(
        _ kind: String, _ loader: Loader, _ accumulator: inout Accumulator,
        _ transform: (inout ResourceList) throws(KustomizeError) -> Void
    ) throws(KustomizeError) {
        try transform(&accumulator.list)
        try conclude(loader.author(kind), &accumulator.list)
    }

    /// What follows every transformer: notes, and what it left to be settled.
    func conclude(_ author: Author, _ list: inout ResourceList) throws(KustomizeError) {
        list.settleShared()
        try noteTransformer(author, &list)
        list.dropEmpty()
        try budget.check()
    }

    /// What the caller puts on top, as an outer kustomization would.
    func applyOptions(to accumulator: inout Accumulator) throws(KustomizeError) {
        guard !options.isPlain else { return }
        let configuration = accumulator.configuration
        try NameTransformer(prefix: options.namePrefix, fields: configuration.namePrefix).transform(&accumulator.list)
        try NameTransformer(suffix: options.nameSuffix, fields: configuration.nameSuffix).transform(&accumulator.list)
        try MetadataTransformer(pairs: options.commonLabels, fields: configuration.commonLabels)
            .transform(&accumulator.list)
        try MetadataTransformer(pairs: options.commonAnnotations, fields: configuration.commonAnnotations)
            .transform(&accumulator.list)
        for (index, image) in options.images.enumerated() {
            try ImageTransformer(
                image, fields: configuration.images, file: "", field: "spec.render.images[\(index)]"
            ).transform(&accumulator.list)
        }
    }
}

extension KustomizeError {
    /// A document of a resource is at fault.
    init(_ code: Code, _ error: DocumentError, in resource: Resource) {
        self.init(
            code, file: resource.origin.file, line: resource.origin.line, field: error.field,
            "\(resource.id): \(error.problem)")
    }
}
