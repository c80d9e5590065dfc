package import KubernetesModel

/// One stage (such as production) of one or many apps: what Git says, brought to a cluster and kept there.
package struct Environment: CustomResource {
    package static let kind = "Environment"
    package static let plural = "environments"
    package static let shortNames = ["env"]

    package var metadata: ObjectMeta
    package var spec: EnvironmentSpec
    package var status: EnvironmentStatus

    package init(metadata: ObjectMeta, spec: EnvironmentSpec, status: EnvironmentStatus = EnvironmentStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

extension Environment {
    /// The schema of the whole object.
    package static let schema = Schema.object(
        "One stage (such as production) of one or many apps: what Git says, brought to a cluster and kept there.",
        [
            .optional("apiVersion", .string(minLength: 1, maxLength: 253), "The version of the API."),
            .optional("kind", .string(minLength: 1, maxLength: 253), "The kind of the object."),
            .optional("metadata", .opaque, "The object's metadata."),
            .required("spec", EnvironmentSpec.schema, "What is wanted."),
            .optional("status", EnvironmentStatus.schema, "What is."),
        ])
}
