package import KubernetesModel

/// The resources as a whole: their definitions, in the form that the operator registers and `crds/` holds.
package enum SluiceAPI {
    /// The three CustomResourceDefinitions.
    ///
    /// - Parameter withRules: Whether to include rules in the Common Expression Language. Servers before 1.23 refuse a
    ///   server-side apply with fields that they do not know, so ask ``knowsRules(major:minor:)`` first.
    package static func crds(withRules: Bool) -> [Manifest] {
        [
            Environment.definition(withRules: withRules),
            Promotion.definition(withRules: withRules),
            Rollback.definition(withRules: withRules),
        ]
    }

    /// The three CustomResourceDefinitions in the form that every server takes, which is also that of `crds/`.
    package static let crds: [Manifest] = crds(withRules: false)

    /// Whether a server checks rules in the Common Expression Language: from 1.25 on they are on by default.
    ///
    /// - Parameters:
    ///   - major: As `/version` says it, `1`.
    ///   - minor: As `/version` says it, `20` or `27+`.
    package static func knowsRules(major: String, minor: String) -> Bool {
        guard let major = Int(major), let minor = Int(minor.prefix { $0.isNumber }) else { return false }
        return (major, minor) >= (1, 25)
    }

    /// The schema of one of the three kinds, or nil for any other.
    package static func schema(of kind: GroupVersionKind) -> Schema? {
        switch kind {
        case Environment.gvk: Environment.schema
        case Promotion.gvk: Promotion.schema
        case Rollback.gvk: Rollback.schema
        default: nil
        }
    }
}

extension CustomResource {
    /// The CustomResourceDefinition of this type.
    package static func definition(withRules: Bool) -> Manifest {
        let version: JSONValue = [
            "name": .string(SluiceGroup.version),
            "served": true,
            "storage": true,
            "subresources": ["status": [:]],
            "additionalPrinterColumns": .array(columns.map(\.json)),
            "schema": ["openAPIV3Schema": schema.openAPI(withRules: withRules)],
        ]
        return Manifest([
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": [
                "name": .string("\(plural).\(SluiceGroup.name)"),
                "labels": ["app.kubernetes.io/name": "sluice", "app.kubernetes.io/part-of": "sluice"],
            ],
            "spec": [
                "group": .string(SluiceGroup.name),
                "scope": "Namespaced",
                "names": [
                    "kind": .string(kind),
                    "listKind": .string("\(kind)List"),
                    "plural": .string(plural),
                    "singular": .string(kind.lowercased()),
                    "shortNames": .array(shortNames.map(JSONValue.string)),
                    "categories": [.string(SluiceGroup.category)],
                ],
                "versions": [version],
            ],
        ])
    }
}

extension PrinterColumn {
    fileprivate var json: JSONValue {
        var out: JSONObject = ["name": .string(name), "jsonPath": .string(path), "type": .string(type)]
        if priority != 0 { out["priority"] = .int(Int64(priority)) }
        return .object(out)
    }
}
