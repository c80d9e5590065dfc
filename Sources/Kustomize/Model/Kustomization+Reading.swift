internal import YAML

extension Kustomization {
    /// The names that a kustomization file may have, in no order: exactly one may be there.
    static let fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// Reads a kustomization file.
    init(parsing bytes: [UInt8], file: String) throws(KustomizeError) {
        self.init(file: file)
        let node: YAMLNode?
        do {
            node = try YAML.firstDocument(
                of: YAMLChunk(bytes: bytes[...], firstLine: 1), duplicateKeys: .lastWins, file: file)
        } catch {
            throw KustomizeError(.invalidKustomization, yaml: error, file: file)
        }
        guard let node, !node.isNull else { throw emptyFile }
        try Fields.read(node, file: file, path: "") { (fields) throws(KustomizeError) in
            guard !fields.present.subtracting(["apiversion", "kind"]).isEmpty else { throw self.emptyFile }
            try self.readType(&fields)
            try self.refuse(&fields)
            try self.readLists(&fields)
            try self.readTransformers(&fields)
            try self.readGenerators(&fields)
            try self.readOptions(&fields)
        }
    }

    private var emptyFile: KustomizeError {
        KustomizeError(.invalidKustomization, file: file, line: 1, "the kustomization is empty: name its resources")
    }

    private mutating func readType(_ fields: inout Fields) throws(KustomizeError) {
        let kind = try fields.string("kind")
        isComponent = kind == "Component"
        guard ["", "Kustomization", "Component"].contains(kind) else {
            throw fields.error("kind", "the kind is Kustomization or Component")
        }
        let apiVersion = try fields.string("apiVersion")
        let expected = "kustomize.config.k8s.io/" + (isComponent ? "v1alpha1" : "v1beta1")
        guard apiVersion.isEmpty || apiVersion == expected else {
            throw fields.error("apiVersion", "the apiVersion of a \(kind) is \(expected)")
        }
        _ = try fields.object("metadata") { (metadata) throws(KustomizeError) in
            _ = try metadata.string("name")
            _ = try metadata.string("namespace")
            _ = try metadata.stringMap("labels")
            _ = try metadata.stringMap("annotations")
        }
    }

    /// What could execute something.
    private func refuse(_ fields: inout Fields) throws(KustomizeError) {
        for name in ["helmCharts", "helmChartInflationGenerator", "helmGlobals"] {
            guard let node = fields.take(name) else { continue }
            throw KustomizeError(
                .refused, file: file, line: node.mark?.line, field: name,
                "Sluice runs no Helm: render the chart in CI and commit the manifests")
        }
    }

    private mutating func readLists(_ fields: inout Fields) throws(KustomizeError) {
        resources = try fields.strings("resources")
        let bases = try fields.strings("bases")
        if !bases.isEmpty { warnings.append("\(file): 'bases' is deprecated, use 'resources'") }
        resources += bases
        components = try fields.strings("components")
        crds = try fields.strings("crds")
        configurations = try fields.strings("configurations")
        generators = try fields.strings("generators")
        transformers = try fields.strings("transformers")
        validators = try fields.strings("validators")
        buildMetadata = try fields.strings("buildMetadata")
    }

    private mutating func readTransformers(_ fields: inout Fields) throws(KustomizeError) {
        namePrefix = try fields.string("namePrefix")
        nameSuffix = try fields.string("nameSuffix")
        namespace = try fields.string("namespace")
        commonLabels = try fields.stringMap("commonLabels")
        if !commonLabels.isEmpty { warnings.append("\(file): 'commonLabels' is deprecated, use 'labels'") }
        commonAnnotations = try fields.stringMap("commonAnnotations")
        labels = try fields.list("labels") { (entry) throws(KustomizeError) in
            LabelEntry(
                pairs: try entry.stringMap("pairs"), includeSelectors: try entry.bool("includeSelectors"),
                includeTemplates: try entry.bool("includeTemplates"),
                fields: try entry.list("fields") { (fields) throws(KustomizeError) in try FieldSpec(&fields) })
        }
        patchesStrategicMerge = try fields.strings("patchesStrategicMerge")
        if !patchesStrategicMerge.isEmpty {
            warnings.append("\(file): 'patchesStrategicMerge' is deprecated, use 'patches'")
        }
        patches = try fields.list("patches") { (entry) throws(KustomizeError) in try PatchEntry(&entry) }
        patchesJSON6902 = try fields.list("patchesJson6902") { (entry) throws(KustomizeError) in
            try PatchEntry(&entry)
        }
        if !patchesJSON6902.isEmpty { warnings.append("\(file): 'patchesJson6902' is deprecated, use 'patches'") }
        for name in ["images", "imageTags"] {
            images += try fields.list(name) { (entry) throws(KustomizeError) in try ImageOverride(&entry) }
        }
        replicas = try fields.list("replicas") { (entry) throws(KustomizeError) in
            ReplicaEntry(
                name: try entry.string("name"), count: try entry.integer("count") ?? 0, line: entry.line,
                field: entry.path)
        }
        replacements = try fields.list("replacements") { (entry) throws(KustomizeError) in
            try ReplacementEntry(&entry)
        }
        vars = try fields.list("vars") { (entry) throws(KustomizeError) in try VarEntry(&entry) }
        if !vars.isEmpty { warnings.append("\(file): 'vars' is deprecated, use 'replacements'") }
    }

    private mutating func readGenerators(_ fields: inout Fields) throws(KustomizeError) {
        configMaps = try fields.list("configMapGenerator") { (entry) throws(KustomizeError) in
            try GeneratorEntry(&entry, isSecret: false)
        }
        secrets = try fields.list("secretGenerator") { (entry) throws(KustomizeError) in
            try GeneratorEntry(&entry, isSecret: true)
        }
        generatorOptions = try fields.object("generatorOptions") { (options) throws(KustomizeError) in
            try GeneratorOptions(&options)
        }
    }

    private mutating func readOptions(_ fields: inout Fields) throws(KustomizeError) {
        if let node = fields.take("openapi") {
            var openAPI = try Fields(node, file: file, path: "openapi")
            openAPIPath = try openAPI.located("path")
            openAPIVersion = try openAPI.located("version")
        }
        sortOptions = try fields.object("sortOptions") { (options) throws(KustomizeError) in
            let order = try options.string("order")
            guard order == "legacy" || order == "fifo" else {
                throw options.error("order", "the order is legacy or fifo")
            }
            var result = SortOptions(isLegacy: order == "legacy")
            if !result.isLegacy, options.present.contains("legacysortoptions") {
                throw options.error("legacySortOptions", "these options are for the order legacy: remove them")
            }
            _ = try options.object("legacySortOptions") { (legacy) throws(KustomizeError) in
                result.orderFirst = try legacy.strings("orderFirst").map(\.text)
                result.orderLast = try legacy.strings("orderLast").map(\.text)
            }
            return result
        }
    }
}
