package import KubernetesClient
internal import KubernetesModel
package import SluiceAPI

/// For whom the API server takes a client, as the admission webhook tells it: servers before 1.26 have no request for
/// that (`SelfSubjectReview`).
///
/// A dry run asks, and the refusal tells; nothing is ever stored.
package struct CallerIdentity: Sendable, Hashable {
    package let user: String
    package let groups: [String]

    /// Nil for an error that is no answer of the webhook's.
    init?(_ error: KubernetesError) {
        guard let user = error.causes.first(where: { $0.field == "user" })?.message, !user.isEmpty else { return nil }
        self.user = user
        groups = error.causes.filter { $0.field == "group" }.map(\.message)
    }

    /// Asks with a patch of an object, which whoever may approve it may try; nil where no webhook answers.
    package static func asking<R: CustomResource>(
        _ client: KubernetesClient, about type: R.Type, _ name: String, in namespace: String
    ) async throws(KubernetesError) -> CallerIdentity? {
        let patch: JSONValue = ["metadata": ["annotations": .object([Annotation.whoAmI: ""])]]
        do throws(KubernetesError) {
            _ = try await client.patch(
                OperatorContext.resource(type), namespace: namespace, name: name, .merge(patch),
                options: WriteOptions(dryRun: true))
        } catch {
            guard let identity = CallerIdentity(error) else { throw error }
            return identity
        }
        return nil
    }

    /// Asks with the creation of a Promotion; nil where no webhook answers.
    static func asking(
        _ client: KubernetesClient, in namespace: String
    ) async throws(KubernetesError) -> CallerIdentity? {
        let promotion = Promotion(
            metadata: ObjectMeta(
                name: "sluice-who-am-i", namespace: namespace, annotations: [Annotation.whoAmI: ""]),
            spec: PromotionSpec(
                environment: "none", items: [PromotionSpec.Item(app: "none", fromEnvironment: "nowhere")]))
        do throws(KubernetesError) {
            _ = try await client.create(
                OperatorContext.resource(Promotion.self), promotion.manifest, options: WriteOptions(dryRun: true))
        } catch {
            guard let identity = CallerIdentity(error) else { throw error }
            return identity
        }
        return nil
    }
}
