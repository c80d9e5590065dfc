extension ImageOverride {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "One entry of kustomize's `images`: what an image is replaced by.",
        [
            .required(
                "name", .string(minLength: 1, maxLength: 512),
                "The image's name as the manifests have it, without a tag."),
            .optional("newName", .string(maxLength: 512), "The name to use instead."),
            .optional("newTag", .string(maxLength: 128), "The tag to use."),
            .optional(
                "digest", .string(pattern: .optionalDigest),
                "The digest to use, sha256 and 64 hexadecimal digits; it wins over a tag."),
        ])
}
