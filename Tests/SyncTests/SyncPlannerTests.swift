import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

@Suite struct SyncPlannerTests {
    /// One app planned against a store of live objects.
    private struct World {
        var live: [ObjectKey: LiveRecord] = [:]
        var expected: [ObjectKey: ExpectedState] = [:]
        var claims: [ObjectKey: SyncPlanner.Claim] = [:]
        var policy = SyncPolicy()
        var mode = SyncMode.sync
        var alsoWanted: Set<ObjectKey> = []

        mutating func put(_ manifest: Manifest, ignore: IgnoreRules = IgnoreRules()) {
            live[manifest.key] = Fixture.record(manifest, ignore: ignore)
        }

        /// Stores the app as a server would, and remembers it as applied.
        mutating func apply(_ app: DesiredApp) {
            for object in app.objects {
                put(Fixture.live(object.manifest))
                expected[object.key] = ExpectedState(
                    digest: object.digest, fingerprint: Fingerprint(applied: object.manifest))
            }
        }

        /// Makes a Deployment healthy, or a Job complete.
        mutating func settle(_ name: String, healthy: Bool = true) {
            for (key, record) in live where key.name == name {
                live[key] = record.with(health: healthy ? .healthy : Health(.degraded, "it broke"))
            }
        }

        func plan(_ app: DesiredApp, runHooks: Bool = false, removed: Bool = false) -> AppPlan {
            let (live, expected, claims) = (live, expected, claims)
            let planner = SyncPlanner(
                environment: Fixture.environment, mode: mode, policy: policy,
                wanted: alsoWanted.union(app.objects.map(\.key)), live: { key, _ in live[key] },
                expected: { expected[$0] },
                claim: { claims[$0] ?? .nobody })
            let tracked = live.values.filter {
                $0.tracking?.environment == Fixture.environment && $0.tracking?.app == app.name
            }.sorted { $0.key.description < $1.key.description }
            return planner.plan(app, tracked: tracked, runHooks: runHooks, removed: removed)
        }
    }

    @Test func `what is written first is alone in its step, and proves itself where its apply is one request`() throws {
        let manifests = [Fixture.configMap("a"), Fixture.configMap("b"), Fixture.deployment("web")]
        let plan = World().plan(Fixture.app(manifests))
        #expect(plan.steps.map { $0.actions.map(\.key.name) } == [["a", "b"], ["web"]])
        #expect(plan.stepsFirstAlone.map { $0.actions.map(\.key.name) } == [["a"], ["b"], ["web"]])
        #expect(plan.firstApply?.name == "a")
        // Before such an apply comes the release of the fields that are left to others.
        let rules = IgnoreRules([try IgnoreRule(group: "", kind: "ConfigMap", jsonPointers: ["/data/a"])])
        #expect(World().plan(Fixture.app(manifests, ignore: rules)).firstApply == nil)
        #expect(World().plan(Fixture.app([Fixture.deployment("web")], ignore: rules)).firstApply?.name == "web")
        // What only the server can judge is asked about first.
        var known = World()
        known.put(Fixture.live(Fixture.app([Fixture.configMap("a", ["a": "2"])]).objects[0].manifest))
        let asking = known.plan(Fixture.app([Fixture.configMap("a")]))
        #expect(outline(asking) == ["verify a"])
        #expect(asking.firstApply == nil)
        #expect(asking.unsure.map(\.name) == ["a"])
    }

    /// A plan in short: one line for each step.
    private func outline(_ plan: AppPlan) -> [String] {
        var lines = plan.steps.map { step in
            step.actions.map { action in
                switch action {
                case .apply(let object, let reason): "\(reason.rawValue) \(object.key.name)"
                case .verify(let object): "verify \(object.key.name)"
                case .createIfAbsent(let object): "create \(object.key.name)"
                case .hook(let object, let run): "\(run.phase.rawValue) \(object.key.name)"
                case .deleteHook(let record): "delete hook \(record.key.name)"
                case .prune(let record): "prune \(record.key.name)"
                }
            }.sorted().joined(separator: ", ")
        }
        if let wait = plan.wait {
            lines.append("\(wait.reason.rawValue) " + wait.keys.map(\.name).sorted().joined(separator: ", "))
        }
        return lines
    }

