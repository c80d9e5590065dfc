/// Makes references follow the objects that were renamed.
///
/// Objects that were renamed are found by their previous names, so the work is proportional to the references and not
/// to the pairs of objects.
struct NameReferences {
    private let references: [NameReference]
    private let budget: Budget
    /// Objects by each name that they had before the present one.
    private var byPreviousName: [String: [Int]] = [:]
    private var byKind: [String: [(target: KindSelector, field: FieldSpec)]] = [:]
    private var anyKind: [(target: KindSelector, field: FieldSpec)] = []

    init(_ references: [NameReference], _ budget: Budget) {
        self.references = references
        self.budget = budget
    }

    mutating func repair(_ list: inout ResourceList) throws(KustomizeError) {
        for resource in list.resources where resource.kind == "RoleBinding" { try Self.checkSubjects(of: resource) }
        for (index, resource) in list.resources.enumerated() {
            for name in Set(resource.previous.map(\.name)) { byPreviousName[name, default: []].append(index) }
        }
        guard !byPreviousName.isEmpty else { return }
        // Ids and kinds do not change from here on, only references do.
        let candidates = list.resources
        for index in list.indices {
            try budget.check()
            let original = candidates[index].originalID
            var referrer = Referrer(candidates[index])
            for reference in references {
                for field in reference.referrers where field.selector.selects(original) {
                    var found: [Int] = []
                    do {
                        try field.walk(&list[index].node, 0, .leave) { (node) throws(DocumentError) in
                            try self.update(&node, field, reference.target, &referrer, candidates, &found)
                        }
                    } catch {
                        throw KustomizeError(.conflict, error, in: candidates[index])
                    }
                    for target in found where !list[target].referrers.contains(referrer.id) {
                        list[target].referrers.append(referrer.id)
                    }
                }
            }
        }
    }

    /// Throws if a service account that a role binding names has a namespace that is no text.
    private static func checkSubjects(of resource: Resource) throws(KustomizeError) {
        for (index, subject) in (resource.node["subjects"]?.sequence ?? []).enumerated()
        where subject["kind"]?.text == "ServiceAccount" {
            guard let namespace = subject["namespace"] else { continue }
            if let scalar = namespace.scalar, scalar.quoted || [.string, .none].contains(scalar.tag) { continue }
            throw KustomizeError(
                .invalidManifest, file: resource.origin.file, line: resource.origin.line,
                field: "subjects.[\(index)].namespace",
                "\(resource.id): the namespace of a service account is not a text: name one, or leave the field out")
        }
    }

    /// The object that holds a reference.
    private struct Referrer {
        let resource: Resource
        let id: ResourceID
        let isClusterScoped: Bool
        let namespace: String
        /// For a role binding: the namespaces of the service accounts that it names.
        let subjectNamespaces: Set<String>

        init(_ resource: Resource) {
            self.resource = resource
            id = resource.id
            isClusterScoped = id.isClusterScoped
            namespace = id.effectiveNamespace
            var namespaces: Set<String> = []
            if resource.kind == "RoleBinding" {
                for subject in resource.node["subjects"]?.sequence ?? []
                where subject["kind"]?.text == "ServiceAccount" {
                    if let namespace = subject["namespace"]?.text { namespaces.insert(namespace) }
                }
            }
            subjectNamespaces = namespaces
        }
    }

    private func update(
        _ node: inout Node, _ field: FieldSpec, _ target: KindSelector, _ referrer: inout Referrer,
        _ candidates: [Resource], _ found: inout [Int]
    ) throws(DocumentError) {
        switch node {
        case .scalar(let scalar):
            guard scalar.tag != .null else { return }
            guard let index = try select(scalar.text, field, target, referrer, candidates, namespace: nil) else {
                return
            }
            found.append(index)
            let name = candidates[index].name
            if name != scalar.text { node.setText(name) }
        case .sequence:
            try node.editSequence { (elements) throws(DocumentError) in
                for index in elements.indices {
                    try self.update(&elements[index], field, target, &referrer, candidates, &found)
                }
            }
        case .mapping(let mapping):
            guard let name = mapping["name"] else {
                throw DocumentError(
                    problem: "there is no name at \(field.path), where a reference to a \(target.kind) is expected")
            }
            let namespace = mapping["namespace"]?.text
            guard let index = try select(name.text, field, target, referrer, candidates, namespace: .some(namespace))
            else { return }
            found.append(index)
            let chosen = candidates[index]
            if chosen.name == name.text, chosen.namespace.isEmpty { return }
            node.editMapping { mapping in
                mapping.set("name", text: chosen.name, tag: .none)
                if !chosen.namespace.isEmpty { mapping.set("namespace", text: chosen.namespace, tag: .none) }
            }
        }
    }

