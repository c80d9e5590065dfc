import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git
@testable import Sync

/// An app of production at two commits, to be bent by each test.
private struct AppStory {
    let now = Timestamp(seconds: 1_774_256_400)
    var environment = Environment(
        metadata: ObjectMeta(name: "production", namespace: "shop"),
        spec: EnvironmentSpec(
            source: .init(repository: "https://git.example.com/gitops.git", path: "apps/{app}/overlays/production")))
    var app = EnvironmentObservation.AppReading(name: "cart")
    let old: EnvironmentObservation.AppVersion
    let new: EnvironmentObservation.AppVersion

    init() throws {
        old = try Self.version("a", data: "1")
        new = try Self.version("b", data: "2")
        app.head = new
    }

    static func version(_ digit: Character, data: String) throws -> EnvironmentObservation.AppVersion {
        let commit = try #require(CommitID(hex: String(repeating: digit, count: 40)))
        let gvk = GroupVersionKind(apiVersion: "v1", kind: "ConfigMap")
        let kinds = KindTable([
            gvk: .init(
                resource: GroupVersionResource(group: "", version: "v1", resource: "configmaps"), namespaced: true)
        ])
        let manifest = Manifest([
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": ["a": .string(data)],
        ])
        return EnvironmentObservation.AppVersion(
            revision: commit,
            desired: DesiredApp(
                name: "cart", revision: commit.hex, rendered: [RenderedObject(manifest)],
                environment: NamespacedName(namespace: "shop", name: "production"), namespace: "prod", kinds: kinds,
                scope: ScopePolicy(), ignore: IgnoreRules()))
    }

    var observation: EnvironmentObservation {
        var observation = EnvironmentObservation(environment: environment)
        observation.apps = [app]
        return observation
    }

    func plan(at moment: Timestamp? = nil) throws -> (directive: EnvironmentPlan.Directive, requeueAt: Timestamp?) {
        let plan = EnvironmentPlanner.plan(observation, jitter: 0, now: moment ?? now)
        return (try #require(plan.directives.first), plan.requeueAt)
    }

    /// What happens while somebody fights: so many heals at once.
    mutating func heal(_ times: Int) {
        app.retry.succeeded("\(new.digest)", isSynced: true)
        for _ in 0..<times { app.retry.healed(at: now, "ConfigMap prod/c: kubectl changed data.a") }
    }
}

@Suite("Environment planner") struct EnvironmentPlannerTests {
    @Test func `a new revision is synced, whatever selfHeal says`() throws {
        var story = try AppStory()
        story.environment.spec.sync.selfHeal = false
        #expect(try story.plan().directive.mode == .sync)
        #expect(try story.plan().directive.version?.revision == story.new.revision)
    }

    @Test func `without selfHeal what was synced whole is reported from then on, after a restart too`() throws {
        var story = try AppStory()
        story.environment.spec.sync.selfHeal = false
        story.app.retry.succeeded("\(story.new.digest)", isSynced: true)
        #expect(try story.plan().directive.mode == .report)
        story.app.retry = RetryState()
        story.app.syncedRevision = story.new.revision
        #expect(try story.plan().directive.mode == .report)
        // Of another commit, or where this process has synced another state of it, nothing is known.
        story.app.syncedRevision = story.old.revision
        #expect(try story.plan().directive.mode == .sync)
        story.app.syncedRevision = story.new.revision
        story.app.retry.succeeded("\(story.old.digest)", isSynced: true)
        #expect(try story.plan().directive.mode == .sync)
    }