    private func definition() -> Manifest {
        Manifest(
            Fixture.json(
                """
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"aliens.x.io"},
                 "spec":{"group":"x.io","scope":"Namespaced","names":{"kind":"Alien","plural":"aliens"},
                 "versions":[{"name":"v1","served":true}]}}
                """))
    }

    @Test func `a new app is applied in the order of kinds`() {
        let alien = Manifest(["apiVersion": "x.io/v1", "kind": "Alien", "metadata": ["name": "alien"]])
        let service = Manifest(["apiVersion": "v1", "kind": "Service", "metadata": ["name": "svc"]])
        let app = Fixture.app([
            alien, Fixture.deployment("web"), service, Fixture.configMap("b"), definition(), Fixture.configMap("a"),
        ])
        #expect(
            outline(World().plan(app)) == [
                "Missing a, Missing b", "Missing aliens.x.io", "Missing svc", "Missing web",
                "WaitingForDefinition aliens.x.io",
            ])
    }

    @Test func `waves come before kinds, and each waits for the one below`() {
        let app = Fixture.app([
            Fixture.configMap("late", annotations: [Annotation.syncWave: "3"]),
            Fixture.deployment("web"),
            Fixture.configMap("first", annotations: [Annotation.syncWave: "-1"]),
        ])
        #expect(outline(World().plan(app)) == ["Missing first", "WaitingForHealth first"])
        var world = World()
        world.apply(app)
        world.live[app.objects[1].key] = nil
        world.live[app.objects[0].key] = nil
        #expect(outline(world.plan(app)) == ["Missing web", "WaitingForHealth web"])
        world.apply(app)
        world.live[app.objects[0].key] = nil
        #expect(outline(world.plan(app)) == ["WaitingForHealth web"])
        world.settle("web")
        #expect(outline(world.plan(app)) == ["Missing late"])
    }

    @Test func `what stands is not sent`() {
        let app = Fixture.app([Fixture.deployment("web"), Fixture.configMap("c")])
        var world = World()
        world.apply(app)
        let plan = world.plan(app)
        #expect(plan.steps.isEmpty)
        #expect(plan.isSynced)
        #expect(plan.confirmed.isEmpty)
    }

    @Test func `after a restart, what equals Git's state is known to stand without asking`() {
        let app = Fixture.app([Fixture.configMap("c")])
        var world = World()
        world.apply(app)
        world.expected = [:]
        let plan = world.plan(app)
        #expect(plan.steps.isEmpty)
        #expect(plan.isSynced)
        #expect(plan.confirmed.count == 1)
    }

    @Test func `after a restart, what the server normalised is asked about once`() {
        let app = Fixture.app([Fixture.configMap("c")])
        var world = World()
        world.apply(app)
        world.expected = [:]
        var live = Fixture.live(app.objects[0].manifest)
        live.json["data"]?["a"] = "normalised"
        world.put(live)
        #expect(outline(world.plan(app)) == ["verify c"])
        world.mode = .report
        #expect(outline(world.plan(app)) == ["verify c"])
    }

    @Test func `what a dry run told of is not asked again, and is no drift of somebody's`() {
        let app = Fixture.app([Fixture.configMap("c")])
        var world = World()
        var live = Fixture.live(app.objects[0].manifest)
        live.json["data"]?["a"] = "other"
        world.put(live)
        world.expected[app.objects[0].key] = ExpectedState(
            digest: app.objects[0].digest, fingerprint: Fingerprint(applied: app.objects[0].manifest), wasSeen: false)
        world.mode = .report
        let report = world.plan(app)
        #expect(report.steps.isEmpty)
        #expect(report.objects.map(\.message) == ["differs from Git"])
        #expect(report.objects.map(\.isDrift) == [true])
        world.mode = .sync
        #expect(outline(world.plan(app)) == ["Changed c"])
    }

    @Test func `a change in Git sends the objects that changed`() {
        var world = World()
        world.apply(Fixture.app([Fixture.configMap("c"), Fixture.deployment("web", replicas: 3)]))
        let plan = world.plan(Fixture.app([Fixture.configMap("c"), Fixture.deployment("web", replicas: 4)]))
        #expect(outline(plan) == ["Changed web"])
        #expect(!plan.isSynced)
    }

    @Test(arguments: [(SyncMode.heal, true), (.heal, false), (.sync, false), (.report, true)])
    func `drift is healed where policy and mode say so`(mode: SyncMode, selfHeal: Bool) {
        let app = Fixture.app([Fixture.deployment("web")])
        var world = World()
        world.apply(app)
        var live = Fixture.live(
            app.objects[0].manifest, entries: [Fixture.managed("kubectl", "Update", ["f:spec": [:]])])
        live.json["spec"]?["replicas"] = 20
        world.put(live)
        world.mode = mode
        world.policy.selfHeal = selfHeal
        let plan = world.plan(app)
        let heals = mode == .sync || (mode == .heal && selfHeal)
        #expect(outline(plan) == (heals ? ["Drifted web"] : []))
        #expect(plan.objects.map(\.status) == [.outOfSync])
        #expect(plan.objects.map(\.message) == ["was changed by kubectl"])
    }

    @Test func `a scaled Deployment stands where its replicas are ignored`() throws {
        let ignore = IgnoreRules([try IgnoreRule(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])])
        let app = Fixture.app([Fixture.deployment("web")], ignore: ignore)
        var world = World()
        var live = Fixture.live(app.objects[0].manifest)
        live.json["spec"]?["replicas"] = 20
        world.put(live, ignore: ignore)
        #expect(world.plan(app).isSynced)
    }

    @Test func `the opt-outs hold`() {
        let app = Fixture.app([
            Fixture.configMap("never", annotations: [Annotation.reconcile: "disabled"]),
            Fixture.configMap("once", annotations: [Annotation.apply: "IfNotPresent"]),
            Fixture.configMap("there", annotations: [Annotation.apply: "IfNotPresent"]),
        ])
        var world = World()
        var changed = Fixture.live(app.objects[2].manifest)
        changed.json["data"] = ["other": "value"]
        world.put(changed)
        let plan = world.plan(app)
        #expect(outline(plan) == ["create once"])
        #expect(plan.objects.map(\.status) == [.unmanaged, .missing, .synced])
    }

    @Test func `an object that is being deleted is waited for`() {
        let app = Fixture.app([Fixture.configMap("c")])
        var world = World()
        var live = Fixture.live(app.objects[0].manifest)
        live.json["metadata"]?["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        world.put(live)
        let plan = world.plan(app)
        #expect(plan.steps.isEmpty)
        #expect(!plan.isSynced)
    }

    @Test func `what left Git is pruned last and in reverse order`() {
        var world = World()
        world.apply(
            Fixture.app([
                Fixture.configMap("keep"), Fixture.configMap("old"), Fixture.deployment("gone"),
                Fixture.configMap("wave", annotations: [Annotation.syncWave: "2"]),
                Fixture.configMap("held", annotations: [Annotation.prune: "false"]),
            ]))
        let app = Fixture.app([Fixture.configMap("keep"), Fixture.configMap("new")])
        #expect(outline(world.plan(app)) == ["Missing new", "WaitingForHealth new"])
        world.policy.pruneLast = false
        #expect(outline(world.plan(app)) == ["Missing new", "prune wave", "prune gone", "prune old"])
        world.policy.pruneLast = true
        #expect(
            outline(world.plan(Fixture.app([Fixture.configMap("keep")]))) == ["prune wave", "prune gone", "prune old"])
        world.policy.prune = false
        let plan = world.plan(app)
        #expect(outline(plan) == ["Missing new"])
        #expect(plan.objects.filter { $0.status == .extra }.count == 3)
        #expect(!plan.isSynced)
    }

    @Test func `an app that renders to nothing is pruned only where that is allowed`() {
        var world = World()
        world.apply(Fixture.app([Fixture.configMap("c")]))
        let refused = world.plan(Fixture.app([]))
        #expect(refused.steps.isEmpty)
        #expect(refused.errors.map(\.code) == [.pruneRefused])
        #expect(outline(world.plan(Fixture.app([]), removed: true)) == ["prune c"])
        world.policy.allowEmpty = true
        #expect(outline(world.plan(Fixture.app([]))) == ["prune c"])
    }

    @Test func `copies, controlled objects and hooks are not pruned, nor what others want`() {
        var world = World()
        let app = Fixture.app([
            Fixture.configMap("a"), Fixture.configMap("child"), Fixture.configMap("moved"), Fixture.configMap("taken"),
        ])
        world.apply(app)
        var copy = Fixture.live(app.objects[0].manifest)
        copy.json["metadata"]?["name"] = "copy"
        world.put(copy)
        var child = Fixture.live(app.objects[1].manifest)
        child.json["metadata"]?["ownerReferences"] = [["controller": true, "kind": "X"]]
        world.put(child)
        world.alsoWanted = [app.objects[2].key]
        world.claims[app.objects[3].key] = .environment(NamespacedName(namespace: "shop", name: "staging"))
        let plan = world.plan(Fixture.app([Fixture.configMap("a")]))
        #expect(plan.steps.isEmpty)
        #expect(plan.isSynced)
    }

    @Test func `an object moves from another app or environment that wants it no more`() {
        var world = World()
        world.apply(Fixture.app([Fixture.configMap("c")], name: "web"))
        let app = Fixture.app([Fixture.configMap("c")])
        #expect(outline(world.plan(app)) == ["Adopted c"])

        let staging = NamespacedName(namespace: "shop", name: "staging")
        let foreign = DesiredApp(
            name: "cart", revision: "r1", rendered: [RenderedObject(Fixture.configMap("c"))], environment: staging,
            namespace: "prod", kinds: Fixture.kinds, scope: ScopePolicy(), ignore: IgnoreRules())
        world.apply(foreign)
        #expect(outline(world.plan(app)) == ["Adopted c"])
        world.claims[app.objects[0].key] = .environment(staging)
        let refused = world.plan(app)
        #expect(refused.steps.isEmpty)
        #expect(refused.errors.map(\.code) == [.ownedElsewhere])
        #expect(refused.errors.map(\.disposition) == [.terminal])
        world.claims[app.objects[0].key] = .undecided(staging)
        #expect(world.plan(app).errors.map(\.disposition) == [.transient])
    }

    @Test func `hooks run around the sync, and only when asked`() {
        func job(_ name: String, _ hook: String) -> Manifest {
            var job = Manifest(["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)]])
            job.setAnnotation(Annotation.hook, hook)
            job.setAnnotation(Annotation.hookDeletePolicy, "HookSucceeded")
            return job
        }
        let app = Fixture.app([
            job("before", "PreSync"), job("after", "PostSync"), job("during", "Sync"), job("sorry", "SyncFail"),
            Fixture.configMap("c"),
        ])
        var world = World()
        func ran(_ name: String, _ phase: Hook.Phase) {
            for hook in app.hooks where hook.key.name == name {
                var live = Fixture.live(hook.manifest)
                live.setAnnotation(Annotation.hookRun, HookRun(revision: app.revision, phase: phase).text)
                world.put(live)
            }
        }
        #expect(outline(world.plan(app)) == ["Missing c"])
        let first = world.plan(app, runHooks: true)
        #expect(outline(first) == ["PreSync before", "WaitingForHook before"])
        #expect(first.failureHooks.map(\.key.name) == ["sorry"])
        ran("before", .preSync)
        #expect(outline(world.plan(app, runHooks: true)) == ["WaitingForHook before"])
        world.settle("before", healthy: false)
        let failed = world.plan(app, runHooks: true)
        #expect(failed.steps.isEmpty)
        #expect(failed.errors.map(\.message) == ["PreSync hook Job.batch prod/before failed: it broke"])
        world.settle("before")
        #expect(
            outline(world.plan(app, runHooks: true)) == ["Missing c", "Sync during", "WaitingForHook during"])
        world.apply(app)
        ran("during", .sync)
        world.settle("during")
        #expect(outline(world.plan(app, runHooks: true)) == ["PostSync after", "WaitingForHook after"])
        ran("after", .postSync)
        world.settle("after")
        let last = world.plan(app, runHooks: true)
        #expect(outline(last) == ["delete hook after, delete hook before, delete hook during"])
        // Another revision runs them again.
        let next = Fixture.app([job("before", "PreSync")], revision: "r2")
        #expect(outline(world.plan(next, runHooks: true)) == ["delete hook before", "WaitingForHook before"])
        world.live = [:]
        #expect(outline(world.plan(next, runHooks: true)) == ["PreSync before", "WaitingForHook before"])
    }

    @Test func `violations stop the app whole`() {
        let app = Fixture.app([Fixture.configMap("c")], scope: ScopePolicy(allowedNamespaces: GlobList([])))
        let plan = World().plan(app)
        #expect(plan.steps.isEmpty)
        #expect(plan.errors.map(\.code) == [.namespaceNotAllowed])
        #expect(!plan.isSynced)
    }
}
