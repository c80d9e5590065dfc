import KubernetesModel

/// Something that a person should know about a conversion.
package struct ImportNote: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable {
        /// The source says something that the result does not.
        case leftOut = "left out"
        /// The result says it in another way, or a choice was made.
        case note
    }

    package let severity: Severity
    /// Which of the documents it is about, counted from 0.
    package let document: Int
    /// `Application frontend-production`
    package let subject: String
    /// The way to the field within the document; empty for the whole.
    package let field: String
    package let text: String

    init(_ severity: Severity, _ object: ImportedObject, _ field: String, _ text: String) {
        self.severity = severity
        document = object.document
        subject = "\(object.manifest.kind) \(object.manifest.name)"
        self.field = field
        self.text = text
    }
}

/// One object of the input, with its place.
struct ImportedObject: Sendable, Hashable {
    let document: Int
    /// The way to the object within the document: `items[3]` in a List.
    let path: FieldPath
    let manifest: Manifest

    var gvk: GroupVersionKind { manifest.gvk }

    /// The objects of all documents, those of Lists among them.
    static func all(in documents: [Manifest]) -> [ImportedObject] {
        documents.enumerated().flatMap { index, manifest in
            guard manifest.kind.hasSuffix("List"), let items = manifest.json["items"]?.arrayValue else {
                return [ImportedObject(document: index, path: .root, manifest: manifest)]
            }
            return items.enumerated().map { position, item in
                ImportedObject(
                    document: index, path: (FieldPath("items"))[position], manifest: Manifest(item))
            }
        }
    }

    /// Reads the spec; what `body` does not take is told in notes.
    func readSpec<T>(_ notes: inout [ImportNote], _ body: (inout FieldReader) -> T) -> T {
        var reader = FieldReader(manifest.json["spec"]?.objectValue ?? JSONObject(), at: path / "spec")
        let result = body(&reader)
        notes += reader.finished().map { ImportNote($0.severity, self, $0.path.description, $0.text) }
        return result
    }
}
