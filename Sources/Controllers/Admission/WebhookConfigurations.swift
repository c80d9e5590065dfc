internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

/// The two objects that tell the API server to ask the webhook.
///
/// A write is refused while nobody answers (`failurePolicy: Fail`), but for deletions: what they are asked for is a
/// courtesy, and a namespace must be able to go after its operator went.
struct WebhookConfigurations: Sendable {
    static let mutating = APIResource(
        gvk: GroupVersionKind(
            group: "admissionregistration.k8s.io", version: "v1", kind: "MutatingWebhookConfiguration"),
        plural: "mutatingwebhookconfigurations", namespaced: false)
    static let validating = APIResource(
        gvk: GroupVersionKind(
            group: "admissionregistration.k8s.io", version: "v1", kind: "ValidatingWebhookConfiguration"),
        plural: "validatingwebhookconfigurations", namespaced: false)

    let options: WebhookOptions
    /// The port that is listened at.
    let port: Int
    /// PEM.
    let trusted: [UInt8]

    /// Brings both objects to what they must say, where they do not.
    func ensure(_ client: KubernetesClient) async throws(KubernetesError) {
        for (resource, wanted) in [
            (Self.mutating, object(Self.mutating, [stamping])),
            (Self.validating, object(Self.validating, [reviewing, deletions])),
        ] {
            let live = try await client.getIfPresent(resource, namespace: nil, name: options.configurationName)
            if let live, Self.covers(live.json, wanted.json) { continue }
            _ = try await client.apply(resource, wanted, fieldManager: FieldManager.name)
        }
    }

    private func object(_ resource: APIResource, _ webhooks: [JSONValue]) -> Manifest {
        Manifest([
            "apiVersion": .string(resource.gvk.apiVersion), "kind": .string(resource.gvk.kind),
            "metadata": [
                "name": .string(options.configurationName),
                "labels": ["app.kubernetes.io/name": "sluice", "app.kubernetes.io/part-of": "sluice"],
            ],
            "webhooks": .array(webhooks),
        ])
    }

    private var plurals: [String] { [Environment.plural, Promotion.plural, Rollback.plural] }

    private var stamping: JSONValue {
        // Again, should another webhook change the object after ours.
        var hook = webhook("stamp", WebhookPath.stamp, ["CREATE", "UPDATE"], plurals, failurePolicy: "Fail")
        hook["reinvocationPolicy"] = "IfNeeded"
        return .object(hook)
    }

    private var reviewing: JSONValue {
        .object(
            webhook(
                "review", WebhookPath.review, ["CREATE", "UPDATE"], plurals.flatMap { [$0, "\($0)/status"] },
                failurePolicy: "Fail"))
    }

    private var deletions: JSONValue {
        .object(
            webhook(
                "deletion", WebhookPath.review, ["DELETE"], [Promotion.plural, Rollback.plural],
                failurePolicy: "Ignore"))
    }

    private func webhook(
        _ name: String, _ path: String, _ operations: [JSONValue], _ resources: [String], failurePolicy: JSONValue
    ) -> JSONObject {
        var hook: JSONObject = [
            "name": .string("\(name).\(SluiceGroup.name)"), "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "matchPolicy": "Equivalent", "timeoutSeconds": 10, "failurePolicy": failurePolicy,
            "clientConfig": clientConfig(path),
            "rules": [
                [
                    "apiGroups": [.string(SluiceGroup.name)], "apiVersions": ["*"], "operations": .array(operations),
                    "resources": .array(resources.map(JSONValue.string)), "scope": "Namespaced",
                ]
            ],
        ]
        if let namespace = options.onlyNamespace {
            hook["namespaceSelector"] = ["matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]]
        }
        return hook
    }

    private func clientConfig(_ path: String) -> JSONValue {
        let bundle = JSONValue.string(Base64.encode(trusted))
        switch options.address {
        case .service(let name, let port):
            let service: JSONValue = [
                "namespace": .string(options.namespace), "name": .string(name), "path": .string(path),
                "port": .int(Int64(port)),
            ]
            return ["service": service, "caBundle": bundle]
        case .host(let host): return ["url": .string("https://\(host):\(port)\(path)"), "caBundle": bundle]
        }
    }

    /// Whether a live object says all that is wanted, whatever else the server added.
    static func covers(_ live: JSONValue, _ wanted: JSONValue) -> Bool {
        switch (live, wanted) {
        case (.object(let live), .object(let wanted)):
            wanted.allSatisfy { key, value in live[key].map { covers($0, value) } ?? false }
        case (.array(let live), .array(let wanted)):
            live.count == wanted.count && zip(live, wanted).allSatisfy { covers($0, $1) }
        default: live == wanted
        }
    }
}
