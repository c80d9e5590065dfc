import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

/// What webhooks add and change is theirs, and no drift.
@Suite(LiveCluster.isThere, .serialized) struct MutatingWebhookIntegrationTests {
    @Test func `what a mutating webhook makes of an object is no drift, and drift beside it is healed`() async throws {
        try await Stage.with { stage in
            let webhook = try await Webhook(stage)
            do { try await body(stage) } catch {
                await webhook.remove()
                throw error
            }
            await webhook.remove()
        }
    }

    private func body(_ stage: Stage) async throws {
        let namespace = NamespaceSetup(name: stage.namespace, labels: ["mesh": stage.namespace])
        let text = Sample.deployment.replacing("replicas: 3", "replicas: 0")
        func run(_ text: String, _ revision: String, mode: SyncMode = .sync) async throws -> SyncOutcome {
            try await stage.run(try await stage.app(try LiveCluster.yaml(text), revision: revision)) {
                $0.namespace = namespace
                $0.mode = mode
            }
        }
        try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed")), name: "seed")) {
            $0.namespace = namespace
        }
        // The server takes note of a new webhook in its own time; this one is asked from its first answer on.
        try await stage.eventually("the webhook is asked") {
            let probe = try LiveCluster.yaml(text.replacing("frontend", "probe"))[0]
            var manifest = probe
            manifest.json["metadata"]?["namespace"] = .string(stage.namespace)
            let resource = try await stage.client.resource(for: probe.gvk)
            let answer = try await stage.client.apply(resource, manifest, fieldManager: "probe", dryRun: true)
            return answer.label("injected") == "true"
        }
        #expect(try await run(text, "r1").errors.map(\.message) == [])
        let live = try #require(try await stage.get("Deployment", "apps/v1", "frontend"))
        #expect(WorkloadImages.of(live) == ["mirror/frontend:1", "mirror/mesh:1"])
        for _ in 0..<3 {
            let again = try await run(text, "r1", mode: .heal)
            #expect(again.isSynced)
            #expect(again.applied == 0)
        }
        stage.restart()
        let restarted = try await run(text, "r1")
        #expect(restarted.isSynced)
        #expect(restarted.applied == 0)

        try stage.kubectl(["scale", "deployment", "frontend", "--replicas=2"])
        try await stage.eventually("the drift is healed, and nothing but it") {
            let healed = try await run(text, "r1", mode: .heal)
            if !healed.healed.isEmpty { #expect(healed.healed.map { $0.fields.map(\.path) } == [["spec.replicas"]]) }
            return try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 0
        }
        try stage.kubectl(["set", "image", "deployment/frontend", "app=other:9"])
        try await stage.eventually("an image changed by hand is healed") {
            _ = try await run(text, "r1", mode: .heal)
            let live = try await stage.get("Deployment", "apps/v1", "frontend")
            return live.map(WorkloadImages.of) == ["mirror/frontend:1", "mirror/mesh:1"]
        }
        let newer = text.replacing("frontend:1", "frontend:2")
        #expect(try await run(newer, "r2").isSynced)
        let rolled = try #require(try await stage.get("Deployment", "apps/v1", "frontend"))
        #expect(WorkloadImages.of(rolled) == ["mirror/frontend:2", "mirror/mesh:1"])
    }
}
