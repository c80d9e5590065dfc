extension FieldSpec {
    init(_ fields: inout Fields) throws(KustomizeError) {
        let selector = KindSelector(
            group: try fields.string("group"), version: try fields.string("version"), kind: try fields.string("kind"))
        self.init(selector: selector, path: try fields.string("path"), create: try fields.bool("create"))
    }
}

extension Selector {
    init(_ fields: inout Fields) throws(KustomizeError) {
        self.init(
            group: try fields.string("group"), version: try fields.string("version"),
            kind: try fields.string("kind"), name: try fields.string("name"),
            namespace: try fields.string("namespace"), labelSelector: try fields.string("labelSelector"),
            annotationSelector: try fields.string("annotationSelector"))
    }
}

extension PatchEntry {
    init(_ fields: inout Fields) throws(KustomizeError) {
        line = fields.line
        field = fields.path
        path = try fields.located("path")
        patch = try fields.located("patch")
        target = try fields.object("target") { (target) throws(KustomizeError) in try Selector(&target) }
        _ = try fields.object("options") { (options) throws(KustomizeError) in
            allowsNameChange = try options.bool("allowNameChange")
            allowsKindChange = try options.bool("allowKindChange")
        }
    }
}

extension ImageOverride {
    init(_ fields: inout Fields) throws(KustomizeError) {
        self.init(
            name: try fields.string("name"), newName: try fields.string("newName"),
            newTag: try fields.string("newTag"), digest: try fields.string("digest"),
            tagSuffix: try fields.string("tagSuffix"))
    }
}

extension GeneratorOptions {
    init(_ fields: inout Fields) throws(KustomizeError) {
        labels = try fields.stringMap("labels")
        annotations = try fields.stringMap("annotations")
        disableNameSuffixHash = try fields.bool("disableNameSuffixHash")
        immutable = try fields.bool("immutable")
    }
}

extension GeneratorEntry {
    init(_ fields: inout Fields, isSecret: Bool) throws(KustomizeError) {
        line = fields.line
        field = fields.path
        name = try fields.string("name")
        namespace = try fields.string("namespace")
        behaviour = try fields.string("behavior")
        type = isSecret ? try fields.string("type") : ""
        literals = try fields.strings("literals")
        envs = try fields.strings("envs")
        if let env = try fields.located("env"), !env.text.isEmpty { envs.append(env) }
        files = try fields.strings("files")
        options = try fields.object("options") { (options) throws(KustomizeError) in try GeneratorOptions(&options) }
    }
}

extension VarEntry {
    init(_ fields: inout Fields) throws(KustomizeError) {
        self.init(
            name: try fields.string("name"), group: "", version: "", kind: "", objectName: "", namespace: "",
            fieldPath: "metadata.name")
        _ = try fields.object("objref") { (reference) throws(KustomizeError) in
            let apiVersion = try reference.string("apiVersion")
            group = try reference.string("group")
            version = try reference.string("version")
            if let slash = apiVersion.firstIndex(of: "/") {
                group = String(apiVersion[..<slash])
                version = String(apiVersion[apiVersion.index(after: slash)...])
            } else if !apiVersion.isEmpty {
                version = apiVersion
            }
            kind = try reference.string("kind")
            objectName = try reference.string("name")
            namespace = try reference.string("namespace")
        }
        _ = try fields.object("fieldref") { (reference) throws(KustomizeError) in
            let path = try reference.string("fieldPath")
            if !path.isEmpty { fieldPath = path }
        }
    }
}

extension ReplacementEntry {
    init(_ fields: inout Fields) throws(KustomizeError) {
        line = fields.line
        field = fields.path
        path = try fields.located("path")
        source = try fields.object("source") { (source) throws(KustomizeError) in
            let fieldPath = try source.string("fieldPath")
            let options = try source.object("options") { (options) throws(KustomizeError) in
                try FieldOptions(&options)
            }
            return Source(selector: try Selector(&source), fieldPath: fieldPath, options: options)
        }
        sourceValue = try fields.located("sourceValue")?.text
        hasTargets = fields.present.contains("targets")
        targets = try fields.list("targets") { (target) throws(KustomizeError) in
            Target(
                select: try target.object("select") { (fields) throws(KustomizeError) in try Selector(&fields) },
                reject: try target.list("reject") { (fields) throws(KustomizeError) in try Selector(&fields) },
                fieldPaths: try target.strings("fieldPaths").map(\.text),
                options: try target.object("options") { (options) throws(KustomizeError) in
                    try FieldOptions(&options)
                })
        }
    }
}

extension ReplacementEntry.FieldOptions {
    init(_ fields: inout Fields) throws(KustomizeError) {
        delimiter = try fields.string("delimiter")
        index = try fields.integer("index") ?? 0
        encoding = try fields.string("encoding")
        create = try fields.bool("create")
    }
}
