/// An entry of a kustomization's `images`.
package struct KustomizationImage: Sendable, Hashable {
    /// The image as the manifests name it.
    package let name: String
    package let newName: String?
    package let newTag: String?
    package let digest: String?
    /// The entry's line in the file.
    package let line: Int

    package init(name: String, newName: String? = nil, newTag: String? = nil, digest: String? = nil, line: Int = 0) {
        self.name = name
        self.newName = newName
        self.newTag = newTag
        self.digest = digest
        self.line = line
    }
}

/// What an entry of a kustomization's `images` shall say.
///
/// Setting a tag removes the digest and the other way round, unless both are given. What is nil is left alone.
package struct ImageEdit: Sendable, Hashable {
    package var name: String
    package var newName: String?
    package var newTag: String?
    package var digest: String?

    package init(name: String, newName: String? = nil, newTag: String? = nil, digest: String? = nil) {
        self.name = name
        self.newName = newName
        self.newTag = newTag
        self.digest = digest
    }

    /// What becomes of a field.
    enum Wish: Equatable {
        case keep
        case set(String)
        case remove
    }

    /// The fields in kustomize's own order, with what becomes of each.
    var wishes: [(field: String, wish: Wish)] {
        func wish(_ value: String?, unless other: String?) -> Wish {
            if let value { return .set(value) }
            return other == nil ? .keep : .remove
        }
        return [
            ("newName", newName.map { .set($0) } ?? .keep), ("newTag", wish(newTag, unless: digest)),
            ("digest", wish(digest, unless: newTag)),
        ]
    }
}
