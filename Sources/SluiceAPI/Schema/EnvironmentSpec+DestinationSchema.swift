import KubernetesModel

extension EnvironmentSpec.Destination {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Where the apps are deployed, and what they may touch there.",
        [
            .optional(
                "kubeconfigRef", LocalReference.schema.nullable(),
                "A Secret with the key kubeconfig: another cluster. Exec plugins and insecure TLS are refused. Without it, the operator's own cluster."
            ),
            .optional(
                "namespace", .string(maxLength: 253, pattern: .namespaceTemplate),
                "The namespace for objects that name none; {app} stands for the app's name. Empty: the Environment's own namespace."
            ),
            .optional("createNamespace", .boolean.defaulting(true), "Creates the namespace where it is missing."),
            .optional(
                "namespaceMetadata", EnvironmentSpec.NamespaceMetadata.schema.defaulting([:]),
                "Labels and annotations for the namespaces that are created."),
            .optional(
                "serviceAccountName", .string(maxLength: 253),
                "The service account, in the Environment's namespace, in whose name objects are read and written. Empty: the operator's own rights."
            ),
            .optional(
                "allowedNamespaces", .list(of: .string(maxLength: 254), maxItems: 100),
                "Globs over namespaces that objects may live in; ! negates, the last match decides. Empty: only the destination namespace."
            ),
            .optional(
                "clusterResources", EnvironmentSpec.ClusterResources.schema.defaulting([:]),
                "Which objects without a namespace may be applied."),
            .optional(
                "namespacedResources", EnvironmentSpec.NamespacedResources.schema.defaulting([:]),
                "Which objects in namespaces may be applied."),
            .optional(
                "orphans", .words(of: OrphanPolicy.self).defaulting("Ignore"),
                "Whether objects in the destination namespaces that no manifest names are reported."),
        ])
}

extension EnvironmentSpec.NamespaceMetadata {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Labels and annotations for the namespaces that are created.",
        [
            .optional("labels", .map(maxProperties: 50, maxLength: 63), "Labels for the namespaces."),
            .optional("annotations", .map(maxProperties: 50, maxLength: 4096), "Annotations for the namespaces."),
        ])
}

extension EnvironmentSpec.ClusterResources {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Which objects without a namespace may be applied.",
        [
            .optional(
                "allow",
                .list(of: EnvironmentSpec.KindPattern.schema, maxItems: 200).defaulting([["group": "*", "kind": "*"]]),
                "What may be applied; an empty list means nothing."),
            .optional(
                "deny", .list(of: EnvironmentSpec.KindPattern.schema, maxItems: 200),
                "What may not be applied, whatever the other list says."),
        ])
}

extension EnvironmentSpec.NamespacedResources {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Which objects in namespaces may be applied.",
        [
            .optional(
                "allow", .list(of: EnvironmentSpec.KindPattern.schema, maxItems: 200),
                "What may be applied; an empty list means everything."),
            .optional(
                "deny", .list(of: EnvironmentSpec.KindPattern.schema, maxItems: 200),
                "What may not be applied, whatever the other list says."),
        ])
}

extension EnvironmentSpec.KindPattern {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "A kind of objects.",
        [
            .optional("group", .string(maxLength: 253), "The API group, a glob; empty for the core group."),
            .required("kind", .string(minLength: 1, maxLength: 63), "The kind, a glob."),
        ])
}
