internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

/// Writes the ConfigMap that shows approvers what a promotion changes.
struct PlanRecord: Sendable {
    /// The data key of the plan's text.
    static let key = "plan"
    /// Not the manager of synced objects: a plan is nobody's desired state.
    private static let manager = "sluice-plan"

    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    func write(_ change: Change, of promotion: Promotion) async throws {
        guard let name = promotion.status.plan?.configMap, !change.isEmpty else { return }
        let owner: JSONValue = [
            "apiVersion": .string(SluiceGroup.apiVersion), "kind": .string(Promotion.kind),
            "name": .string(promotion.metadata.name), "uid": .string(promotion.metadata.uid),
        ]
        let manifest = Manifest([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": .string(promotion.metadata.namespace),
                "ownerReferences": .array([owner]),
            ],
            "data": .object([
                Self.key: .string(change.diff.text), "digest": .string(change.digest), "base": .string(change.base.hex),
            ]),
        ])
        let resource = APIResource(
            gvk: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", namespaced: true)
        _ = try await context.client.apply(resource, manifest, fieldManager: Self.manager)
    }
}
