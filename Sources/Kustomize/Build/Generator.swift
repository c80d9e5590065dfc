internal import Core

extension Build {
    /// Adds generated ConfigMaps, then Secrets, then what `generators` makes.
    func generate(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        for (entries, kind) in [(kustomization.configMaps, "ConfigMap"), (kustomization.secrets, "Secret")] {
            for entry in entries {
                var generated = try generate(entry, kind, kustomization.generatorOptions, loader)
                try noteGenerator(loader.author("\(kind)Generator"), of: &generated)
                try absorb(generated, entry, loader, into: &accumulator.list)
                try checkLimits(accumulator.list, file: loader.file)
            }
        }
        try runGeneratorFiles(kustomization, loader, into: &accumulator)
    }

    /// One generated object, not yet joined with the others.
    func generate(
        _ entry: GeneratorEntry, _ kind: String, _ global: GeneratorOptions?, _ loader: Loader
    ) throws(KustomizeError) -> Resource {
        guard !entry.name.isEmpty else {
            throw KustomizeError(
                .invalidKustomization, file: loader.file, line: entry.line, field: "\(entry.field).name",
                "a generated \(kind) needs a name")
        }
        let pairs = try GeneratorSources(entry: entry, loader: loader).pairs()
        let options = (entry.options ?? GeneratorOptions()).filled(by: global)
        var metadata = Mapping([Mapping.Entry(key: "name", value: .string(entry.name))])
        if !entry.namespace.isEmpty { metadata["namespace"] = .string(entry.namespace) }
        if !options.labels.isEmpty { metadata["labels"] = .strings(options.labels) }
        if !options.annotations.isEmpty { metadata["annotations"] = .strings(options.annotations) }
        var root = Mapping([
            Mapping.Entry(key: "apiVersion", value: .string("v1")),
            Mapping.Entry(key: "kind", value: .string(kind)),
            Mapping.Entry(key: "metadata", value: .mapping(metadata)),
        ])
        if kind == "Secret" {
            root["type"] = .string(entry.type.isEmpty ? "Opaque" : entry.type)
            // A Secret has its map even where it is empty.
            root["data"] = .mapping(Mapping())
            root.addData(pairs, "data") { Base64Text.wrapped($0) }
        } else {
            root.addData(pairs.filter { String(validating: $0.value, as: UTF8.self) != nil }, "data") {
                String(decoding: $0, as: UTF8.self)
            }
            root.addData(pairs.filter { String(validating: $0.value, as: UTF8.self) == nil }, "binaryData") {
                Base64Text.wrapped($0)
            }
        }
        if options.immutable { root["immutable"] = .scalar(Scalar("true", tag: .boolean)) }
        var resource = Resource(
            node: .mapping(root), origin: Resource.Origin(file: loader.file, line: entry.line))
        resource.needsHash = !options.disableNameSuffixHash
        resource.behaviour = entry.behaviour == "merge" ? .merge : entry.behaviour == "replace" ? .replace : .create
        let isKnown = ["create", "merge", "replace"].contains(entry.behaviour)
        resource.generatorBehaviour = isKnown ? entry.behaviour : "unspecified"
        return resource
    }

    /// Joins a generated object with what is there, as its behaviour says.
    func absorb(
        _ generated: Resource, _ entry: GeneratorEntry, _ loader: Loader, into list: inout ResourceList
    ) throws(KustomizeError) {
        func fail(_ code: KustomizeError.Code, _ problem: String) -> KustomizeError {
            KustomizeError(code, file: loader.file, line: entry.line, field: entry.field, problem)
        }
        let matches = list.indexes(everCalled: generated.id)
        guard let index = matches.first else {
            guard generated.behaviour == .create else {
                throw fail(
                    .notFound,
                    "there is no \(generated.id) to merge or replace: check its name and namespace, or use create")
            }
            try list.append(generated)
            return
        }
        guard matches.count == 1 else {
            throw fail(.conflict, "\(matches.count) objects are or were called \(generated.id): give a namespace")
        }
        guard generated.behaviour != .create else {
            throw fail(.conflict, "\(generated.id) is there already: set behavior to merge or replace")
        }
        list.replace(index, with: generated.joined(with: list[index]))
    }
}

extension Mapping {
    fileprivate mutating func addData(
        _ pairs: [(key: String, value: [UInt8])], _ field: String, _ text: ([UInt8]) -> String
    ) {
        guard !pairs.isEmpty else { return }
        self[field] = .mapping(
            Mapping(pairs.map { Mapping.Entry(key: $0.key, value: .string(text($0.value))) }))
    }
}

extension Resource {
    /// This generated object in the place of an older one: it keeps the older one's name, history and metadata, and
    /// for merge its data too.
    fileprivate func joined(with old: Resource) -> Resource {
        var new = self
        new.setTexts("labels", old.texts("labels").merging(texts("labels")) { _, own in own })
        let before = old.texts("annotations")
        var annotations = before.merging(texts("annotations")) { _, own in own }
        if behaviour == .merge, let origin = before[Author.originKey] { annotations[Author.originKey] = origin }
        new.setTexts("annotations", annotations)
        if behaviour == .merge {
            for field in ["data", "binaryData"] {
                var data: [String: Node] = [:]
                for entry in old.node[field]?.mapping?.entries ?? [] { data[entry.key] = .string(entry.value.text) }
                for entry in node[field]?.mapping?.entries ?? [] { data[entry.key] = entry.value }
                let entries = data.sorted { $0.key < $1.key }.map { Mapping.Entry(key: $0.key, value: $0.value) }
                // What is empty then goes.
                new.node.editMapping { $0[field] = entries.isEmpty ? nil : .mapping(Mapping(entries)) }
            }
        }
        new.setName(old.name)
        new.setNamespace(old.namespace)
        new.previous = old.previous
        new.prefixes = old.prefixes
        new.suffixes = old.suffixes
        new.referrers = old.referrers
        new.generatorBehaviour = old.generatorBehaviour
        new.variables = old.variables
        new.needsHash = needsHash && old.needsHash
        return new
    }
}

/// Base64 as kustomize writes it.
enum Base64Text {
    /// In lines of 70 characters if it is longer than one line.
    static func wrapped(_ bytes: [UInt8]) -> String {
        let line = Base64.encode(bytes)
        guard line.utf8.count > 70 else { return line }
        let text = Array(line.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(text.count + text.count / 70 + 1)
        for start in stride(from: 0, to: text.count, by: 70) {
            out.append(contentsOf: text[start..<min(start + 70, text.count)])
            out.append(0x0A)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
