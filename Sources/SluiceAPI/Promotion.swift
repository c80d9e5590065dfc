package import KubernetesModel

/// Versions to bring into an environment in one commit, once its gates are open.
package struct Promotion: CustomResource {
    package static let kind = "Promotion"
    package static let plural = "promotions"
    package static let shortNames = ["promo"]

    package var metadata: ObjectMeta
    package var spec: PromotionSpec
    package var status: PromotionStatus

    package init(metadata: ObjectMeta, spec: PromotionSpec, status: PromotionStatus = PromotionStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

extension Promotion {
    /// The schema of the whole object.
    package static let schema = Schema.object(
        "Versions to bring into an environment in one commit, once its gates are open.",
        [
            .optional("apiVersion", .string(minLength: 1, maxLength: 253), "The version of the API."),
            .optional("kind", .string(minLength: 1, maxLength: 253), "The kind of the object."),
            .optional("metadata", .opaque, "The object's metadata."),
            .required("spec", PromotionSpec.schema, "What is wanted."),
            .optional("status", PromotionStatus.schema, "What is."),
        ])
}
