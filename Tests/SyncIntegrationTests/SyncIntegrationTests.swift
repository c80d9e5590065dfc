import Core
import KubernetesClient
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

/// The engine against a real API server.
@Suite(LiveCluster.isThere, .serialized) struct SyncIntegrationTests {
    private func staged(_ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage()
        do {
            try await body(stage)
        } catch {
            await stage.tearDown()
            throw error
        }
        await stage.tearDown()
    }

    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: frontend}
        spec:
          replicas: 3
          selector: {matchLabels: {app: frontend}}
          template:
            metadata: {labels: {app: frontend}}
            spec:
              containers:
              - name: app
                image: frontend:1
                ports: [{containerPort: 80}]
                resources: {requests: {cpu: 1000m, memory: 0.5Gi}}
        """

    private static func configMap(_ name: String, _ data: String = "{a: '1'}", annotations: String = "{}") -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: \(name), annotations: \(annotations)}
        data: \(data)
        """
    }

    private func manifests(_ texts: String...) throws -> [Manifest] {
        try texts.flatMap { try LiveCluster.yaml($0) }
    }

    @Test func `what is applied once is not sent again, nor after a restart`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.deployment, Self.configMap("c")))
            let first = try await stage.run(app)
            #expect(first.errors.map(\.message) == [])
            #expect(first.isSynced)
            #expect(first.applied == 2)
            let second = try await stage.run(app)
            #expect(second.isSynced)
            #expect(second.applied == 0)
            #expect(stage.sync.counters.snapshot.applied == 2)
            stage.restart()
            let third = try await stage.run(app)
            #expect(third.isSynced)
            #expect(third.applied == 0)
            // The quantities are written in another way than the server's; one dry run tells that they stand.
            #expect(stage.sync.counters.snapshot.dryRuns <= 1)
        }
    }

    @Test func `a change of one object sends that object`() async throws {
        try await staged { stage in
            try await stage.run(try await stage.app(try manifests(Self.configMap("a"), Self.configMap("b"))))
            let app = try await stage.app(
                try manifests(Self.configMap("a"), Self.configMap("b", "{a: '2'}")), revision: "r2")
            let outcome = try await stage.run(app)
            #expect(outcome.applied == 1)
            #expect(outcome.isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "b")?.json["data"]?["a"] == "2")
        }
    }

    @Test func `kubectl scale is drift that is seen, told and healed`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.deployment))
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
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 3)
            let after = try await stage.run(app) { $0.mode = .heal }
            #expect(after.applied == 0)
        }
    }

    @Test func `without selfHeal drift is reported and left`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.deployment))
            try await stage.run(app)
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            try await stage.eventually("the drift is reported") {
                let outcome = try await stage.run(app) {
                    $0.mode = .heal
                    $0.policy.selfHeal = false
                }
                return !outcome.isSynced
            }
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 20)
        }
    }

    @Test func `ignored replicas stay where they were scaled to, through syncs and restarts`() async throws {
        try await staged { stage in
            let ignore = IgnoreRules([
                try IgnoreRule(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])
            ])
            let app = try await stage.app(try manifests(Self.deployment), ignore: ignore)
            try await stage.run(app, ignore: ignore)
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 3)
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            let quiet = try await stage.run(app, ignore: ignore) { $0.mode = .heal }
            #expect(quiet.applied == 0)
            let newer = try await stage.app(
                try manifests(Self.deployment.replacing("frontend:1", "frontend:2")), ignore: ignore, revision: "r2")
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

    @Test func `what left Git is pruned, copies are not`() async throws {
        try await staged { stage in
            try await stage.run(
                try await stage.app(
                    try manifests(
                        Self.configMap("keep"), Self.configMap("old"),
                        Self.configMap("held", annotations: "{sluice.dev/prune: 'false'}"))))
            var copy = try #require(try await stage.get("ConfigMap", "v1", "old"))
            copy.json["metadata"] = [
                "name": "copy", "namespace": .string(stage.namespace),
                "labels": copy.json["metadata"]?["labels"] ?? [:],
                "annotations": copy.json["metadata"]?["annotations"] ?? [:],
            ]
            _ = try await stage.client.create(.configMaps, copy)
            let app = try await stage.app(try manifests(Self.configMap("keep")), revision: "r2")
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
        try await staged { stage in
            try await stage.run(try await stage.app(try manifests(Self.configMap("c"), Self.deployment)))
            stage.restart()
            let app = try await stage.app(try manifests(Self.configMap("c")), revision: "r2")
            let outcome = try await stage.run(app, also: [GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment")])
            #expect(outcome.pruned == 1)
            try await stage.eventually("the Deployment is gone") {
                try await stage.get("Deployment", "apps/v1", "frontend") == nil
            }
        }
    }

    @Test func `nothing of an app is applied when the server refuses one object of it`() async throws {
        try await staged { stage in
            let bad = """
                apiVersion: v1
                kind: Service
                metadata: {name: bad}
                spec: {ports: [{port: 99999}]}
                """
            let outcome = try await stage.run(try await stage.app(try manifests(Self.configMap("c"), bad)))
            #expect(!outcome.isSynced)
            #expect(outcome.applied == 0)
            #expect(outcome.errors.count == 1)
            #expect(outcome.errors.first?.message.contains("Service \(stage.namespace)/bad (web/bad.yaml)") == true)
            #expect(outcome.errors.first?.message.contains("99999") == true)
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
        }
    }

    @Test func `an object moves between apps and environments without being deleted`() async throws {
        try await staged { stage in
            try await stage.run(try await stage.app(try manifests(Self.configMap("c")), name: "one"))
            let uid = try await stage.get("ConfigMap", "v1", "c")?.uid
            let moved = try await stage.app(try manifests(Self.configMap("c")), name: "two")
            #expect(try await stage.run(moved).isSynced)
            let empty = try await stage.app([], name: "one")
            let left = try await stage.run(empty) {
                $0.wanted = Set(moved.objects.map(\.key))
                $0.removed = true
            }
            #expect(left.pruned == 0)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.uid == uid)

            let other = NamespacedName(namespace: "sync-test", name: "other-\(stage.environment.name)")
            let theirs = try await stage.app(try manifests(Self.configMap("c")), name: "web", environment: other)
            let refused = try await stage.run(theirs)
            #expect(refused.errors.map(\.code) == [.ownedElsewhere])
            stage.sync.index.claim([], for: stage.environment)
            #expect(try await stage.run(theirs).isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.uid == uid)
            #expect(stage.sync.index.tracked(stage.environment, app: "two").isEmpty)
            stage.sync.index.forget(other)
        }
    }

    @Test func `fields that kubectl apply left are taken over and go with Git`() async throws {
        try await staged { stage in
            try await stage.run(try await stage.app(try manifests(Self.configMap("seed"))))
            try stage.kubectl(["apply", "-f", "-"], input: Self.configMap("c", "{a: '1', stale: x}"))
            let outcome = try await stage.run(
                try await stage.app(try manifests(Self.configMap("seed"), Self.configMap("c"))))
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            let live = try #require(try await stage.get("ConfigMap", "v1", "c"))
            #expect(live.json["data"] == ["a": "1"])
            #expect(live.annotation("kubectl.kubernetes.io/last-applied-configuration") == nil)
            #expect(!live.managedFields.contains { $0.manager == "kubectl-client-side-apply" })
        }
    }

    @Test func `an immutable field is told, and replaced only where that is allowed`() async throws {
        try await staged { stage in
            let job = """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: j}
                spec:
                  template:
                    spec:
                      restartPolicy: Never
                      containers: [{name: a, image: 'a:1'}]
                """
            try await stage.run(try await stage.app(try manifests(job)))
            let uid = try await stage.get("Job", "batch/v1", "j")?.uid
            let newer = try await stage.app(try manifests(job.replacing("a:1", "a:2")), revision: "r2")
            let refused = try await stage.run(newer)
            #expect(refused.errors.map(\.code) == [.immutableField], "\(refused.errors)")
            #expect(refused.errors.first?.message.contains("spec.template") == true)
            #expect(try await stage.get("Job", "batch/v1", "j")?.uid == uid)
            try await stage.eventually("the Job is replaced") {
                try await stage.run(newer) { $0.options.replaceImmutable = true }.isSynced
            }
            let live = try #require(try await stage.get("Job", "batch/v1", "j"))
            #expect(live.uid != uid)
            #expect(WorkloadImages.of(live) == ["a:2"])
        }
    }

    @Test func `a definition and its instances arrive in one sync`() async throws {
        try await staged { stage in
            let group = "\(stage.namespace).example.com"
            let definition = """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: aliens.\(group)}
                spec:
                  group: \(group)
                  scope: Namespaced
                  names: {kind: Alien, plural: aliens, singular: alien, listKind: AlienList}
                  versions:
                  - name: v1
                    served: true
                    storage: true
                    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                """
            let alien = """
                apiVersion: \(group)/v1
                kind: Alien
                metadata: {name: zed}
                spec: {legs: 3, size: 1.5, list: [b, a]}
                """
            let app = try await stage.app(try manifests(alien, definition, Self.configMap("c")))
            #expect(app.violations.map(\.message) == [])
            try await stage.eventually("all is synced") { try await stage.run(app).isSynced }
            #expect(try await stage.get("Alien", "\(group)/v1", "zed")?.json["spec"]?["legs"] == 3)
            stage.restart()
            let again = try await stage.run(try await stage.app(try manifests(alien, definition, Self.configMap("c"))))
            #expect(again.isSynced)
            #expect(again.applied == 0)
            _ = try await stage.client.delete(.customResourceDefinitions, namespace: nil, name: "aliens.\(group)")
        }
    }

    @Test func `waves wait for health and hooks run around them`() async throws {
        try await staged { stage in
            let hook = """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: hook
                  annotations: {sluice.dev/hook: PreSync, sluice.dev/hook-delete-policy: HookSucceeded}
                data: {}
                """
            let app = try await stage.app(
                try manifests(
                    hook, Self.configMap("late", annotations: "{sluice.dev/sync-wave: '5'}"),
                    Self.configMap("early", annotations: "{sluice.dev/sync-wave: '-5'}"), Self.deployment))
            let outcome = try await stage.run(app) { $0.runHooks = true }
            #expect(outcome.errors.map(\.message) == [])
            // No node runs the Deployment, so the last wave waits for it.
            #expect(outcome.wait == SyncWait(reason: .health, keys: [app.objects[2].key]))
            #expect(try await stage.get("ConfigMap", "v1", "early") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "hook") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "late") == nil)
            // Scaled to nothing, its controller finds it well without a node.
            let scaled = try await stage.app(
                try manifests(
                    hook, Self.configMap("late", annotations: "{sluice.dev/sync-wave: '5'}"),
                    Self.configMap("early", annotations: "{sluice.dev/sync-wave: '-5'}"),
                    Self.deployment.replacing("replicas: 3", "replicas: 0")))
            try await stage.eventually("the last wave comes") {
                try await stage.run(scaled) { $0.runHooks = true }.isSynced
            }
            #expect(try await stage.get("ConfigMap", "v1", "late") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "hook") == nil)
            #expect(try await stage.run(scaled) { $0.runHooks = true }.applied == 0)
        }
    }

    @Test func `an empty identity does nothing`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.configMap("c")))
            let outcome = try await stage.run(app) { $0.impersonate = "" }
            #expect(outcome.errors.map(\.code) == [.identityMissing])
            #expect(outcome.applied == 0)
        }
    }

    @Test func `a service account without rights changes nothing`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.configMap("c")))
            let outcome = try await stage.run(app) {
                $0.impersonate = "system:serviceaccount:\(stage.namespace):deployer"
            }
            #expect(outcome.errors.first?.message.contains("forbidden") == true)
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
        }
    }

    @Test func `a diff shows what a sync would change, and nothing else`() async throws {
        try await staged { stage in
            let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}"
            let app = try await stage.app(try manifests(Self.deployment, Self.configMap("old"), secret))
            try await stage.run(app)
            func request(_ app: DesiredApp) -> SyncRequest {
                SyncRequest(environment: stage.environment, app: app, wanted: Set(app.objects.map(\.key)))
            }
            let none = await stage.sync.diff(request(app))
            #expect(none.errors.map(\.message) == [])
            #expect(none.diff.isEmpty, "\(none.diff.text(limit: 2000).text)")
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            let newer = try await stage.app(
                try manifests(
                    Self.deployment.replacing("frontend:1", "frontend:2"), Self.configMap("new"),
                    secret.replacing("hunter2", "hunter3")))
            let some = await stage.sync.diff(request(newer))
            #expect(some.errors.map(\.message) == [])
            #expect(some.diff.count(.added) == 1)
            #expect(some.diff.count(.removed) == 1)
            let text = some.diff.text(limit: 10_000).text
            #expect(text.contains("  - spec.replicas: 20\n  + spec.replicas: 3\n"))
            #expect(text.contains("  - spec.template.spec.containers[app].image: \"frontend:1\"\n"))
            #expect(text.contains("+ data.password: \"<masked sha256:"))
            #expect(!text.contains("hunter"))
            #expect(!text.contains("aHVudGVy"))
        }
    }

    @Test func `an environment goes with all its objects, last kinds first`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.deployment, Self.configMap("c")))
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

    @Test func `an idle environment sends nothing`() async throws {
        try await staged { stage in
            let app = try await stage.app(try manifests(Self.configMap("c"), Self.deployment))
            try await stage.run(app)
            // The Deployment controller has its say first.
            try await stage.eventually("the controller has seen it") {
                try await stage.get("Deployment", "apps/v1", "frontend")?.json["status"]?["observedGeneration"] != nil
            }
            let before = stage.requests.total()
            for _ in 0..<20 { _ = try await stage.run(app) { $0.mode = .heal } }
            #expect(stage.requests.total() == before)
        }
    }
}

extension String {
    func replacing(_ old: String, _ new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
