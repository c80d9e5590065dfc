/// Where the transformers act: kustomize's own fields and those that `configurations` and `crds` add.
struct TransformerConfiguration: Sendable {
    var namePrefix: [FieldSpec] = []
    var nameSuffix: [FieldSpec] = []
    var namespace: [FieldSpec] = []
    var commonLabels: [FieldSpec] = []
    /// Fields that every entry of `labels` acts on.
    var labels: [FieldSpec] = []
    var templateLabels: [FieldSpec] = []
    var commonAnnotations: [FieldSpec] = []
    var nameReferences: [NameReference] = []
    var varReferences: [FieldSpec] = []
    var images: [FieldSpec] = []
    var replicas: [FieldSpec] = []

    /// Whether it holds nothing but what kustomize knows by itself.
    private(set) var isBuiltIn = false

    init() {}

    /// What kustomize knows by itself.
    static let builtIn: TransformerConfiguration = {
        var configuration = TransformerConfiguration()
        var section = ""
        for line in FieldSpecTable.text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "=" {
                section = words[1]
                if section == "nameReference" {
                    configuration.nameReferences.append(
                        NameReference(target: target(words.dropFirst(2)), referrers: []))
                }
                continue
            }
            let selector = KindSelector(group: any(words[0]), version: any(words[1]), kind: any(words[2]))
            configuration.add(
                FieldSpec(selector: selector, path: words[4], create: words[3] == "+"), to: section)
        }
        configuration.sort()
        configuration.isBuiltIn = true
        return configuration
    }()

    private static func any(_ word: String) -> String { word == "*" ? "" : word }

    private static func target(_ words: ArraySlice<String>) -> KindSelector {
        var selector = KindSelector()
        for (offset, word) in words.enumerated() {
            if offset == words.count - 1 {
                selector.kind = word
            } else if word.hasPrefix("v"), word.dropFirst().first?.isNumber == true {
                selector.version = word
            } else {
                selector.group = word
            }
        }
        return selector
    }

    private mutating func add(_ spec: FieldSpec, to section: String) {
        switch section {
        case "nameReference": nameReferences[nameReferences.count - 1].referrers.append(spec)
        case "commonAnnotations": commonAnnotations.append(spec)
        case "images": images.append(spec)
        case "replicas": replicas.append(spec)
        case "varReference": varReferences.append(spec)
        case "namePrefix": namePrefix.append(spec)
        case "nameSuffix": nameSuffix.append(spec)
        case "namespace": namespace.append(spec)
        case "commonLabels": commonLabels.append(spec)
        case "templateLabels": templateLabels.append(spec)
        default: break
        }
    }

    /// Adds another configuration's fields; one field with and without `create` is an error.
    mutating func merge(_ other: TransformerConfiguration, file: String) throws(KustomizeError) {
        // What is built in is in every other configuration already, or was pushed aside there.
        if other.isBuiltIn {
            if isEmpty { self = other }
            return
        }
        isBuiltIn = false
        try namePrefix.merge(other.namePrefix, file: file)
        try nameSuffix.merge(other.nameSuffix, file: file)
        try namespace.merge(other.namespace, file: file)
        try commonLabels.merge(other.commonLabels, file: file)
        try labels.merge(other.labels, file: file)
        try templateLabels.merge(other.templateLabels, file: file)
        try commonAnnotations.merge(other.commonAnnotations, file: file)
        try varReferences.merge(other.varReferences, file: file)
        try images.merge(other.images, file: file)
        try replicas.merge(other.replicas, file: file)
        for reference in other.nameReferences {
            if let index = nameReferences.firstIndex(where: { $0.target == reference.target }) {
                try nameReferences[index].referrers.merge(reference.referrers, file: file)
            } else {
                nameReferences.append(reference)
            }
        }
        sort()
    }

    private var isEmpty: Bool {
        !isBuiltIn && namePrefix.isEmpty && nameReferences.isEmpty && commonLabels.isEmpty && varReferences.isEmpty
            && images.isEmpty && replicas.isEmpty && namespace.isEmpty && nameSuffix.isEmpty && labels.isEmpty
            && templateLabels.isEmpty && commonAnnotations.isEmpty
    }

    /// Puts everything into the order of the kinds, in which kustomize merges and applies.
    mutating func sort() {
        let lists: [WritableKeyPath<TransformerConfiguration, [FieldSpec]>] = [
            \.namePrefix, \.nameSuffix, \.namespace, \.commonLabels, \.labels, \.templateLabels, \.commonAnnotations,
            \.varReferences, \.images, \.replicas,
        ]
        for list in lists { self[keyPath: list].sort { $0.selector.precedes($1.selector) } }
        nameReferences.sort { $0.target.precedes($1.target) }
    }
}

extension [FieldSpec] {
    /// Adds fields that are not there yet.
    mutating func merge(_ others: [FieldSpec], file: String) throws(KustomizeError) {
        for other in others { try merge(other, file: file) }
    }

    mutating func merge(_ other: FieldSpec, file: String) throws(KustomizeError) {
        // A field of some kinds takes the place of the same field of more kinds that comes later, not of an earlier one.
        guard let same = first(where: { $0.path == other.path && other.selector.selects($0.selector) }) else {
            append(other)
            return
        }
        guard same.create == other.create else {
            throw KustomizeError(
                .invalidKustomization, file: file, field: other.path,
                "this field is already known with create: \(same.create): use the same value")
        }
    }
}