    @Test(arguments: [true, false])
    func `healing slows down while somebody fights, with windows open or shut`(open: Bool) throws {
        var story = try AppStory()
        if !open { story.app.syncGate = .shut("the window is closed") }
        story.app.synced = story.new
        story.heal(1)
        let paused = try story.plan(at: story.now + .seconds(1))
        #expect(paused.directive.mode == .report)
        #expect(paused.requeueAt == story.now + .seconds(2))
        let due = try story.plan(at: story.now + .seconds(2))
        #expect(due.directive.mode == (open ? .sync : .heal))
        story.heal(3)
        #expect(try story.plan(at: story.now + .seconds(53)).directive.mode == .report)
        #expect(try story.plan(at: story.now + .seconds(54)).directive.mode != .report)
        // The end of the fight is looked at too, for the condition that tells of it.
        #expect(try story.plan(at: story.now + .seconds(60)).requeueAt == story.now + .seconds(600))
    }

    @Test func `while the window is shut it is the last synced revision that is healed`() throws {
        var story = try AppStory()
        story.app.syncGate = .shut("the window is closed")
        story.app.synced = story.old
        let held = try story.plan().directive
        #expect(held.mode == .heal)
        #expect(held.version?.revision == story.old.revision)
        #expect(held.heldBack?.contains("the window is closed") == true)
        story.app.healGate = .shut("healing too")
        #expect(try story.plan().directive.mode == .report)
        story.app.healGate = .init()
        story.environment.spec.sync.selfHeal = false
        #expect(try story.plan().directive.mode == .report)
        story.app.synced = nil
        #expect(try story.plan().directive.version?.revision == story.new.revision)
        #expect(try story.plan().directive.mode == .report)
    }
}

@Suite("Environment status") struct EnvironmentStatusTests {
    private func outcome(_ story: AppStory, _ change: (inout AppOutcome) -> Void) -> EnvironmentStatus {
        let drift = ObjectDrift(
            key: story.new.desired.objects[0].key, manager: "kubectl",
            fields: [FieldOwnership.Drift(path: "data.a", manager: "kubectl")])
        let sync = SyncOutcome(
            app: "cart", revision: story.new.revision.hex, isSynced: false, objects: [], health: .healthy,
            unhealthy: [], images: [], wait: nil, errors: [], healed: [], drifted: [drift], applied: 0, pruned: 0)
        var outcome = AppOutcome(
            name: "cart", revision: story.new.revision, sync: sync, renderFailure: nil, heldBack: nil)
        change(&outcome)
        return EnvironmentStatusBuilder.status(
            of: story.observation, outcomes: [outcome], managedKinds: [], orphans: [], now: story.now)
    }

    @Test func `drift that is left is told with its fields and its author`() throws {
        let status = outcome(try AppStory()) { _ in }
        #expect(status.apps.map(\.message) == ["ConfigMap prod/c: kubectl changed data.a"])
        #expect(status.apps.map(\.sync) == [.outOfSync])
        #expect(status.conditions[ConditionType.contested] == nil)
        #expect(status.conditions[ConditionType.orphansFound] == nil)
    }

    @Test func `a fight is told with its author and its end`() throws {
        var story = try AppStory()
        story.heal(4)
        let status = outcome(story) { $0.contest = story.app.retry.contest(now: story.now) }
        let condition = try #require(status.conditions[ConditionType.contested])
        #expect(condition.status == .yes)
        #expect(
            condition.message
                == "app cart: ConfigMap prod/c: kubectl changed data.a; undone 4 times in a row, again at "
                + "\((story.now + .seconds(54)).rfc3339) at the earliest")
        #expect(status.apps[0].message.contains("again at"))
        var calm = story
        calm.environment.status = status
        #expect(outcome(calm) { _ in }.conditions[ConditionType.contested] == nil)
    }

    @Test func `what is waited for too long makes the environment degraded`() throws {
        let status = outcome(try AppStory()) { $0.overdue = "not healthy within 10m: waits" }
        #expect(status.conditions[ConditionType.synced]?.reason == "HealthTimeout")
        #expect(status.apps[0].message == "not healthy within 10m: waits")
    }

