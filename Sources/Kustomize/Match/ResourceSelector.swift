/// A compiled selector: which objects a patch or replacement applies to.
struct ResourceSelector: Sendable {
    private let group: Pattern?
    private let version: Pattern?
    private let kind: Pattern?
    private let name: Pattern?
    private let namespace: Pattern?
    private let labels: LabelSelector?
    private let annotations: LabelSelector?

    /// - Parameters:
    ///   - file: and `field`, where the selector stands, for errors.
    init(_ selector: Selector, file: String, line: Int?, field: String) throws(KustomizeError) {
        func pattern(_ text: String, _ name: String) throws(KustomizeError) -> Pattern? {
            guard !text.isEmpty else { return nil }
            do { return try Pattern(whole: text) } catch {
                throw KustomizeError(
                    .invalidKustomization, file: file, line: line, field: "\(field).\(name)",
                    "this is read as a regular expression, and is none: \(error.problem)")
            }
        }
        func labels(_ text: String, _ name: String) throws(KustomizeError) -> LabelSelector? {
            guard !text.isEmpty else { return nil }
            do { return try LabelSelector(text) } catch {
                throw KustomizeError(
                    .invalidKustomization, file: file, line: line, field: "\(field).\(name)", error.problem)
            }
        }
        group = try pattern(selector.group, "group")
        version = try pattern(selector.version, "version")
        kind = try pattern(selector.kind, "kind")
        name = try pattern(selector.name, "name")
        namespace = try pattern(selector.namespace, "namespace")
        self.labels = try labels(selector.labelSelector, "labelSelector")
        annotations = try labels(selector.annotationSelector, "annotationSelector")
    }

    private static func fits(_ pattern: Pattern?, _ text: String) -> Bool { pattern?.matches(text) ?? true }

    /// Kind as it is now; name and namespace as they are or were at first.
    func matches(_ resource: Resource) -> Bool {
        guard !resource.isEmpty else { return false }
        let id = resource.id
        guard Self.fits(kind, id.kind), Self.fits(group, id.group), Self.fits(version, id.version) else { return false }
        let original = resource.originalID
        guard Self.fits(name, id.name) || Self.fits(name, original.name) else { return false }
        guard
            namespace == nil || Self.fits(namespace, id.effectiveNamespace)
                || Self.fits(namespace, original.effectiveNamespace)
        else { return false }
        if let labels, !labels.matches(resource.texts("labels")) { return false }
        if let annotations, !annotations.matches(resource.texts("annotations")) { return false }
        return true
    }

    /// Kind, name and namespace fit one and the same of the ids that an object has or had.
    func matches(anyIDOf resource: Resource) -> Bool {
        resource.allIDs.contains { id in
            Self.fits(kind, id.kind) && Self.fits(group, id.group) && Self.fits(version, id.version)
                && Self.fits(name, id.name)
                && (namespace == nil || Self.fits(namespace, id.effectiveNamespace))
        }
    }

    /// Labels and annotations alone.
    func matchesSelectors(_ resource: Resource) -> Bool {
        if let labels, !labels.matches(resource.texts("labels")) { return false }
        if let annotations, !annotations.matches(resource.texts("annotations")) { return false }
        return true
    }

    var hasSelectors: Bool { labels != nil || annotations != nil }
}
