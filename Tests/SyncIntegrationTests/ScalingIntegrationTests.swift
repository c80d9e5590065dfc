import Core
import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

/// `kubectl scale --replicas=20` in production, and an autoscaler: what is Git's goes back, what is the cluster's stays.
@Suite(LiveCluster.isThere, .serialized) struct ScalingIntegrationTests {
    @Test func `kubectl scale is drift that is seen, told and healed`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.deployment))
            try await stage.run(app)
            let key = app.objects[0].key
            let before = stage.sync.index.record(key, app.objects[0].gvk)?.fingerprint
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            try await stage.eventually("the index sees the drift") {
                stage.sync.index.record(key, app.objects[0].gvk)?.fingerprint != before
            }
            let healed = try await stage.run(app) { $0.mode = .heal }
            #expect(healed.isSynced)
            #expect(healed.applied == 1)
            #expect(healed.healed.map { $0.fields.map(\.path) } == [["spec.replicas"]])
            // Its controller notes a revision and the status; neither makes it the one who scaled.
            #expect(healed.healed.map(\.manager).allSatisfy { $0 != "kube-controller-manager" }, "\(healed.healed)")
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 3)
            let after = try await stage.run(app) { $0.mode = .heal }
            #expect(after.applied == 0)
        }
    }

    @Test func `without selfHeal drift is reported and left`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.deployment))
            try await stage.run(app)
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            var outcome = try await stage.run(app) { $0.mode = .report }
            try await stage.eventually("the drift is reported") {
                outcome = try await stage.run(app) {
                    $0.mode = .heal
                    $0.policy.selfHeal = false
                }
                return !outcome.isSynced
            }
            #expect(outcome.drifted.map { $0.fields.map(\.path) } == [["spec.replicas"]])
            // What is known is not asked again while nothing changes, also not by a report of the same state.
            let requests = stage.requests.total()
            let again = try await stage.run(app) { $0.mode = .report }
            #expect(again.drifted == outcome.drifted)
            #expect(stage.requests.total() == requests)
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 20)

            // A new process finds the same by one dry run, and writes nothing.
            stage.restart()
            let restarted = try await stage.run(app) { $0.mode = .report }
            #expect(!restarted.isSynced)
            #expect(restarted.drifted.map { $0.fields.map(\.path) } == [["spec.replicas"]])
            #expect(restarted.applied == 0)
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 20)
        }
    }

    @Test func `ignored replicas stay where they were scaled to, through syncs and restarts`() async throws {
        try await Stage.with { stage in
            let ignore = IgnoreRules([
                try IgnoreRule(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])
            ])
            let app = try await stage.app(try Sample.manifests(Sample.deployment), ignore: ignore)
            try await stage.run(app, ignore: ignore)
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 3)
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            let quiet = try await stage.run(app, ignore: ignore) { $0.mode = .heal }
            #expect(quiet.applied == 0)
            let newer = try await stage.app(
                try Sample.manifests(Sample.deployment.replacing("frontend:1", "frontend:2")), ignore: ignore,
                revision: "r2")
            let outcome = try await stage.run(newer, ignore: ignore)
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            let live = try await stage.get("Deployment", "apps/v1", "frontend")
            #expect(live?.json["spec"]?["replicas"] == 20)
            #expect(WorkloadImages.of(try #require(live)) == ["frontend:2"])
            stage.restart()
            let again = try await stage.run(newer, ignore: ignore)
            #expect(again.isSynced)
            #expect(again.applied == 0)
        }
    }

    @Test func `an autoscaler keeps its replicas where Git names none or ignores them, and is told where it fights`()
        async throws
    {
        try await Stage.with { stage in
            func deployment(_ name: String, replicas: String) -> String {
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: \(name)}
                spec:
                  \(replicas)
                  selector: {matchLabels: {app: \(name)}}
                  template:
                    metadata: {labels: {app: \(name)}}
                    spec: {containers: [{name: app, image: "app:1"}]}
                """
            }
            func scaler(_ name: String) -> String {
                """
                apiVersion: autoscaling/v1
                kind: HorizontalPodAutoscaler
                metadata: {name: \(name)}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(name)}
                  minReplicas: 5
                  maxReplicas: 9
                """
            }
            let names = ["unnamed", "ignored", "fought"]
            let texts =
                [
                    deployment("unnamed", replicas: "revisionHistoryLimit: 5"),
                    deployment("ignored", replicas: "replicas: 2"), deployment("fought", replicas: "replicas: 2"),
                ] + names.map(scaler)
            let ignore = IgnoreRules([
                try IgnoreRule(group: "apps", kind: "Deployment", name: "ignored", jsonPointers: ["/spec/replicas"])
            ])
            let app = try await stage.app(try texts.flatMap(LiveCluster.yaml), ignore: ignore)
            let first = try await stage.run(app, ignore: ignore)
            #expect(first.errors.map(\.message) == [])
            func replicas(_ name: String) async throws -> JSONValue? {
                try await stage.get("Deployment", "apps/v1", name)?.json["spec"]?["replicas"]
            }
            // The autoscaler looks every 15 seconds.
            try await stage.eventually("all are scaled", within: .seconds(60)) {
                for name in names where try await replicas(name) != 5 { return false }
                return true
            }
            try await stage.eventually("the fight is seen") {
                let outcome = try await stage.run(app, ignore: ignore) { $0.mode = .report }
                return outcome.objects.contains { $0.status != .synced }
            }
            let healed = try await stage.run(app, ignore: ignore) { $0.mode = .heal }
            #expect(healed.healed.map(\.key.name) == ["fought"])
            #expect(healed.applied == 1)
            #expect(try await replicas("fought") == 2)
            #expect(try await replicas("ignored") == 5)
            #expect(try await replicas("unnamed") == 5)

            // A new version is rolled out at the scale that the autoscaler chose.
            let newer = try await stage.app(
                try texts.flatMap { try LiveCluster.yaml($0.replacing("app:1", "app:2")) }, ignore: ignore,
                revision: "r2")
            #expect(try await stage.run(newer, ignore: ignore).errors.map(\.message) == [])
            #expect(try await replicas("ignored") == 5)
            #expect(try await replicas("unnamed") == 5)
            let live = try #require(try await stage.get("Deployment", "apps/v1", "ignored"))
            #expect(WorkloadImages.of(live) == ["app:2"])
        }
    }
}
