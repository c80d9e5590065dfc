package import KubernetesModel

/// A promotion to undo by reverting its commit.
package struct Rollback: CustomResource {
    package static let kind = "Rollback"
    package static let plural = "rollbacks"
    package static let shortNames = ["rb"]

    package var metadata: ObjectMeta
    package var spec: RollbackSpec
    package var status: RollbackStatus

    package init(metadata: ObjectMeta, spec: RollbackSpec, status: RollbackStatus = RollbackStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

extension Rollback {
    /// The schema of the whole object.
    package static let schema = Schema.object(
        "A promotion to undo by reverting its commit.",
        [
            .optional("apiVersion", .string(minLength: 1, maxLength: 253), "The version of the API."),
            .optional("kind", .string(minLength: 1, maxLength: 253), "The kind of the object."),
            .optional("metadata", .opaque, "The object's metadata."),
            .required("spec", RollbackSpec.schema, "What is wanted."),
            .optional("status", RollbackStatus.schema, "What is."),
        ])
}