    @Test func `orphans are warned of where the spec asks`() throws {
        var story = try AppStory()
        story.environment.spec.destination.orphans = .warn
        let none = try #require(outcome(story) { _ in }.conditions[ConditionType.orphansFound])
        #expect(none.status == .no)
        let keys = (1...12).map { number in
            ObjectKey(groupKind: GroupKind(group: "", kind: "ConfigMap"), namespace: "prod", name: "c\(number)")
        }
        let status = EnvironmentStatusBuilder.status(
            of: story.observation, outcomes: [], managedKinds: [], orphans: keys, now: story.now)
        let message = try #require(status.conditions[ConditionType.orphansFound]?.message)
        #expect(message.hasPrefix("12 objects that no manifest names: ConfigMap prod/c1, "))
        #expect(message.hasSuffix(" and 2 more"))
    }
}

@Suite("An app's trouble") struct TroubleTests {
    private func sync(
        isSynced: Bool = false, health: Health = .healthy, error: SyncError? = nil, wait: SyncWait? = nil
    ) -> SyncOutcome {
        SyncOutcome(
            app: "cart", revision: "", isSynced: isSynced, objects: [], health: health, unhealthy: [], images: [],
            wait: wait, errors: error.map { [$0] } ?? [], healed: [], drifted: [], applied: 0, pruned: 0)
    }

    private func app(
        _ story: AppStory, _ sync: SyncOutcome?, _ change: (inout AppOutcome) -> Void = { _ in },
        renderFailure: String? = nil, heldBack: String? = nil
    ) throws -> EnvironmentStatus.App {
        var outcome = AppOutcome(
            name: "cart", revision: story.new.revision, sync: sync, renderFailure: renderFailure, heldBack: heldBack)
        change(&outcome)
        let status = EnvironmentStatusBuilder.status(
            of: story.observation, outcomes: [outcome], managedKinds: [], now: story.now)
        return try #require(status.apps.first)
    }

    private func transient() -> SyncError { SyncError(.applyFailed, "the server is busy", disposition: .transient) }

    @Test func `is none while it is being synced`() throws {
        let story = try AppStory()
        #expect(try app(story, sync(isSynced: true)).trouble == [])
        let wait = SyncWait(reason: .health, keys: [])
        #expect(try app(story, sync(health: Health(.progressing, ""), wait: wait)).trouble == [])
    }

    @Test func `begins when it cannot be rendered, or cannot be applied for good`() throws {
        let story = try AppStory()
        let failed = try app(story, nil, renderFailure: "no such file")
        #expect(failed.trouble == [.syncFailed])
        #expect(failed.failedContent.utf8.count == 64)
        #expect(try app(story, nil, renderFailure: "another").failedContent != failed.failedContent)
        let terminal = try app(story, sync(error: SyncError(.applyFailed, "no")))
        #expect(terminal.trouble == [.syncFailed])
        #expect(terminal.failedContent == "\(story.new.digest)")
    }

    @Test func `does not begin with a fault that passes`() throws {
        let story = try AppStory()
        #expect(try app(story, sync(error: transient()), { $0.failures = 1 }).trouble == [])
        #expect(try app(story, sync(error: transient()), { $0.failures = 2 }).trouble == [.syncFailed])
    }

    @Test func `is to be out of sync where nothing is done about it`() throws {
        let story = try AppStory()
        #expect(try app(story, sync(), heldBack: "the window is shut").trouble == [.outOfSync])
        #expect(try app(story, sync()).trouble == [])
        var suspended = story
        suspended.environment.spec.suspend = true
        #expect(try app(suspended, sync()).trouble == [.outOfSync])
    }

    @Test func `lasts until the app is synced and healthy, whatever its health does in between`() throws {
        var story = try AppStory()
        let first = try app(story, sync(isSynced: true, health: Health(.degraded, "crashes")))
        #expect(first.trouble == [.degraded])
        story.environment.status.apps = [first]
        let second = try app(story, sync(isSynced: true, health: Health(.progressing, "")))
        #expect(second.trouble == [.degraded])
        story.environment.status.apps = [second]
        #expect(try app(story, sync(isSynced: true)).trouble == [])
    }
}
