import Core
import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

/// What left Git leaves the cluster, and nothing else does.
@Suite(LiveCluster.isThere, .serialized) struct PruneIntegrationTests {
    @Test func `what left Git is pruned, copies are not`() async throws {
        try await Stage.with { stage in
            try await stage.run(
                try await stage.app(
                    try Sample.manifests(
                        Sample.configMap("keep"), Sample.configMap("old"),
                        Sample.configMap("held", annotations: "{sluice.dev/prune: 'false'}"))))
            var copy = try #require(try await stage.get("ConfigMap", "v1", "old"))
            copy.json["metadata"] = [
                "name": "copy", "namespace": .string(stage.namespace),
                "labels": copy.json["metadata"]?["labels"] ?? [:],
                "annotations": copy.json["metadata"]?["annotations"] ?? [:],
            ]
            _ = try await stage.client.create(.configMaps, copy)
            let app = try await stage.app(try Sample.manifests(Sample.configMap("keep")), revision: "r2")
            let outcome = try await stage.run(app)
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.pruned == 1)
            // Until the garbage collector has let it go, the environment says that it is still there.
            try await stage.eventually("all is synced") { try await stage.run(app).isSynced }
            #expect(try await stage.get("ConfigMap", "v1", "old") == nil)
            #expect(try await stage.get("ConfigMap", "v1", "copy") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "held") != nil)
        }
    }

    @Test func `a kind that left Git is pruned after a restart, through the kinds that are remembered`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c"), Sample.deployment)))
            stage.restart()
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c")), revision: "r2")
            let outcome = try await stage.run(app, also: [GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment")])
            #expect(outcome.pruned == 1)
            try await stage.eventually("the Deployment is gone") {
                try await stage.get("Deployment", "apps/v1", "frontend") == nil
            }
        }
    }

    @Test func `an object moves between apps and environments without being deleted`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c")), name: "one"))
            let uid = try await stage.get("ConfigMap", "v1", "c")?.uid
            let moved = try await stage.app(try Sample.manifests(Sample.configMap("c")), name: "two")
            #expect(try await stage.run(moved).isSynced)
            let empty = try await stage.app([], name: "one")
            let left = try await stage.run(empty) {
                $0.wanted = Set(moved.objects.map(\.key))
                $0.removed = true
            }
            #expect(left.pruned == 0)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.uid == uid)

            let other = NamespacedName(namespace: "sync-test", name: "other-\(stage.environment.name)")
            let theirs = try await stage.app(
                try Sample.manifests(Sample.configMap("c")), name: "web", environment: other)
            let refused = try await stage.run(theirs)
            #expect(refused.errors.map(\.code) == [.ownedElsewhere])
            stage.sync.index.claim([], for: stage.environment)
            #expect(try await stage.run(theirs).isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.uid == uid)
            #expect(stage.sync.index.tracked(stage.environment, app: "two").isEmpty)
            stage.sync.index.forget(other)
        }
    }

    @Test func `an environment goes with all its objects, last kinds first`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.deployment, Sample.configMap("c")))
            try await stage.run(app)
            for name in stage.sync.index.apps(of: stage.environment) {
                let outcome = try await stage.run(DesiredApp(nothingOf: name)) { $0.removed = true }
                #expect(outcome.errors.map(\.message) == [])
                #expect(outcome.pruned == 2)
            }
            try await stage.eventually("all is gone") { stage.sync.index.apps(of: stage.environment).isEmpty }
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
        }
    }

    @Test func `an app that renders to nothing is pruned only with allowEmpty`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c"))))
            let empty = try await stage.app([], revision: "r2")
            func run(allowEmpty: Bool) async throws -> SyncOutcome {
                try await stage.run(empty) {
                    $0.environment = stage.environment
                    $0.policy.allowEmpty = allowEmpty
                }
            }
            let refused = try await run(allowEmpty: false)
            #expect(refused.errors.map(\.code) == [.pruneRefused])
            #expect(try await stage.get("ConfigMap", "v1", "c") != nil)
            #expect(try await run(allowEmpty: true).pruned == 1)
            try await stage.eventually("it is gone") { try await stage.get("ConfigMap", "v1", "c") == nil }
        }
    }

    @Test func `pruneLast waits until all is well, and without it nothing is waited for`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("old"))))
            // Nobody runs its pods, so it never gets well.
            let app = try await stage.app(try Sample.manifests(Sample.deployment), revision: "r2")
            let waiting = try await stage.run(app)
            #expect(waiting.wait == SyncWait(reason: .health, keys: [app.objects[0].key]))
            #expect(!waiting.isSynced)
            #expect(waiting.pruned == 0)
            #expect(try await stage.get("ConfigMap", "v1", "old") != nil)
            #expect(try await stage.run(app) { $0.policy.pruneLast = false }.pruned == 1)
            try await stage.eventually("it is gone") { try await stage.get("ConfigMap", "v1", "old") == nil }
        }
    }

    @Test func `prunePropagation decides over the dependents`() async throws {
        try await Stage.with { stage in
            let names = ["orphaned", "taken"]
            let texts = names.map {
                Sample.deployment.replacing("frontend", $0).replacing("replicas: 3", "replicas: 0")
            }
            try await stage.run(try await stage.app(try texts.flatMap(LiveCluster.yaml)))
            func replicaSets(_ app: String) async throws -> Int {
                let resource = try await stage.client.resource(
                    for: GroupVersionKind(apiVersion: "apps/v1", kind: "ReplicaSet"))
                return try await stage.client.list(
                    resource, ObjectSelector(namespace: stage.namespace, labels: "app=\(app)")
                ).count
            }
            try await stage.eventually("each has a ReplicaSet") {
                for name in names where try await replicaSets(name) != 1 { return false }
                return true
            }
            let one = try await stage.app(try LiveCluster.yaml(texts[1]), revision: "r2")
            _ = try await stage.run(one) {
                $0.options.propagation = .orphan
                $0.policy.pruneLast = false
            }
            try await stage.eventually("the Deployment is gone") {
                try await stage.get("Deployment", "apps/v1", "orphaned") == nil
            }
            #expect(try await replicaSets("orphaned") == 1)
            let none = try await stage.app([], revision: "r3")
            _ = try await stage.run(none) {
                $0.options.propagation = .background
                $0.policy.allowEmpty = true
            }
            try await stage.eventually("the other goes with its ReplicaSet") { try await replicaSets("taken") == 0 }
        }
    }

    @Test func `a prune that is held up stays in sight and comes to its end`() async throws {
        try await Stage.with { stage in
            let held = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: held, finalizers: [example.com/wait]}
                """
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c"), held)))
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c")), revision: "r2")
            #expect(try await stage.run(app).pruned == 1)
            let waiting = try await stage.run(app)
            #expect(!waiting.isSynced)
            #expect(waiting.objects.contains { $0.key.name == "held" && $0.message == "is being deleted" })
            #expect(waiting.pruned == 0)
            _ = try await stage.client.patch(
                .configMaps, namespace: stage.namespace, name: "held", .merge(["metadata": ["finalizers": .null]]))
            try await stage.eventually("all is synced") { try await stage.run(app).isSynced }
        }
    }

    @Test func `an object that took another's name is not deleted in its place`() async throws {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\nstringData: {a: b}"
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c"), secret)))
            // Of what is said about Secrets no text is kept.
            for resource in [APIResource.configMaps, .secrets] {
                do throws(KubernetesError) {
                    _ = try await stage.client.delete(
                        resource, namespace: stage.namespace, name: "c", options: DeleteOptions(uid: "another"))
                    Issue.record("the precondition was passed over")
                } catch {
                    #expect(SyncFailure.isAnotherObject(error), "\(error)")
                    #expect(!SyncFailure.isWorthAnotherTry(error))
                }
                #expect(try await stage.client.get(resource, namespace: stage.namespace, name: "c").name == "c")
            }
        }
    }

    @Test func `an answer that comes after the end of its object brings nothing back`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c")))
            try await stage.run(app)
            let object = app.objects[0]
            let answer = try await stage.client.get(.configMaps, namespace: stage.namespace, name: "c")
            try await stage.client.delete(.configMaps, namespace: stage.namespace, name: "c")
            try await stage.eventually("the watch tells of the end") {
                stage.sync.index.record(object.key, object.gvk) == nil
            }
            stage.sync.index.observe(answer)
            #expect(stage.sync.index.record(object.key, object.gvk) == nil)
            try await stage.run(app)
            #expect(stage.sync.index.record(object.key, object.gvk) != nil)
        }
    }

    @Test func `orphans are what nobody names, owns or makes`() async throws {
        try await Stage.with { stage in
            let set = """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: db}
                spec:
                  serviceName: db
                  replicas: 1
                  selector: {matchLabels: {app: db}}
                  template:
                    metadata: {labels: {app: db}}
                    spec: {containers: [{name: db, image: db}]}
                  volumeClaimTemplates:
                  - metadata: {name: data}
                    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """
            let ingress = """
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata: {name: web}
                spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
                """
            let service =
                "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {a: b}, ports: [{port: 80}]}"
            let app = try await stage.app(
                try Sample.manifests(
                    Sample.deployment.replacing("replicas: 3", "replicas: 1"), set, ingress, service,
                    Sample.configMap("kept", annotations: "{sluice.dev/prune: 'false'}")))
            try await stage.run(app)
            try await stage.eventually("the controllers have made what they make") {
                let claims = try await stage.get("PersistentVolumeClaim", "v1", "data-db-0")
                let account = try await stage.get("ServiceAccount", "v1", "default")
                return claims != nil && account != nil
            }
            func orphans() async throws -> [String] {
                try await stage.sync.orphans(in: [stage.namespace], as: nil).map { "\($0)" }
            }
            #expect(try await orphans() == [])

            var copy = try #require(try await stage.get("ConfigMap", "v1", "kept"))
            copy.json["metadata"] = [
                "name": "copy", "namespace": .string(stage.namespace),
                "labels": copy.json["metadata"]?["labels"] ?? [:],
                "annotations": copy.json["metadata"]?["annotations"] ?? [:],
            ]
            _ = try await stage.client.create(.configMaps, copy)
            try stage.kubectl(["create", "secret", "generic", "stray", "--from-literal=a=b"])
            try stage.kubectl(["create", "deployment", "stray", "--image=x", "--replicas=0"])
            let found = [
                "ConfigMap \(stage.namespace)/copy", "Deployment.apps \(stage.namespace)/stray",
                "Secret \(stage.namespace)/stray",
            ]
            #expect(try await orphans() == found)
            // Somebody else's eyes see what they may see.
            #expect(
                try await stage.sync.orphans(
                    in: [stage.namespace], as: "system:serviceaccount:\(stage.namespace):default") == [])
        }
    }
}
