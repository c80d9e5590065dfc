extension Build {
    /// Runs a kustomization's transformers over everything accumulated so far, in kustomize's order.
    func transform(
        _ kustomization: Kustomization, _ loader: Loader, _ accumulator: inout Accumulator
    ) throws(KustomizeError) {
        let configuration = accumulator.configuration
        try applyStrategicMergePatches(kustomization, loader, &accumulator.list)
        for patch in kustomization.patches { try apply(patch, loader, &accumulator.list) }
        accumulator.list.dropEmpty()
        try NamespaceTransformer(namespace: kustomization.namespace, fields: configuration.namespace)
            .transform(&accumulator.list, file: kustomization.file)
        try NameTransformer(prefix: kustomization.namePrefix, fields: configuration.namePrefix)
            .transform(&accumulator.list)
        try NameTransformer(suffix: kustomization.nameSuffix, fields: configuration.nameSuffix)
            .transform(&accumulator.list)
        for entry in kustomization.labels {
            let fields = try entry.allFields(configuration, file: kustomization.file)
            try MetadataTransformer(pairs: entry.pairs, fields: fields).transform(&accumulator.list)
        }
        try MetadataTransformer(pairs: kustomization.commonLabels, fields: configuration.commonLabels)
            .transform(&accumulator.list)
        try MetadataTransformer(pairs: kustomization.commonAnnotations, fields: configuration.commonAnnotations)
            .transform(&accumulator.list)
        for patch in kustomization.patchesJSON6902 { try applyJSON6902(patch, loader, &accumulator.list) }
        for replica in kustomization.replicas {
            try ReplicaTransformer(replica: replica, fields: configuration.replicas)
                .transform(&accumulator.list, file: kustomization.file)
        }
        for (index, image) in kustomization.images.enumerated() {
            let field = "images[\(index)]"
            try ImageTransformer(image, fields: configuration.images, file: kustomization.file, field: field)
                .transform(&accumulator.list)
        }
        try replace(kustomization, loader, &accumulator.list)
        accumulator.list.dropEmpty()
        try runTransformerFiles(kustomization, loader, &accumulator)
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
