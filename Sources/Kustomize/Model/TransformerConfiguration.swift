/// Where the transformers act: kustomize's own fields and those that `configurations` and `crds` add.
struct TransformerConfiguration: Sendable {
    var namePrefix: [FieldSpec] = []
    var nameSuffix: [FieldSpec] = []
    var namespace: [FieldSpec] = []
    var commonLabels: [FieldSpec] = []
    var templateLabels: [FieldSpec] = []
    var commonAnnotations: [FieldSpec] = []
    var nameReferences: [NameReference] = []
    var varReferences: [FieldSpec] = []
    var images: [FieldSpec] = []
    var replicas: [FieldSpec] = []

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
        try namePrefix.merge(other.namePrefix, file: file)
        try nameSuffix.merge(other.nameSuffix, file: file)
        try namespace.merge(other.namespace, file: file)
        try commonLabels.merge(other.commonLabels, file: file)
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
    }
}

extension [FieldSpec] {
    /// Adds fields that are not there yet.
    mutating func merge(_ others: [FieldSpec], file: String) throws(KustomizeError) {
        for other in others { try merge(other, file: file) }
    }

    mutating func merge(_ other: FieldSpec, file: String) throws(KustomizeError) {
        guard let same = first(where: { $0.selector == other.selector && $0.path == other.path }) else {
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
