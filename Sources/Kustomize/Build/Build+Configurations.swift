internal import Core
internal import YAML

extension Build {
    /// Adds the fields that `configurations` and `crds` name.
    func mergeConfigurations(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        for name in kustomization.configurations {
            let (file, node) = try document(name, loader)
            guard let node else { continue }
            var fields = try Fields(node, file: file, path: "")
            let configuration = try TransformerConfiguration(&fields)
            try fields.finish()
            try accumulator.configuration.merge(configuration, file: file)
            accumulator.hasOwnConfiguration = true
        }
        for name in kustomization.crds {
            let (file, node) = try document(name, loader)
            guard let node else { continue }
            let configuration = try OpenAPIDefinitions(node, file: file).configuration()
            try accumulator.configuration.merge(configuration, file: file)
            accumulator.hasOwnConfiguration = true
        }
        try loadSchema(kustomization, loader)
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

    private func loadSchema(_ kustomization: Kustomization, _ loader: Loader) throws(KustomizeError) {
        if let version = kustomization.openAPIVersion, !version.text.isEmpty {
            guard version.text == "v1.21.2" else {
                throw loader.error(
                    .invalidKustomization, version, "the built-in schema has the version v1.21.2 only")
            }
            return
        }
        guard let path = kustomization.openAPIPath, !path.text.isEmpty, !hasOwnSchema else { return }
        let (file, node) = try document(path, loader)
        guard let node else { return }
        schema = try OpenAPIDefinitions(schema: node, file: file).mergeSchema()
        hasOwnSchema = true
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
