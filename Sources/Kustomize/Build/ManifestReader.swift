internal import Core
internal import YAML

/// Reads files of Kubernetes objects as kustomize does.
struct ManifestReader {
    /// Documents of files that were read before, by their content.
    let cache: ParsedFiles?
    let limits: RenderLimits

    /// The objects of a file.
    func resources(_ bytes: [UInt8], entry: TreeEntry) throws(KustomizeError) -> [Resource] {
        let documents: [ParsedDocument]
        if let known = cache?[entry.id] {
            documents = known
        } else {
            documents = try Self.documents(bytes, file: entry.path)
            cache?.insert(documents, for: entry.id, bytes: bytes.count)
        }
        return try Self.resources(documents, file: entry.path)
    }

    /// The objects of a text that stands in `file`.
    static func resources(
        _ text: String, file: String, line: Int?
    ) throws(KustomizeError) -> [Resource] {
        var resources = try resources(documents(Array(text.utf8), file: file), file: file)
        for index in resources.indices { resources[index].origin.line = line }
        return resources
    }

    static func documents(
        _ bytes: [UInt8], file: String
    ) throws(KustomizeError) -> [ParsedDocument] {
        do {
            var documents = try YAML.resources(parsing: bytes, duplicateKeys: .keep, file: file).map {
                ParsedDocument(node: Node($0), line: $0.mark?.line)
            }
            if documents.count == 1, ["List", "ResourceList"].contains(documents[0].node["kind"]?.text) {
                documents[0].isLoneList = try YAML.chunks(of: bytes, file: file).count == 1
            }
            return documents
        } catch {
            throw KustomizeError(.invalidManifest, yaml: error, file: file)
        }
    }

    static func resources(_ documents: [ParsedDocument], file: String) throws(KustomizeError) -> [Resource] {
        var pending = documents
        // A List that is alone in its file stands for its items.
        if pending.count == 1, pending[0].isLoneList, let items = pending[0].node["items"]?.sequence {
            pending = items.map { ParsedDocument(node: $0, line: documents[0].line) }
        }
        var out: [Resource] = []
        out.reserveCapacity(pending.count)
        var index = 0
        while index < pending.count {
            let document = pending[index]
            index += 1
            guard !document.node.isNull else { continue }
            guard case .mapping = document.node else {
                throw KustomizeError(
                    .invalidManifest, file: file, line: document.line,
                    "this is not a Kubernetes object but \(document.node.kindName)")
            }
            if document.node["kind"]?.text.hasSuffix("List") == true, let items = document.node["items"] {
                // Other lists are taken apart after everything else.
                if items.isNull { continue }
                guard let items = items.sequence else {
                    throw KustomizeError(
                        .invalidManifest, file: file, line: document.line, field: "items", "a list is expected")
                }
                for item in items {
                    do {
                        pending.append(ParsedDocument(node: try item.rewrittenAsJSON(), line: document.line))
                    } catch {
                        throw KustomizeError(
                            .invalidManifest, file: file, line: document.line, field: "items.\(error.field)",
                            error.problem)
                    }
                }
                continue
            }
            try check(document, file: file)
            out.append(Resource(node: document.node, origin: Resource.Origin(file: file, line: document.line)))
        }
        return out
    }

    private static func check(_ document: ParsedDocument, file: String) throws(KustomizeError) {
        let kind = document.node["kind"]?.text ?? ""
        guard !kind.isEmpty else {
            throw KustomizeError(
                .invalidManifest, file: file, line: document.line, field: "kind",
                "an object has no kind: a Kubernetes object needs apiVersion, kind and metadata.name")
        }
        let name = document.node["metadata"]?["name"]?.text ?? ""
        guard !name.isEmpty || kind.hasSuffix("List") else {
            throw KustomizeError(
                .invalidManifest, file: file, line: document.line, field: "metadata.name",
                "a \(kind) has no name: give it one")
        }
    }
}

/// One document of a file, read but not yet looked at.
struct ParsedDocument: Sendable {
    var node: Node
    var line: Int?
    /// A `List` or `ResourceList` in a file without a separator: what follows one counts as a document, even if empty.
    var isLoneList = false
}
