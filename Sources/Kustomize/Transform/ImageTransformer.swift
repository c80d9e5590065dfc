internal import KubernetesModel

/// Renames images and sets their versions.
struct ImageTransformer {
    private let image: ImageOverride
    private let fields: [FieldSpec]
    private let matcher: Pattern

    init(_ image: ImageOverride, fields: [FieldSpec], file: String, field: String) throws(KustomizeError) {
        self.image = image
        self.fields = fields
        do {
            // The name goes into the expression as it is.
            matcher = try Pattern(
                "^" + image.name + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$")
        } catch {
            throw KustomizeError(
                .invalidKustomization, file: file, field: "\(field).name",
                "the name is read as a regular expression, and is none: \(error.problem)")
        }
    }

    func transform(_ list: inout ResourceList) throws(KustomizeError) {
        try list.forEach { (resource) throws(KustomizeError) in
            // Definitions describe containers, they have none.
            guard resource.kind != "CustomResourceDefinition" else { return }
            do throws(DocumentError) {
                try self.search(&resource.node)
                let gvk = resource.gvk
                for field in self.fields
                where field.selector.selects(group: gvk.group, version: gvk.version, kind: gvk.kind) {
                    // Where there is no image there is nothing to rename, so nothing is created.
                    try field.walk(&resource.node, 0, .leave) { (node) throws(DocumentError) in try self.update(&node) }
                }
            } catch {
                throw KustomizeError(.invalidManifest, error, in: resource)
            }
        }
    }

    /// Looks for lists of containers anywhere.
    private func search(_ node: inout Node) throws(DocumentError) {
        guard Self.mayHoldContainers(node) else { return }
        try node.editSequence { (elements) throws(DocumentError) in
            for index in elements.indices { try self.search(&elements[index]) }
        }
        try node.editMapping { (mapping) throws(DocumentError) in
            for index in mapping.entries.indices {
                try self.search(&mapping.entries[index].value)
                let key = mapping.entries[index].key
                guard key == "containers" || key == "initContainers" else { continue }
                try mapping.entries[index].value.editSequence { (elements) throws(DocumentError) in
                    for index in elements.indices where !elements[index].isNull {
                        guard case .mapping = elements[index] else {
                            throw DocumentError(
                                path: [key], problem: "a container is a map, not \(elements[index].kindName)")
                        }
                        try elements[index].editMapping { (container) throws(DocumentError) in
                            guard let index = container.index(of: "image") else { return }
                            try self.update(&container.entries[index].value)
                        }
                    }
                }
            }
        }
    }

    private static func mayHoldContainers(_ node: Node) -> Bool {
        if case .scalar = node { false } else { true }
    }

    private func update(_ node: inout Node) throws(DocumentError) {
        if node.isNull { return }
        guard case .scalar(let scalar) = node else {
            throw DocumentError(problem: "an image is a string, not \(node.kindName)")
        }
        guard matcher.matches(scalar.text) else { return }
        var (name, tag, digest) = Self.split(scalar.text)
        if !image.newName.isEmpty { name = image.newName }
        if !image.newTag.isEmpty {
            tag = image.newTag
            digest = image.digest
        } else if !image.digest.isEmpty {
            tag = ""
            digest = image.digest
        } else if !image.tagSuffix.isEmpty {
            tag += image.tagSuffix
            digest = ""
        }
        if !tag.isEmpty { name += ":" + tag }
        if !digest.isEmpty { name += "@" + digest }
        node.setText(name)
    }

    /// An image's name, tag and digest. A colon before the first slash is a port.
    static func split(_ image: String) -> (name: String, tag: String, digest: String) {
        let slash = image.firstIndex(of: "/").flatMap { $0 > image.startIndex ? $0 : nil } ?? image.startIndex
        let at = image[slash...].firstIndex(of: "@")
        let colon = image[slash...].firstIndex(of: ":")
        func after(_ index: String.Index, upTo end: String.Index) -> String {
            String(image[image.index(after: index)..<end])
        }
        switch (colon, at) {
        case (nil, nil): return (image, "", "")
        case (let colon?, let at?) where colon < at:
            return (String(image[..<colon]), after(colon, upTo: at), after(at, upTo: image.endIndex))
        case (_, let at?): return (String(image[..<at]), "", after(at, upTo: image.endIndex))
        case (let colon?, nil): return (String(image[..<colon]), after(colon, upTo: image.endIndex), "")
        }
    }
}
