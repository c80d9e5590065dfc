internal import KubernetesModel

/// Sets the namespace of everything that can have one.
struct NamespaceTransformer {
    /// Which subjects of role bindings get the namespace.
    enum Subjects {
        /// Those that are called "default", of any kind; others follow the objects that they name.
        case namedDefault
        case allServiceAccounts
        case none
    }

    var namespace: String
    var fields: [FieldSpec]
    var subjects = Subjects.namedDefault
    /// Leave what has a namespace already.
    var unsetOnly = false

    func transform(_ list: inout ResourceList, file: String) throws(KustomizeError) {
        guard !namespace.isEmpty else { return }
        let others = otherFields
        try list.forEach { (resource) throws(KustomizeError) in
            guard !resource.isEmpty else { return }
            resource.rememberID()
            do throws(DocumentError) { try self.edit(&resource, others) } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
        }
        if let conflict = list.conflict {
            let (a, b) = (list[conflict.first], list[conflict.second])
            throw KustomizeError(
                .conflict, file: file, field: "namespace",
                "in namespace \(namespace) two objects become one: \(conflict.id), from \(a.origin.file) and"
                    + " \(b.origin.file)")
        }
    }

    /// The kinds whose subjects have rules of their own.
    private static let bindings: Set<String> = ["RoleBinding", "ClusterRoleBinding"]

    /// The fields besides the object's own namespace.
    var otherFields: [FieldSpec] { fields.filter { $0.path != "metadata/namespace" } }

    /// Sets the namespace in one object.
    func edit(_ resource: inout Resource, _ others: [FieldSpec]) throws(DocumentError) {
        try setOwn(&resource)
        let isBinding = Self.bindings.contains(resource.kind)
        if isBinding { setSubjects(&resource) }
        let isCore = resource.apiVersion == "v1"
        for field in others {
            if isBinding, field.path == "subjects/namespace", Self.bindings.contains(field.selector.kind) { continue }
            // Only Kubernetes' own Namespaces are called as the namespace is.
            if field.path == "metadata/name", !isCore { continue }
            try field.apply(to: &resource, missing: .scalar(.string)) { (node) throws(DocumentError) in
                guard node.scalar != nil else {
                    throw DocumentError(
                        problem: "a text is expected at \(field.path), where the namespace goes, not \(node.kindName)")
                }
                self.set(&node)
            }
        }
    }

    private func set(_ node: inout Node) {
        if unsetOnly, !node.text.isEmpty, !node.isNull { return }
        node.setText(namespace, tag: .string)
    }

    private func setOwn(_ resource: inout Resource) throws(DocumentError) {
        guard !resource.id.isClusterScoped else { return }
        try FieldSpec(path: "metadata/namespace", create: true).apply(to: &resource, missing: .scalar(.string)) {
            self.set(&$0)
        }
    }

    private func setSubjects(_ resource: inout Resource) {
        guard subjects != .none else { return }
        resource.node.editMapping { root in
            guard let index = root.index(of: "subjects") else { return }
            root.entries[index].value.editSequence { elements in
                for index in elements.indices {
                    let chosen =
                        subjects == .namedDefault
                        ? elements[index]["name"]?.text == "default"
                        : elements[index]["kind"]?.text == "ServiceAccount"
                    guard chosen else { continue }
                    elements[index].editMapping { subject in
                        if let index = subject.index(of: "namespace") {
                            self.set(&subject.entries[index].value)
                        } else {
                            subject.set("namespace", text: namespace, tag: .string)
                        }
                    }
                }
            }
        }
    }
}
