internal import Core
internal import YAML

/// Generators, transformers and validators that a kustomization names as files, directories or inline.
///
/// Only those that are built into kustomize are there. Anything that would execute is refused.
extension Build {
    func runGeneratorFiles(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        for plugin in try plugins(kustomization.generators, loader) {
            for (generated, entry) in try plugin.generate(self, loader) {
                var generated = generated
                try noteGenerator(plugin.author, of: &generated)
                try absorb(generated, entry, loader, into: &accumulator.list)
            }
        }
    }

    func runTransformerFiles(
        _ kustomization: Kustomization, _ loader: Loader, _ accumulator: inout Accumulator
    ) throws(KustomizeError) {
        for plugin in try plugins(kustomization.transformers, loader) {
            try plugin.transform(self, loader, &accumulator.list)
            try conclude(plugin.author, &accumulator.list)
        }
        for plugin in try plugins(kustomization.validators, loader) {
            var copy = accumulator.list
            try plugin.transform(self, loader, &copy)
            let isSame = copy.resources.elementsEqual(accumulator.list.resources) { $0.node == $1.node }
            guard isSame else {
                throw KustomizeError(
                    .conflict, file: plugin.resource.origin.file, line: plugin.resource.origin.line,
                    "a validator may not change anything, and \(plugin.resource.id) does")
            }
        }
    }

    /// The plugins that entries lead to: first those that stand in the kustomization itself.
    private func plugins(_ entries: [Located], _ loader: Loader) throws(KustomizeError) -> [Plugin] {
        var found = Accumulator()
        let isInline = { (entry: Located) in entry.text.contains("\n") || entry.text.contains("{") }
        for entry in entries where isInline(entry) {
            var resources = try ManifestReader.resources(entry.text, file: loader.file, line: entry.line)
            for index in resources.indices {
                resources[index].origin.written = loader.author("").file
                resources[index].origin.repositoryNote = loader.repositoryNote
            }
            readSchema(for: resources)
            try found.list.append(contentsOf: resources)
        }
        // What a kustomization of plugins does to names and references holds for them.
        for entry in entries where !isInline(entry) { try addResource(entry, loader, into: &found) }
        return try found.list.resources.map { (resource) throws(KustomizeError) in try Plugin(resource) }
    }
}

/// One built-in generator or transformer with its configuration.
struct Plugin {
    let resource: Resource

    init(_ resource: Resource) throws(KustomizeError) {
        self.resource = resource
        let annotations = resource.texts("annotations")
        guard annotations["config.kubernetes.io/function"] == nil, annotations["config.k8s.io/function"] == nil else {
            throw Self.refused(resource, "functions are not executed")
        }
        guard resource.apiVersion == "builtin" else {
            throw Self.refused(resource, "only built-in plugins run (apiVersion: builtin)")
        }
    }

    /// It as annotations name it.
    var author: Author {
        Author(
            file: resource.origin.written, kind: resource.kind, name: resource.name, namespace: resource.namespace,
            repositoryNote: resource.origin.repositoryNote)
    }

    private static func refused(_ resource: Resource, _ problem: String) -> KustomizeError {
        KustomizeError(
            .refused, file: resource.origin.file, line: resource.origin.line,
            "\(resource.kind) \(resource.name): \(problem)")
    }

    private func unknown() -> KustomizeError {
        Self.refused(resource, "there is no built-in plugin of this kind that runs here")
    }

    /// The configuration's fields. Those of other kinds of plugins are not looked at.
    private func fields() throws(KustomizeError) -> Fields {
        try Fields(
            YAMLNode(resource.node, line: resource.origin.line), file: resource.origin.file, path: "", isStrict: false)
    }

    private func specs(_ fields: inout Fields) throws(KustomizeError) -> [FieldSpec] {
        try fields.list("fieldSpecs") { (spec) throws(KustomizeError) in try FieldSpec(&spec) }
    }