    /// The object that a name leads to; nil if there is none among the renamed.
    ///
    /// - Parameter namespace: of a map that holds name and namespace; nil for plain names.
    private func select(
        _ name: String, _ field: FieldSpec, _ target: KindSelector, _ referrer: Referrer, _ candidates: [Resource],
        namespace: String??
    ) throws(DocumentError) -> Int? {
        guard var chosen = byPreviousName[name] else { return nil }
        chosen = chosen.filter { index in
            let candidate = candidates[index]
            return candidate.previousIDs.contains { target.selects($0) }
        }
        guard !chosen.isEmpty else { return nil }
        chosen = chosen.filter { isVisible(candidates[$0], to: referrer) }
        if let namespace, let wanted = namespace {
            let original = chosen.filter {
                let id = candidates[$0].originalID
                return !id.isClusterScoped && id.effectiveNamespace == wanted
            }
            let originally = candidates.contains {
                let id = $0.originalID
                return !id.isClusterScoped && id.effectiveNamespace == wanted && isVisible($0, to: referrer)
            }
            chosen =
                originally
                ? original
                : chosen.filter {
                    let id = candidates[$0].id
                    return !id.isClusterScoped && id.effectiveNamespace == wanted
                }
        }
        if field.path.hasSuffix("roleRef/name"), let role = roleReference(referrer.resource) {
            chosen = chosen.filter { candidates[$0].previousIDs.contains { role.selects($0) } }
        }
        if !referrer.isClusterScoped {
            chosen = chosen.filter {
                let id = candidates[$0].id
                return id.isClusterScoped || id.kind == "ServiceAccount" || id.effectiveNamespace == referrer.namespace
            }
        }
        if chosen.count < 2 { return chosen.first }
        let context = referrer.resource
        for allowsEmpty in [true, false] {
            chosen = chosen.filter { sharesAffixes(candidates[$0], context, allowsEmpty: allowsEmpty) }
            if chosen.count < 2 { return chosen.first }
        }
        let first = candidates[chosen[0]]
        let same = chosen.allSatisfy {
            candidates[$0].name == first.name && (namespace == nil || candidates[$0].namespace == first.namespace)
        }
        guard same else {
            throw DocumentError(
                problem: "the reference to '\(name)' at \(field.path) may mean any of "
                    + chosen.map { candidates[$0].id.description }.joined(separator: ", ")
                    + ": give them different names")
        }
        return chosen[0]
    }

    private func isVisible(_ candidate: Resource, to referrer: Referrer) -> Bool {
        if referrer.isClusterScoped { return true }
        let id = candidate.id
        return id.isClusterScoped || id.effectiveNamespace == referrer.namespace
            || referrer.subjectNamespaces.contains(candidate.namespace)
    }

    private func roleReference(_ resource: Resource) -> KindSelector? {
        guard let reference = resource.node["roleRef"], let group = reference["apiGroup"], let kind = reference["kind"]
        else { return nil }
        return KindSelector(group: group.text, kind: kind.text)
    }

    /// Whether two objects were prefixed and suffixed alike, from the outermost inwards.
    private func sharesAffixes(_ a: Resource, _ b: Resource, allowsEmpty: Bool) -> Bool {
        func same(_ a: [String], _ b: [String]) -> Bool {
            if allowsEmpty, a.isEmpty || b.isEmpty { return true }
            let count = min(a.count, b.count)
            if count == 0 { return a.count == b.count }
            return a.suffix(count) == b.suffix(count)
        }
        return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes)
    }
}
