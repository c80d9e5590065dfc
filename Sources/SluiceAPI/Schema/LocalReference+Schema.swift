extension LocalReference {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Names a Secret or another object in the same namespace.",
        [
            .required("name", .objectName, "The name of the object, in the namespace of the object that refers to it.")
        ])
}
