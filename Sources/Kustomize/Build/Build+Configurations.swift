internal import Core
internal import YAML

extension Build {
    /// Adds the fields that `configurations` and `crds` name.
    func mergeConfigurations(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        var own = TransformerConfiguration()
        for name in kustomization.configurations {
            let (file, node) = try document(name, loader)
            guard let node else { continue }
            var fields = try Fields(node, file: file, path: "")
            var configuration = try TransformerConfiguration(&fields)
            try fields.finish()
            configuration.sort()
            try own.merge(configuration, file: file)
        }
        var all = TransformerConfiguration.builtIn
        if !kustomization.configurations.isEmpty { try all.merge(own, file: kustomization.file) }
        try accumulator.configuration.merge(all, file: kustomization.file)
        for name in kustomization.crds {
            let (file, node) = try document(name, loader)
            guard let node else { continue }
            let configuration = try OpenAPIDefinitions(node, file: file).configuration()
            try accumulator.configuration.merge(configuration, file: file)
        }
    }

    /// The first document of a file that a kustomization names.
    func document(_ name: Located, _ loader: Loader) throws(KustomizeError) -> (file: String, node: YAMLNode?) {
        let (file, bytes) = try loader.file(name)
        do {
            let chunk = YAMLChunk(bytes: bytes[...], firstLine: 1)
            return (file.path, try YAML.firstDocument(of: chunk, duplicateKeys: .lastWins, file: file.path))
        } catch {
            throw KustomizeError(.invalidKustomization, yaml: error, file: file.path)
        }
    }

    /// Takes over the schema that a kustomization names, before anything else of it is looked at. The first counts.
    func loadSchema(_ kustomization: Kustomization, _ loader: Loader) throws(KustomizeError) {
        let path = kustomization.openAPIPath.flatMap { $0.text.isEmpty ? nil : $0 }
        let found = try path.map { (path) throws(KustomizeError) in try document(path, loader) }
        guard !hasOwnSchema else { return }
        if let version = kustomization.openAPIVersion, !version.text.isEmpty {
            guard path == nil else {
                throw loader.error(.invalidKustomization, version, "openapi has a path or a version, not both")
            }
            guard version.text == "v1.21.2" else {
                throw loader.error(
                    .invalidKustomization, version, "the built-in schema has the version v1.21.2 only")
            }
            hasOwnSchema = true
            return
        }
        guard let found, let node = found.node else { return }
        let own = try OpenAPIDefinitions(schema: node, file: found.file).mergeSchema()
        // What was in use already stays beside it.
        schema = schemaInUse ? schema.adding(own) : own
        hasOwnSchema = true
    }

    /// Takes note that the schema is read once an object is of a kind that kustomize does not know by heart. A schema
    /// that a later kustomization names stands beside the built-in one then.
    func readSchema(for resources: [Resource]) {
        guard !schemaInUse else { return }
        schemaInUse = resources.contains { !KnownKinds.contains(apiVersion: $0.apiVersion, kind: $0.kind) }
    }
}

extension TransformerConfiguration {
    /// Reads a file of `configurations`.
    init(_ fields: inout Fields) throws(KustomizeError) {
        func specs(_ name: String, _ fields: inout Fields) throws(KustomizeError) -> [FieldSpec] {
            try fields.list(name) { (spec) throws(KustomizeError) in try FieldSpec(&spec) }
        }
        self.init()
        namePrefix = try specs("namePrefix", &fields)
        nameSuffix = try specs("nameSuffix", &fields)
        namespace = try specs("namespace", &fields)
        commonLabels = try specs("commonLabels", &fields)
        labels = try specs("labels", &fields)
        templateLabels = try specs("templateLabels", &fields)
        commonAnnotations = try specs("commonAnnotations", &fields)
        varReferences = try specs("varReference", &fields)
        images = try specs("images", &fields)
        replicas = try specs("replicas", &fields)
        nameReferences = try fields.list("nameReference") { (reference) throws(KustomizeError) in
            NameReference(
                target: KindSelector(
                    group: try reference.string("group"), version: try reference.string("version"),
                    kind: try reference.string("kind")),
                referrers: try specs("fieldSpecs", &reference))
        }
    }
}
