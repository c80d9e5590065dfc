extension Veto {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Keeps one version out of an app.",
        [
            .required("app", .string(minLength: 1, maxLength: 253), "The app; a name or a glob over {app}."),
            .required(
                "version", .string(minLength: 1, maxLength: 512),
                "The version that is refused, either a tag, a digest or an image reference."),
            .optional("reason", .string(maxLength: 1024), "Why, for people."),
            .optional("until", .timestamp.nullable(), "When the veto ends; without it, never."),
        ])
}
