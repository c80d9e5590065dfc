internal import KubernetesModel
internal import YAML

/// What `buildMetadata` is told by: annotations that name an object's file or generator, and every transformer that went
/// over it.
///
/// They are put on while the build goes on, as kustomize does, because patches see them.
extension Build {
    /// Notes the file that objects were read from.
    func noteOrigin(_ name: String, _ loader: Loader, of resources: inout [Resource]) throws(KustomizeError) {
        let written = loader.written(name)
        for index in resources.indices {
            resources[index].origin.written = written
            resources[index].origin.repositoryNote = loader.repositoryNote
        }
        guard notesOrigins else { return }
        let text = "path: \(Author.scalar(written))\n" + loader.repositoryNote
        for index in resources.indices { try annotate(&resources[index], Author.originKey, text) }
    }

    /// Notes what generated an object, unless the object says so already.
    func noteGenerator(_ author: Author, of resource: inout Resource) throws(KustomizeError) {
        guard notesOrigins, resource.texts("annotations")[Author.originKey] == nil else { return }
        try annotate(&resource, Author.originKey, author.text)
    }

    /// Notes that a transformer went over all objects, whether it changed them or not.
    func noteTransformer(_ author: Author, _ list: inout ResourceList) throws(KustomizeError) {
        guard notesOrigins else { return }
        let text = author.text
        let element = "- " + text.split(separator: "\n").joined(separator: "\n  ") + "\n"
        try list.forEach { (resource) throws(KustomizeError) in
            guard !resource.isEmpty else { return }
            let annotations = resource.texts("annotations")
            // What has no origin is taken for something that the transformer made.
            if annotations[Author.originKey] == nil {
                try self.annotate(&resource, Author.originKey, text)
            } else {
                let before = annotations[Author.transformationsKey] ?? ""
                try self.annotate(&resource, Author.transformationsKey, before + element)
            }
            // kustomize writes all of them anew here: the next transformer finds texts, as they stand in the file.
            resource.setTexts("annotations", resource.texts("annotations"))
        }
    }

    private func annotate(_ resource: inout Resource, _ key: String, _ text: String) throws(KustomizeError) {
        resource.unshareAnnotations()
        do {
            try FieldSpec(path: "metadata/annotations", create: true).apply(to: &resource, missing: .mapping) { node in
                _ = node.editMapping { $0.set(key, text: text, tag: .string) }
            }
        } catch {
            throw KustomizeError(.invalidManifest, error, in: resource)
        }
    }
}

/// A generator or transformer as the annotations name it.
struct Author {
    /// The file that configures it, as the kustomizations name it.
    var file: String
    var kind: String
    var name = ""
    var namespace = ""
    /// The lines that tell of the repository where the file lies, if it is not the one that is built.
    var repositoryNote = ""

    static let originKey = "config.kubernetes.io/origin"
    static let transformationsKey = "alpha.config.kubernetes.io/transformations"

    var text: String {
        var text = repositoryNote
        text += "configuredIn: \(Self.scalar(file))\nconfiguredBy:\n  apiVersion: builtin\n  kind: \(kind)\n"
        if !name.isEmpty { text += "  name: \(Self.scalar(name))\n" }
        if !namespace.isEmpty { text += "  namespace: \(Self.scalar(namespace))\n" }
        return text
    }

    /// A text as a YAML scalar on one line.
    static func scalar(_ text: String) -> String {
        String(decoding: YAMLEmitter.bytes(of: .string(text)).dropLast(), as: UTF8.self)
    }
}

extension Loader {
    /// What a field of this loader's kustomization file configures.
    func author(_ kind: String) -> Author {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return Author(file: written(name), kind: kind, repositoryNote: repositoryNote)
    }
}
