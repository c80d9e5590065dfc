extension Hold {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Keeps promotions out of an app.",
        [
            .required("app", .string(minLength: 1, maxLength: 253), "The app; a name or a glob over {app}."),
            .optional("reason", .string(maxLength: 1024), "Why, for people."),
        ])
}
