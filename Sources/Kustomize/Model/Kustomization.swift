internal import YAML

/// A kustomization file's content.
struct Kustomization: Sendable {
    /// The file itself, in the tree.
    var file: String
    var isComponent = false
    var resources: [Located] = []
    var components: [Located] = []
    var crds: [Located] = []
    var configurations: [Located] = []
    var generators: [Located] = []
    var transformers: [Located] = []
    var validators: [Located] = []
    var namePrefix = ""
    var nameSuffix = ""
    var namespace = ""
    var commonLabels: [String: String] = [:]
    var labels: [LabelEntry] = []
    var commonAnnotations: [String: String] = [:]
    var patchesStrategicMerge: [Located] = []
    var patches: [PatchEntry] = []
    var patchesJSON6902: [PatchEntry] = []
    var images: [ImageOverride] = []
    var replicas: [ReplicaEntry] = []
    var replacements: [ReplacementEntry] = []
    var vars: [VarEntry] = []
    var configMaps: [GeneratorEntry] = []
    var secrets: [GeneratorEntry] = []
    var generatorOptions: GeneratorOptions?
    var openAPIPath: Located?
    var openAPIVersion: Located?
    var buildMetadata: [Located] = []
    var sortOptions: SortOptions?
    /// Deprecated fields that it uses.
    var warnings: [String] = []
}

/// One element of `labels`.
struct LabelEntry: Sendable {
    var pairs: [String: String]
    var includeSelectors: Bool
    var includeTemplates: Bool
    var fields: [FieldSpec]
}

/// What a patch or replacement applies to; regular expressions, an empty one matches anything.
struct Selector: Sendable, Hashable {
    var group = ""
    var version = ""
    var kind = ""
    var name = ""
    var namespace = ""
    var labelSelector = ""
    var annotationSelector = ""
}

/// One element of `patches` or `patchesJson6902`.
struct PatchEntry: Sendable {
    var line: Int?
    /// `patches[0]`
    var field: String
    var path: Located?
    var patch: Located?
    var target: Selector?
    var allowsNameChange = false
    var allowsKindChange = false
}

/// One element of `replicas`.
struct ReplicaEntry: Sendable {
    var name: String
    var count: Int64
    var line: Int?
    var field: String
}

/// One element of `configMapGenerator` or `secretGenerator`.
struct GeneratorEntry: Sendable {
    var line: Int?
    var field: String
    var name: String
    var namespace: String
    var behaviour: String
    /// Of a Secret; empty is Opaque.
    var type: String
    var literals: [Located]
    var envs: [Located]
    var files: [Located]
    var options: GeneratorOptions?

    /// An entry without sources.
    init(name: String, line: Int?) {
        self.name = name
        self.line = line
        (field, namespace, behaviour, type) = ("", "", "", "")
        (literals, envs, files) = ([], [], [])
    }
}

/// `generatorOptions`, or the `options` of one generator.
struct GeneratorOptions: Sendable {
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var disableNameSuffixHash = false
    var immutable = false

    /// These options of one generator with the kustomization's filling the gaps.
    func filled(by global: GeneratorOptions?) -> GeneratorOptions {
        guard let global else { return self }
        return GeneratorOptions(
            labels: labels.merging(global.labels) { own, _ in own },
            annotations: annotations.merging(global.annotations) { own, _ in own },
            disableNameSuffixHash: disableNameSuffixHash || global.disableNameSuffixHash,
            immutable: immutable || global.immutable)
    }
}

/// `sortOptions`: the order of the output.
struct SortOptions: Sendable {
    var isLegacy: Bool
    /// Kinds by rank; nil for the built-in ranks.
    var orderFirst: [String]?
    var orderLast: [String]?
}

/// One element of `vars`.
struct VarEntry: Sendable, Hashable {
    var name: String
    var group: String
    var version: String
    var kind: String
    var objectName: String
    var namespace: String
    var fieldPath: String
}

/// One element of `replacements`, or of a file that one names.
struct ReplacementEntry: Sendable {
    struct Source: Sendable {
        var selector: Selector
        var fieldPath: String
        var options: FieldOptions?
    }

    struct Target: Sendable {
        var select: Selector?
        var reject: [Selector]
        var fieldPaths: [String]
        var options: FieldOptions?
    }

    struct FieldOptions: Sendable {
        var delimiter = ""
        var index: Int64 = 0
        var encoding = ""
        var create = false
    }

    var line: Int?
    var field: String
    var path: Located?
    var source: Source?
    var sourceValue: String?
    /// Whether there is a list of targets, even an empty one.
    var hasTargets: Bool
    var targets: [Target]
}
