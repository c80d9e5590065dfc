import Core
import KubernetesClient
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

/// The engine against a real API server.
@Suite(LiveCluster.isThere, .serialized) struct SyncIntegrationTests {
    @Test func `what is applied once is not sent again, nor after a restart`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.deployment, Sample.configMap("c")))
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
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("a"), Sample.configMap("b"))))
            let app = try await stage.app(
                try Sample.manifests(Sample.configMap("a"), Sample.configMap("b", "{a: '2'}")), revision: "r2")
            let outcome = try await stage.run(app)
            #expect(outcome.applied == 1)
            #expect(outcome.isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "b")?.json["data"]?["a"] == "2")
        }
    }

    @Test func `nothing of an app is applied when the server refuses one object of it`() async throws {
        try await Stage.with { stage in
            let bad = """
                apiVersion: v1
                kind: Service
                metadata: {name: bad}
                spec: {ports: [{port: 99999}]}
                """
            let outcome = try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("c"), bad)))
            #expect(!outcome.isSynced)
            #expect(outcome.applied == 0)
            #expect(outcome.errors.count == 1)
            #expect(outcome.errors.first?.message.contains("Service \(stage.namespace)/bad (web/bad.yaml)") == true)
            #expect(outcome.errors.first?.message.contains("99999") == true)
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
        }
    }

    @Test func `fields that kubectl apply left are taken over and go with Git`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed"))))
            try stage.kubectl(["apply", "-f", "-"], input: Sample.configMap("c", "{a: '1', stale: x}"))
            let outcome = try await stage.run(
                try await stage.app(try Sample.manifests(Sample.configMap("seed"), Sample.configMap("c"))))
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            let live = try #require(try await stage.get("ConfigMap", "v1", "c"))
            #expect(live.json["data"] == ["a": "1"])
            #expect(live.annotation("kubectl.kubernetes.io/last-applied-configuration") == nil)
            #expect(!live.managedFields.contains { $0.manager == "kubectl-client-side-apply" })
        }
    }

    @Test func `an adoption that was cut short is finished by a new process`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed"))))
            try stage.kubectl(["apply", "-f", "-"], input: Sample.configMap("c", "{a: '1', stale: x}"))
            let app = try await stage.app(try Sample.manifests(Sample.configMap("seed"), Sample.configMap("c")))
            // Of an adoption's three requests only the first came through.
            let object = try #require(app.objects.first { $0.key.name == "c" })
            _ = try await stage.client.apply(object.apiResource, object.manifest, fieldManager: FieldManager.name)
            stage.restart()
            let outcome = try await stage.run(app)
            #expect(outcome.errors.map(\.message) == [])
            #expect(outcome.isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.json["data"] == ["a": "1"])
            #expect(try await stage.run(app).applied == 0)
        }
    }

    @Test func `adoption leaves ignored fields as they are`() async throws {
        try await Stage.with { stage in
            let ignore = IgnoreRules([
                try IgnoreRule(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])
            ])
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed"))))
            try stage.kubectl(["apply", "-f", "-"], input: Sample.deployment.replacing("replicas: 3", "replicas: 5"))
            let app = try await stage.app(
                try Sample.manifests(Sample.configMap("seed"), Sample.deployment), ignore: ignore)
            let outcome = try await stage.run(app, ignore: ignore)
            #expect(outcome.errors.map(\.message) == [])
            #expect(try await stage.get("Deployment", "apps/v1", "frontend")?.json["spec"]?["replicas"] == 5)
        }
    }

    @Test func `an immutable field is told, and replaced only where that is allowed`() async throws {
        try await Stage.with { stage in
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
            try await stage.run(try await stage.app(try Sample.manifests(job)))
            let uid = try await stage.get("Job", "batch/v1", "j")?.uid
            let newer = try await stage.app(try Sample.manifests(job.replacing("a:1", "a:2")), revision: "r2")
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
        try await Stage.with { stage in
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
            let app = try await stage.app(try Sample.manifests(alien, definition, Sample.configMap("c")))
            #expect(app.violations.map(\.message) == [])
            try await stage.eventually("all is synced") { try await stage.run(app).isSynced }
            #expect(try await stage.get("Alien", "\(group)/v1", "zed")?.json["spec"]?["legs"] == 3)
            stage.restart()
            let again = try await stage.run(
                try await stage.app(try Sample.manifests(alien, definition, Sample.configMap("c"))))
            #expect(again.isSynced)
            #expect(again.applied == 0)
            _ = try await stage.client.delete(.customResourceDefinitions, namespace: nil, name: "aliens.\(group)")
        }
    }

    @Test func `waves wait for health and hooks run around them`() async throws {
        try await Stage.with { stage in
            let hook = """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: hook
                  annotations: {sluice.dev/hook: PreSync, sluice.dev/hook-delete-policy: HookSucceeded}
                data: {}
                """
            let app = try await stage.app(
                try Sample.manifests(
                    hook, Sample.configMap("late", annotations: "{sluice.dev/sync-wave: '5'}"),
                    Sample.configMap("early", annotations: "{sluice.dev/sync-wave: '-5'}"), Sample.deployment))
            let outcome = try await stage.run(app) { $0.runHooks = true }
            #expect(outcome.errors.map(\.message) == [])
            // No node runs the Deployment, so the last wave waits for it.
            #expect(outcome.wait == SyncWait(reason: .health, keys: [app.objects[2].key]))
            #expect(try await stage.get("ConfigMap", "v1", "early") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "hook") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "late") == nil)
            // Scaled to nothing, its controller finds it well without a node.
            let scaled = try await stage.app(
                try Sample.manifests(
                    hook, Sample.configMap("late", annotations: "{sluice.dev/sync-wave: '5'}"),
                    Sample.configMap("early", annotations: "{sluice.dev/sync-wave: '-5'}"),
                    Sample.deployment.replacing("replicas: 3", "replicas: 0")))
            try await stage.eventually("the last wave comes") {
                try await stage.run(scaled) { $0.runHooks = true }.isSynced
            }
            #expect(try await stage.get("ConfigMap", "v1", "late") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "hook") == nil)
            #expect(try await stage.run(scaled) { $0.runHooks = true }.applied == 0)
        }
    }

    @Test func `an empty identity does nothing`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c")))
            let outcome = try await stage.run(app) { $0.impersonate = "" }
            #expect(outcome.errors.map(\.code) == [.identityMissing])
            #expect(outcome.applied == 0)
        }
    }

    @Test func `a service account without rights changes nothing`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c")))
            let outcome = try await stage.run(app) {
                $0.impersonate = "system:serviceaccount:\(stage.namespace):deployer"
            }
            #expect(outcome.errors.first?.message.contains("forbidden") == true)
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
        }
    }

    @Test func `a diff shows what a sync would change, and nothing else`() async throws {
        try await Stage.with { stage in
            let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}"
            let app = try await stage.app(try Sample.manifests(Sample.deployment, Sample.configMap("old"), secret))
            try await stage.run(app)
            func request(_ app: DesiredApp) -> SyncRequest {
                SyncRequest(environment: stage.environment, app: app, wanted: Set(app.objects.map(\.key)))
            }
            let none = await stage.sync.diff(request(app))
            #expect(none.errors.map(\.message) == [])
            #expect(none.diff.isEmpty, "\(none.diff.text(limit: 2000).text)")
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=20"])
            let newer = try await stage.app(
                try Sample.manifests(
                    Sample.deployment.replacing("frontend:1", "frontend:2"), Sample.configMap("new"),
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

    @Test func `an idle environment sends nothing`() async throws {
        try await Stage.with { stage in
            let app = try await stage.app(try Sample.manifests(Sample.configMap("c"), Sample.deployment))
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

    @Test func `Argo CD's annotations for waves and hooks are read too`() async throws {
        try await Stage.with { stage in
            func argo(_ name: String, _ annotations: String) -> String {
                Sample.configMap(name, annotations: "{\(annotations)}")
            }
            let app = try await stage.app(
                try Sample.manifests(
                    argo("late", "argocd.argoproj.io/sync-wave: '2'"),
                    argo(
                        "first",
                        "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookSucceeded"),
                    argo("after", "argocd.argoproj.io/hook: PostSync"), argo("never", "argocd.argoproj.io/hook: Skip"),
                    Sample.deployment))
            #expect(app.hooks.map(\.key.name).sorted() == ["after", "first"])
            let outcome = try await stage.run(app) { $0.runHooks = true }
            #expect(outcome.wait?.keys.map(\.name) == ["frontend"])
            #expect(try await stage.get("ConfigMap", "v1", "first") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "late") == nil)
            #expect(try await stage.get("ConfigMap", "v1", "after") == nil)
            try stage.kubectl(["scale", "deployment", "frontend", "--replicas=0"])
            let scaled = try await stage.app(
                try Sample.manifests(
                    argo("late", "argocd.argoproj.io/sync-wave: '2'"),
                    argo(
                        "first",
                        "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookSucceeded"),
                    argo("after", "argocd.argoproj.io/hook: PostSync"),
                    Sample.deployment.replacing("replicas: 3", "replicas: 0")))
            try await stage.eventually("the last wave and hook come") {
                try await stage.run(scaled) { $0.runHooks = true }.isSynced
            }
            #expect(try await stage.get("ConfigMap", "v1", "late") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "after") != nil)
            #expect(try await stage.get("ConfigMap", "v1", "first") == nil)
        }
    }

    @Test func `a failed hook stops its revision, runs the one for failures, and a new revision tries again`()
        async throws
    {
        try await Stage.with { stage in
            func job(_ name: String, _ hook: String) -> String {
                """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: \(name), annotations: {sluice.dev/hook: \(hook)}}
                spec:
                  template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}
                """
            }
            let cleanup = Sample.configMap("cleanup", annotations: "{sluice.dev/hook: SyncFail}")
            func app(_ revision: String) async throws -> DesiredApp {
                try await stage.app(
                    try Sample.manifests(job("migrate", "PreSync"), cleanup, Sample.configMap("c")), revision: revision)
            }
            let first = try await app("r1")
            #expect(try await stage.run(first) { $0.runHooks = true }.wait?.reason == .hook)
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
            let jobs = try await stage.client.resource(for: GroupVersionKind(apiVersion: "batch/v1", kind: "Job"))
            // Says of the Job what its controller says of one that failed.
            _ = try await stage.client.patch(
                jobs, namespace: stage.namespace, name: "migrate",
                .merge(["status": ["conditions": [["type": "Failed", "status": "True", "message": "it broke"]]]]),
                options: WriteOptions(subresource: "status"))
            var failed = try await stage.run(first) { $0.runHooks = true }
            try await stage.eventually("the failure is told") {
                failed = try await stage.run(first) { $0.runHooks = true }
                return !failed.errors.isEmpty
            }
            #expect(failed.errors.map(\.code) == [.hookFailed])
            #expect(try await stage.get("ConfigMap", "v1", "c") == nil)
            #expect(try await stage.get("ConfigMap", "v1", "cleanup") != nil)
            let old = try await stage.get("Job", "batch/v1", "migrate")?.uid
            let second = try await app("r2")
            try await stage.eventually("the Job runs anew") {
                _ = try await stage.run(second) { $0.runHooks = true }
                let live = try await stage.get("Job", "batch/v1", "migrate")
                return live != nil && live?.uid != old
            }
        }
    }

    @Test func `the opt-outs of objects hold`() async throws {
        try await Stage.with { stage in
            let texts = [
                Sample.configMap("disabled", annotations: "{sluice.dev/reconcile: disabled}"),
                Sample.configMap("once", annotations: "{sluice.dev/apply: IfNotPresent}"),
                Sample.configMap("usual"),
            ]
            let app = try await stage.app(try texts.flatMap(LiveCluster.yaml))
            #expect(try await stage.run(app).isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "disabled") == nil)
            _ = try await stage.client.patch(
                .configMaps, namespace: stage.namespace, name: "once", .merge(["data": ["a": "mine"]]),
                options: WriteOptions(fieldManager: "kubectl-edit"))
            let newer = try await stage.app(
                try texts.flatMap { try LiveCluster.yaml($0.replacing("a: '1'", "a: '2'")) }, revision: "r2")
            let outcome = try await stage.run(newer)
            #expect(outcome.isSynced)
            #expect(outcome.applied == 1)
            #expect(try await stage.get("ConfigMap", "v1", "once")?.json["data"]?["a"] == "mine")
            #expect(try await stage.get("ConfigMap", "v1", "usual")?.json["data"]?["a"] == "2")

            let job = """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: j, annotations: {sluice.dev/force: "true", sluice.dev/health: Ignore}}
                spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}
                """
            let forced = try await stage.run(try await stage.app(try Sample.manifests(job), revision: "r3"))
            #expect(forced.health == .healthy)
            let replaced = try await stage.app(try Sample.manifests(job.replacing("a:1", "a:2")), revision: "r4")
            try await stage.eventually("the Job is replaced") { try await stage.run(replaced).isSynced }
            #expect(WorkloadImages.of(try #require(try await stage.get("Job", "batch/v1", "j"))) == ["a:2"])
        }
    }

    @Test func `a field of another manager is a conflict where forceConflicts is false`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed"))))
            _ = try await stage.client.apply(
                .configMaps,
                Manifest([
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "c", "namespace": .string(stage.namespace)], "data": ["a": "theirs"],
                ]), fieldManager: "them")
            let app = try await stage.app(try Sample.manifests(Sample.configMap("seed"), Sample.configMap("c")))
            let refused = try await stage.run(app) { $0.options.forceConflicts = false }
            #expect(refused.errors.map(\.code) == [.fieldConflict])
            #expect(refused.errors.first?.message.contains("them") == true)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.json["data"]?["a"] == "theirs")
            #expect(try await stage.run(app).isSynced)
            #expect(try await stage.get("ConfigMap", "v1", "c")?.json["data"]?["a"] == "1")
        }
    }

    private static func configMap(in namespace: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: \(namespace)}"
    }

    private static func sync(
        _ stage: Stage, _ app: DesiredApp, into setup: NamespaceSetup, as user: String? = nil
    ) async throws -> SyncOutcome {
        try await stage.run(app) { request in
            request.namespace = setup
            request.impersonate = user
        }
    }

    @Test func `the namespace comes with its metadata, and comes back`() async throws {
        try await Stage.with { stage in
            let setup = NamespaceSetup(
                name: stage.namespace + "-own", labels: ["team": "shop"], annotations: ["note": "hello"])
            let app = try await stage.app(try Sample.manifests(Self.configMap(in: setup.name)))
            #expect(try await Self.sync(stage, app, into: setup).isSynced)
            let namespace = try await stage.client.get(.namespaces, namespace: nil, name: setup.name)
            #expect(namespace.label("team") == "shop")
            #expect(namespace.annotation("note") == "hello")

            _ = try await stage.client.delete(.namespaces, namespace: nil, name: setup.name)
            try await stage.eventually("it is gone", within: .seconds(30)) {
                try await stage.client.getIfPresent(.namespaces, namespace: nil, name: setup.name) == nil
            }
            try await stage.eventually("it is back") { try await Self.sync(stage, app, into: setup).isSynced }
            _ = try await stage.client.delete(.namespaces, namespace: nil, name: setup.name)
        }
    }

    @Test func `a namespace is created with the rights of whoever is impersonated`() async throws {
        try await Stage.with { stage in
            try await stage.run(try await stage.app(try Sample.manifests(Sample.configMap("seed"))))
            let setup = NamespaceSetup(name: stage.namespace + "-foreign")
            let app = try await stage.app(try Sample.manifests(Self.configMap(in: setup.name)), name: "two")
            let user = "system:serviceaccount:\(stage.namespace):default"
            let refused = try await Self.sync(stage, app, into: setup, as: user)
            #expect(refused.errors.first?.message.contains("forbidden") == true)
            let there = try await stage.client.getIfPresent(.namespaces, namespace: nil, name: setup.name)
            #expect(there == nil)
        }
    }
}
