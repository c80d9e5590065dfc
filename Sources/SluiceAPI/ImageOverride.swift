/// One entry of kustomize's `images`: what an image is replaced by.
package struct ImageOverride: Sendable, Hashable, Codable {
    /// The image's name as the manifests have it, without a tag.
    package var name: String
    /// The name to use instead.
    package var newName: String
    /// The tag to use.
    package var newTag: String
    /// The digest to use, sha256 and 64 hexadecimal digits; it wins over a tag.
    package var digest: String

    package init(
        name: String, newName: String = "", newTag: String = "", digest: String = ""
    ) {
        self.name = name
        self.newName = newName
        self.newTag = newTag
        self.digest = digest
    }
}
