import Core
import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

/// Where an environment's say ends: fields that rules leave to others, namespaces and kinds that it may not touch.
@Suite(LiveCluster.isThere, .serialized) struct BoundaryIntegrationTests {
    @Test func `a pointer through all elements of a list leaves that field of each to the cluster`() async throws {
        try await Stage.with { stage in
            let ignore = IgnoreRules([
                try IgnoreRule(
                    group: "apps", kind: "Deployment", jsonPointers: ["/spec/template/spec/containers/*/image"])
            ])
            let app = try await stage.app(try Sample.manifests(Sample.deployment), ignore: ignore)
            #expect(try await stage.run(app, ignore: ignore).isSynced)
            try stage.kubectl(["set", "image", "deployment/frontend", "app=frontend:9"])
            let healed = try await stage.run(app, ignore: ignore) { $0.mode = .heal }
            #expect(healed.errors.map(\.message) == [])
            #expect(healed.healed == [])
            let newer = try await stage.app(
                try Sample.manifests(
                    Sample.deployment.replacing("frontend:1", "frontend:2").replacing("replicas: 3", "replicas: 4")),
                ignore: ignore, revision: "r2")
            let outcome = try await stage.run(newer, ignore: ignore)
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            let live = try #require(try await stage.get("Deployment", "apps/v1", "frontend"))
            #expect(WorkloadImages.of(live) == ["frontend:9"])
            #expect(live.json["spec"]?["replicas"] == 4)
            stage.restart()
            let again = try await stage.run(newer, ignore: ignore)
            #expect(again.isSynced)
            #expect(again.applied == 0)
        }
    }

    @Test func `fields that a named manager has taken are left to it, and its alone`() async throws {
        try await Stage.with { stage in
            let ignore = IgnoreRules([try IgnoreRule(group: "", kind: "ConfigMap", managers: ["tuner"])])
            let app = try await stage.app(
                try Sample.manifests(Sample.configMap("tuned", "{a: '1', b: '1'}")), ignore: ignore)
            #expect(try await stage.run(app, ignore: ignore).isSynced)
            let theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tuned}\ndata: {b: '7'}\n"
            try stage.kubectl(
                ["apply", "--server-side", "--force-conflicts", "--field-manager=tuner", "-f", "-"], input: theirs)
            let healed = try await stage.run(app, ignore: ignore) { $0.mode = .heal }
            #expect(healed.healed == [])
            #expect(try await stage.get("ConfigMap", "v1", "tuned")?.json["data"] == ["a": "1", "b": "7"])
            let newer = try await stage.app(
                try Sample.manifests(Sample.configMap("tuned", "{a: '2', b: '2'}")), ignore: ignore, revision: "r2")
            #expect(try await stage.run(newer, ignore: ignore).errors.map(\.message) == [])
            #expect(try await stage.get("ConfigMap", "v1", "tuned")?.json["data"] == ["a": "2", "b": "7"])
            // Somebody else's change of what is ours goes back.
            try stage.kubectl(["patch", "configmap", "tuned", "--type=merge", "-p", #"{"data":{"a":"9"}}"#])
            try await stage.eventually("it is healed") {
                _ = try await stage.run(newer, ignore: ignore) { $0.mode = .heal }
                return try await stage.get("ConfigMap", "v1", "tuned")?.json["data"] == ["a": "2", "b": "7"]
            }
        }
    }

    @Test func `one object outside the scope stops its app before anything is applied`() async throws {
        try await Stage.with { stage in
            let scope = ScopePolicy(
                allowedNamespaces: GlobList([stage.namespace, "!kube-*"]),
                clusterDeny: [ResourcePattern(group: "rbac.authorization.k8s.io", kind: "ClusterRole*")],
                namespacedDeny: [ResourcePattern(group: "", kind: "ResourceQuota")])
            let good = Sample.configMap("good")
            let bad = [
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: elsewhere, namespace: kube-public}}",
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: \(stage.namespace)}}",
                "{apiVersion: v1, kind: ResourceQuota, metadata: {name: quota}}",
                "{apiVersion: v1, kind: Namespace, metadata: {name: \(stage.namespace)-other}}",
            ]
            let writes = stage.requests.total()
            let app = try await stage.app(try ([good] + bad).flatMap(LiveCluster.yaml), scope: scope)
            let outcome = await stage.sync.sync(SyncRequest(environment: stage.environment, app: app, wanted: []))
            #expect(outcome.errors.count == bad.count)
            for (index, what) in ["kube-public/elsewhere", "ClusterRole", "ResourceQuota", "\(stage.namespace)-other"]
                .enumerated()
            {
                #expect(outcome.errors[index].message.contains(what), "\(outcome.errors[index])")
            }
            // Only discovery was asked.
            #expect(stage.requests.total() - writes <= 3)
            #expect(try await stage.get("ConfigMap", "v1", "good") == nil)

            let mended = try await stage.app(try LiveCluster.yaml(good), revision: "r2", scope: scope)
            #expect(try await stage.run(mended).isSynced)
        }
    }
}
