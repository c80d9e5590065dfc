internal import YAML

/// Types that an OpenAPI document defines: for `crds`, which name the fields that hold references, and for `openapi`,
/// which says how lists are merged.
struct OpenAPIDefinitions {
    private let types: [(name: String, schema: YAMLNode)]
    private let file: String

    /// A map from type names to definitions with a `Schema` each, as `crds` takes it.
    init(_ node: YAMLNode, file: String) throws(KustomizeError) {
        self.file = file
        guard let mapping = node.mapping else {
            throw KustomizeError(.invalidKustomization, file: file, line: 1, "a map of type definitions is expected")
        }
        var types: [(String, YAMLNode)] = []
        for entry in mapping.entries {
            guard entry.value.mapping != nil else {
                throw KustomizeError(
                    .invalidKustomization, file: file, line: entry.keyMark?.line, field: entry.key.text,
                    "a type definition is expected: this takes OpenAPI definitions, not a CustomResourceDefinition")
            }
            if let schema = entry.value["Schema"] ?? entry.value["schema"] { types.append((entry.key.text, schema)) }
        }
        self.types = types
    }

    /// A whole OpenAPI document with `definitions`, as `openapi.path` takes it.
    init(schema node: YAMLNode, file: String) throws(KustomizeError) {
        self.file = file
        types = (node["definitions"]?.mapping?.entries ?? []).map { ($0.key.text, $0.value) }
    }

    // MARK: crds

    /// The fields that the definitions mark by `x-kubernetes-*`.
    func configuration() throws(KustomizeError) -> TransformerConfiguration {
        var configuration = TransformerConfiguration()
        for (name, schema) in types {
            // Only whole objects are entry points.
            let properties = schema["properties"]
            guard properties?["kind"] != nil, properties?["apiVersion"] != nil, properties?["metadata"] != nil else {
                continue
            }
            let kind = name.split(separator: ".").last.map(String.init) ?? name
            try add(properties, KindSelector(kind: kind), "", &configuration, visited: [name])
        }
        return configuration
    }

    private func add(
        _ properties: YAMLNode?, _ selector: KindSelector, _ path: String,
        _ configuration: inout TransformerConfiguration, visited: [String]
    ) throws(KustomizeError) {
        guard visited.count < 64 else {
            throw KustomizeError(.limitExceeded, file: file, "type definitions nest too deeply")
        }
        for entry in properties?.mapping?.entries ?? [] {
            let property = entry.value
            let place = path.isEmpty ? entry.key.text : "\(path)/\(entry.key.text)"
            if property["x-kubernetes-annotation"] != nil {
                try configuration.commonAnnotations.merge(FieldSpec(selector: selector, path: place), file: file)
            }
            if property["x-kubernetes-label-selector"] != nil {
                try configuration.commonLabels.merge(FieldSpec(selector: selector, path: place), file: file)
            }
            if property["x-kubernetes-identity"] != nil {
                try configuration.namePrefix.merge(FieldSpec(selector: selector, path: place), file: file)
            }
            if let version = property["x-kubernetes-object-ref-api-version"]?.scalar?.text,
                let kind = property["x-kubernetes-object-ref-kind"]?.scalar?.text
            {
                let nameKey = property["x-kubernetes-object-ref-name-key"]?.scalar?.text ?? "name"
                let slash = version.lastIndex(of: "/")
                let target = KindSelector(
                    group: slash.map { String(version[..<$0]) } ?? "",
                    version: slash.map { String(version[version.index(after: $0)...]) } ?? version, kind: kind)
                var added = TransformerConfiguration()
                added.nameReferences = [
                    NameReference(
                        target: target, referrers: [FieldSpec(selector: selector, path: "\(place)/\(nameKey)")])
                ]
                try configuration.merge(added, file: file)
            }
            let reference = property["$ref"]?.scalar?.text ?? property["items"]?["$ref"]?.scalar?.text
            guard let name = reference.map(Self.typeName), !visited.contains(name),
                let schema = types.first(where: { $0.name == name })?.schema
            else { continue }
            try add(schema["properties"], selector, place, &configuration, visited: visited + [name])
        }
    }

    private static func typeName(_ reference: String) -> String {
        let prefix = "#/definitions/"
        return reference.hasPrefix(prefix) ? String(reference.dropFirst(prefix.count)) : reference
    }

    // MARK: openapi

    /// How lists of these types are merged.
    func mergeSchema() throws(KustomizeError) -> MergeSchema {
        var fields: [String: [String: MergeSchema.Field]] = [:]
        var roots: [String: String] = [:]
        for (name, schema) in types {
            var own: [String: MergeSchema.Field] = [:]
            for entry in schema["properties"]?.mapping?.entries ?? [] {
                own[entry.key.text] = field(entry.value, name + "." + entry.key.text, &fields)
            }
            fields[name] = own
            for kind in schema["x-kubernetes-group-version-kind"]?.sequence ?? [] {
                let group = kind["group"]?.scalar?.text ?? ""
                let version = kind["version"]?.scalar?.text ?? ""
                roots["\(group.isEmpty ? "" : group + "/")\(version)/\(kind["kind"]?.scalar?.text ?? "")"] = name
            }
        }
        return MergeSchema(types: fields, roots: roots)
    }

    /// A field's rule; types that are written in place get a name of their own.
    private func field(
        _ node: YAMLNode, _ name: String, _ fields: inout [String: [String: MergeSchema.Field]]
    ) -> MergeSchema.Field {
        var field = MergeSchema.Field()
        let value = node["items"] ?? node
        if let reference = value["$ref"]?.scalar?.text {
            field.type = Self.typeName(reference)
        } else if let properties = value["properties"]?.mapping {
            var own: [String: MergeSchema.Field] = [:]
            for entry in properties.entries {
                own[entry.key.text] = self.field(entry.value, name + "." + entry.key.text, &fields)
            }
            fields[name] = own
            field.type = name
        }
        let strategies = node["x-kubernetes-patch-strategy"]?.scalar?.text.split(separator: ",") ?? []
        if strategies.contains("merge") {
            if let keys = node["x-kubernetes-list-map-keys"]?.sequence?.compactMap({ $0.scalar?.text }), !keys.isEmpty {
                field.list = .keyed(keys)
            } else if let key = node["x-kubernetes-patch-merge-key"]?.scalar?.text {
                field.list = .keyed([key])
            } else {
                field.list = .set
            }
        }
        return field
    }
}