    private func requiredSpecs(_ fields: inout Fields) throws(KustomizeError) -> [FieldSpec] {
        guard fields.present.contains("fieldspecs") else {
            throw fields.error("fieldSpecs", "a \(resource.kind) needs its field specs: metadata/name, for example")
        }
        return try specs(&fields)
    }

    // MARK: Generators

    func generate(
        _ build: Build, _ loader: Loader
    ) throws(KustomizeError) -> [(resource: Resource, entry: GeneratorEntry)] {
        switch resource.kind {
        case "ConfigMapGenerator", "SecretGenerator":
            let isSecret = resource.kind == "SecretGenerator"
            var fields = try fields()
            var entry = try GeneratorEntry(&fields, isSecret: isSecret)
            if entry.name.isEmpty { entry.name = resource.name }
            if entry.namespace.isEmpty { entry.namespace = resource.namespace }
            entry.line = resource.origin.line
            let generated = try build.generate(entry, isSecret ? "Secret" : "ConfigMap", nil, loader)
            return [(generated, entry)]
        case "IAMPolicyGenerator":
            var fields = try fields()
            let generated = try policyAccount(&fields)
            return [(generated, GeneratorEntry(name: generated.name, line: resource.origin.line))]
        default: throw unknown()
        }
    }

    /// A ServiceAccount that stands for an account of Google's cloud.
    private func policyAccount(_ fields: inout Fields) throws(KustomizeError) -> Resource {
        guard try fields.string("cloud") == "gke" else {
            throw fields.error("cloud", "the only cloud that is known is gke")
        }
        var metadata = Mapping()
        _ = try fields.object("kubernetesService") { (service) throws(KustomizeError) in
            metadata["name"] = .string(try service.string("name"))
            let namespace = try service.string("namespace")
            if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
        }
        _ = try fields.object("serviceAccount") { (account) throws(KustomizeError) in
            let address = "\(try account.string("name"))@\(try account.string("projectId")).iam.gserviceaccount.com"
            metadata["annotations"] = .strings(["iam.gke.io/gcp-service-account": address])
        }
        return Resource(
            node: .mapping(
                Mapping([
                    Mapping.Entry(key: "apiVersion", value: .string("v1")),
                    Mapping.Entry(key: "kind", value: .string("ServiceAccount")),
                    Mapping.Entry(key: "metadata", value: .mapping(metadata)),
                ])), origin: resource.origin)
    }

    // MARK: Transformers

    func transform(_ build: Build, _ loader: Loader, _ list: inout ResourceList) throws(KustomizeError) {
        var fields = try fields()
        let file = resource.origin.file
        switch resource.kind {
        case "PrefixTransformer":
            let prefix = try fields.string("prefix")
            try NameTransformer(prefix: prefix, fields: try requiredSpecs(&fields)).transform(&list)
        case "SuffixTransformer":
            let suffix = try fields.string("suffix")
            try NameTransformer(suffix: suffix, fields: try requiredSpecs(&fields)).transform(&list)
        case "PrefixSuffixTransformer":
            let (prefix, suffix) = (try fields.string("prefix"), try fields.string("suffix"))
            let specs = try requiredSpecs(&fields)
            try NameTransformer(prefix: prefix, suffix: suffix, fields: specs).transform(&list)
        case "LabelTransformer":
            let labels = try fields.stringMap("labels")
            try MetadataTransformer(pairs: labels, fields: try specs(&fields)).transform(&list)
        case "AnnotationsTransformer":
            let annotations = try fields.stringMap("annotations")
            try MetadataTransformer(pairs: annotations, fields: try specs(&fields)).transform(&list)
        case "NamespaceTransformer": try namespaceTransformer(&fields).transform(&list, file: file)
        case "ImageTagTransformer":
            let image = try fields.object("imageTag") { (image) throws(KustomizeError) in try ImageOverride(&image) }
            guard let image else { return }
            try ImageTransformer(image, fields: try specs(&fields), file: file, field: "imageTag").transform(&list)
        case "ReplicaCountTransformer":
            let replica = try fields.object("replica") { (replica) throws(KustomizeError) in
                ReplicaEntry(
                    name: try replica.string("name"), count: try replica.integer("count") ?? 0, line: replica.line,
                    field: "replica")
            }
            guard let replica else { return }
            try ReplicaTransformer(replica: replica, fields: try specs(&fields)).transform(&list, file: file)
        case "ReplacementTransformer":
            let entries = try fields.list("replacements") { (entry) throws(KustomizeError) in
                try ReplacementEntry(&entry)
            }
            for entry in entries {
                for replacement in try build.loaded(entry, loader) {
                    try Replacement(replacement, file: file, build.budget).apply(to: &list)
                }
            }
        case "HashTransformer": try build.addHashes(&list)
        case "ValueAddTransformer": try ValueAddition(&fields, build, loader).transform(&list)
        default: try transformByPatch(build, loader, &fields, &list)
        }
    }

    private func transformByPatch(
        _ build: Build, _ loader: Loader, _ fields: inout Fields, _ list: inout ResourceList
    ) throws(KustomizeError) {
        switch resource.kind {
        case "PatchTransformer":
            try build.apply(try PatchEntry(&fields), loader, &list)
        case "PatchJson6902Transformer":
            var entry = try PatchEntry(&fields)
            if let operations = try fields.located("jsonOp") { entry.patch = operations }
            try build.applyJSON6902(entry, loader, &list)
        case "PatchStrategicMergeTransformer":
            var kustomization = Kustomization(file: loader.file)
            kustomization.patchesStrategicMerge = try fields.strings("paths")
            if let patches = try fields.located("patches"), !patches.text.isEmpty {
                // Several documents in one text.
                kustomization.patchesStrategicMerge.append(
                    Located(text: patches.text + "\n", line: patches.line, field: patches.field))
            }
            try build.applyStrategicMergePatches(kustomization, loader, &list)
        default: throw unknown()
        }
    }

    private func namespaceTransformer(_ fields: inout Fields) throws(KustomizeError) -> NamespaceTransformer {
        let subjects: NamespaceTransformer.Subjects
        switch try fields.string("setRoleBindingSubjects") {
        case "", "defaultOnly": subjects = .namedDefault
        case "allServiceAccounts": subjects = .allServiceAccounts
        case "none": subjects = .none
        default:
            throw fields.error(
                "setRoleBindingSubjects", "this is defaultOnly, allServiceAccounts or none")
        }
        return NamespaceTransformer(
            namespace: resource.namespace, fields: try specs(&fields), subjects: subjects,
            unsetOnly: try fields.bool("unsetOnly"))
    }
}

extension YAMLNode {
    /// A node as it would be read once it was written; every part of it is said to stand where the object begins.
    init(_ node: Node, line: Int?, inFlow: Bool = false) {
        let mark = line.map { YAMLMark(line: $0, column: 1) }
        switch node {
        case .scalar(let scalar):
            let isString = scalar.tag == .string || scalar.quoted || (inFlow && scalar.text.isEmpty)
            let style = scalar.style == .folded && !inFlow ? YAMLScalar.Style.folded : isString ? .doubleQuoted : .plain
            self.init(.scalar(YAMLScalar(scalar.text, style: style)), mark: mark)
        case .sequence(let elements):
            self.init(.sequence(elements.map { YAMLNode($0, line: line, inFlow: inFlow) }), mark: mark)
        case .mapping(let mapping):
            self.init(
                .mapping(
                    YAMLMapping(
                        mapping.entries.map {
                            YAMLMapping.Entry(
                                key: YAMLScalar($0.key, style: .doubleQuoted), keyMark: mark,
                                value: YAMLNode($0.value, line: line, inFlow: inFlow || mapping.isFlow))
                        })), mark: mark)
        }
    }
}
