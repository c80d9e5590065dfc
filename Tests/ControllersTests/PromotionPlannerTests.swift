import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git

/// A promotion of cart into production and the world around it, to be bent by each test.
struct PromotionStory {
    let now = Timestamp(seconds: 1_774_256_400)
    var environment: Environment
    var promotion: Promotion
    var change: Change
    var commit: CommitID

    init() throws {
        let base = try #require(CommitID(hex: String(repeating: "a", count: 40)))
        commit = try #require(CommitID(hex: String(repeating: "c", count: 40)))
        environment = Environment(
            metadata: ObjectMeta(name: "production", namespace: "shop"),
            spec: EnvironmentSpec(
                source: .init(repository: "https://git.example.com/gitops.git", path: "apps/{app}/overlays/production"))
        )
        environment.spec.verification.health.stableFor = .seconds(30)
        environment.status.revision.lastHealthy = base.hex
        promotion = Promotion(
            metadata: ObjectMeta(name: "cart-v2", namespace: "shop"),
            spec: PromotionSpec(
                environment: "production", items: [.init(app: "cart", image: .init(name: "company/cart", newTag: "v2"))]
            ))
        promotion.metadata.creationTimestamp = now - .seconds(60)
        promotion.metadata.generation = 3
        var diff = ChangeDiff()
        diff.changed = 1
        diff.digest = "d"
        change = Change(
            base: base, items: [.init(app: "cart", image: "company/cart", from: "v1", to: "v2")],
            edits: ["apps/cart/overlays/production/kustomization.yaml": Array("x".utf8)], diff: diff, holdups: [])
    }

    var observation: PromotionObservation {
        var observation = PromotionObservation(promotion: promotion, target: .present(environment))
        observation.change = .success(change)
        return observation
    }

    /// The promotion as it is once a plan's status has been written.
    mutating func advance(_ plan: PromotionPlan) {
        promotion.status = plan.status
    }

    func progress(
        sync: SyncState = .synced, health: HealthState = .healthy, since: Timestamp? = nil, hasCommit: Bool = true
    ) -> PromotionObservation.AppProgress {
        .init(
            app: .init(
                name: "cart", sync: sync, health: health, healthySince: since,
                message: health == .healthy ? "" : "pod cart-1: CrashLoopBackOff"),
            hasCommit: hasCommit)
    }

    /// The promotion's own commit, as the ledger reads it.
    func record() throws -> LedgerEntry {
        let who = GitIdentity(name: "Sluice", email: "sluice@example.com")
        let message = CommitMessage.promotion(promotion, into: environment, change)
        return try #require(
            LedgerEntry(
                CommitInfo(
                    id: commit, parents: [change.base], author: who, committer: who, time: now - .seconds(20),
                    message: message, trailers: CommitTrailers(message: message), signature: nil)))
    }
}

@Suite("Promotion planner, before the push")
struct PromotionPlannerBeforePushTests {
    @Test("commits when every gate is open, and records what it planned")
    func commits() throws {
        let story = try PromotionStory()
        let plan = PromotionPlanner.plan(story.observation, now: story.now)
        #expect(plan.action == .commit(story.change))
        #expect(plan.status.phase == .committing)
        #expect(plan.status.planDigest == story.change.digest)
        #expect(plan.status.items == story.change.items)
        #expect(plan.status.observedGeneration == 3)
        #expect(plan.status.conditions.isTrue(ConditionType.planned))
        #expect(!plan.status.conditions.isTrue(ConditionType.ready))
    }

    @Test("waits at closed gates, names them all, and records the plan for approvers")
    func gated() throws {
        let story = try PromotionStory()
        var observation = story.observation
        let opens = story.now + .seconds(600)
        observation.gates = [
            Gate(name: .window, state: .waiting, reason: .windowClosed, until: opens, message: "window opens at 10:00"),
            Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 2 approvals"),
        ]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.action == .recordPlan(story.change))
        #expect(plan.status.phase == .gated)
        #expect(plan.status.reason == GateReason.windowClosed.rawValue)
        #expect(plan.status.message == "window opens at 10:00; 0 of 2 approvals")
        #expect(plan.status.gates.count == 2)
        #expect(plan.requeueAt == opens)
        #expect(plan.status.conditions[ConditionType.approved]?.status == .no)
    }

    @Test("records an unchanged plan only once")
    func recordsOnce() throws {
        var story = try PromotionStory()
        var observation = story.observation
        observation.gates = [Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 1")]
        story.advance(PromotionPlanner.plan(observation, now: story.now))
        observation.promotion = story.promotion
        #expect(PromotionPlanner.plan(observation, now: story.now).action == nil)
    }

    @Test("a plan that is written again unchanged changes nothing")
    func stable() throws {
        var story = try PromotionStory()
        var observation = story.observation
        observation.gates = [Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 1")]
        story.advance(PromotionPlanner.plan(observation, now: story.now))
        observation.promotion = story.promotion
        let again = PromotionPlanner.plan(observation, now: story.now + .seconds(5))
        #expect(again.status == story.promotion.status)
    }

    @Test("ends where Git says so already, without a commit")
    func alreadyLive() throws {
        let story = try PromotionStory()
        var observation = story.observation
        observation.change = .success(
            Change(
                base: story.change.base,
                items: [.init(app: "cart", image: "company/cart", from: "v2", to: "v2", noop: true)], edits: [:],
                diff: ChangeDiff(), holdups: []))
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .succeeded)
        #expect(plan.status.reason == RunReason.alreadyLive.rawValue)
        #expect(plan.action == nil)
    }

    @Test("a dry run ends with its plan")
    func dryRun() throws {
        var story = try PromotionStory()
        story.promotion.spec.dryRun = true
        let plan = PromotionPlanner.plan(story.observation, now: story.now)
        #expect(plan.status.phase == .planned)
        #expect(plan.action == .recordPlan(story.change))
    }

    @Test("ends in no way that says nothing was pushed before Git was read, and remembers a window that it began in")
    func unread() throws {
        var story = try PromotionStory()
        story.promotion.spec.abort = true
        var observation = story.observation
        observation.change = nil
        let late = story.now + .seconds(100 * 3600)
        #expect(PromotionPlanner.plan(observation, now: late).status.reason == "SourceNotReady")

        story.promotion.spec.abort = false
        story.environment.spec.windows.onClose = .complete
        let approval = Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 1")
        func pass(_ window: Gate) -> PromotionStatus {
            var observation = story.observation
            observation.gates = [window, approval]
            let status = PromotionPlanner.plan(observation, now: story.now).status
            story.promotion.status = status
            return status
        }
        let shut = Gate(name: .window, state: .waiting, reason: .windowClosed, message: "shut")
        #expect(pass(shut).reason == "WindowClosed")
        #expect(pass(Gate(name: .window, state: .open)).reason == "AwaitingApproval")
        for _ in 1...3 { #expect(pass(shut).reason == "AwaitingApproval") }
        // A later attempt did not begin in that window.
        story.promotion.spec.attempt = 2
        #expect(pass(shut).reason == "WindowClosed")
    }

    @Test("is pushed for good once it was, also while nobody can look at the repository")
    func outOfSight() throws {
        var story = try PromotionStory()
        story.promotion.status.phase = .verifying
        story.promotion.status.attempt = 1
        story.promotion.status.commit = String(repeating: "c", count: 40)
        // Neither of these is said of what was pushed.
        story.promotion.spec.abort = true
        let late = story.now + .seconds(100 * 3600)
        var observation = story.observation
        observation.change = nil
        #expect(PromotionPlanner.plan(observation, now: late).status.phase == .verifying)
        observation.target = .missing
        observation.sourceFailure = "environment production cannot be read"
        #expect(PromotionPlanner.plan(observation, now: late).status.phase == .verifying)
        observation.sourceFailure = nil
        let gone = PromotionPlanner.plan(observation, now: late)
        #expect(gone.status.phase == .failed)
        #expect(gone.status.reason == RunReason.environmentDeleted.rawValue)
        #expect(gone.status.message == "environment production is gone; commit cccccccccccc stands in Git")
        // Another attempt has pushed nothing yet.
        story.promotion.spec.attempt = 2
        observation = story.observation
        observation.target = .missing
        observation.change = nil
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == .aborted)
    }

    @Test("aborts, expires and fails before anything is pushed")
    func ends() throws {
        var story = try PromotionStory()
        story.promotion.spec.abort = true
        #expect(PromotionPlanner.plan(story.observation, now: story.now).status.phase == .aborted)
        story.promotion.spec.abort = false
        #expect(PromotionPlanner.plan(story.observation, now: story.now + .seconds(72 * 3600)).status.phase == .expired)
        var observation = story.observation
        observation.target = .deleting(story.environment)
        #expect(
            PromotionPlanner.plan(observation, now: story.now).status.reason == RunReason.environmentDeleted.rawValue)
        observation = story.observation
        observation.change = .failure(ChangeError("RenderFailed", "apps/cart: broken"))
        let failed = PromotionPlanner.plan(observation, now: story.now)
        #expect(failed.status.phase == .failed)
        #expect(failed.status.message == "apps/cart: broken")
        #expect(failed.status.conditions.isTrue(ConditionType.stalled))
    }

    @Test("refuses a spec that contradicts itself, even before its environment exists")
    func invalid() throws {
        var story = try PromotionStory()
        story.promotion.spec.items[0].fromEnvironment = "staging"
        for target in [PromotionObservation.Target.present(story.environment), .missing] {
            var observation = story.observation
            observation.target = target
            let plan = PromotionPlanner.plan(observation, now: story.now)
            #expect(plan.action == nil)
            #expect(plan.status.phase == .failed)
            #expect(plan.status.reason == "InvalidSpec")
            #expect(plan.status.message == "spec.items[0]: say exactly one of image, fromEnvironment and path")
        }
    }

    @Test("waits for an environment that does not exist yet, and for Git")
    func waits() throws {
        let story = try PromotionStory()
        var observation = PromotionObservation(promotion: story.promotion, target: .missing)
        #expect(
            PromotionPlanner.plan(observation, now: story.now).status.reason == RunReason.environmentNotFound.rawValue)
        observation = story.observation
        observation.change = nil
        observation.sourceFailure = "server down"
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .planning)
        #expect(plan.status.message == "server down")
    }

    @Test("is superseded by a later one that covers its apps, not by an earlier one")
    func superseded() throws {
        let story = try PromotionStory()
        var observation = story.observation
        observation.others = [.init(name: "cart-v1", created: story.now - .seconds(90), phase: .gated, apps: ["cart"])]
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == .committing)
        observation.others = [.init(name: "cart-v3", created: story.now, phase: .gated, apps: ["cart", "web"])]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .superseded)
        #expect(plan.status.supersededBy == "cart-v3")
        observation.others = [.init(name: "web-v3", created: story.now, phase: .gated, apps: ["web"])]
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == .committing)
        // One that has landed meanwhile counts as well: an older version does not come back after it.
        observation.landed = [.init(name: "cart-v4", created: story.now, phase: .succeeded, apps: ["cart"])]
        #expect(PromotionPlanner.plan(observation, now: story.now).status.supersededBy == "cart-v4")
    }

    @Test("lets a rollback and a running promotion go first")
    func turns() throws {
        let story = try PromotionStory()
        var observation = story.observation
        observation.rollback = "undo"
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == .queued)
        observation.rollback = nil
        observation.others = [
            .init(name: "web-v3", created: story.now - .seconds(99), phase: .verifying, apps: ["web"])
        ]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .queued)
        #expect(plan.status.message == "waits for promotion web-v3")
    }

    @Test(
        "does at a closing window what onClose says",
        arguments: [
            (WindowCloseAction.pauseBeforeCommit, PromotionPhase.gated), (.complete, .committing), (.abort, .aborted),
        ])
    func onClose(action: WindowCloseAction, phase: PromotionPhase) throws {
        var story = try PromotionStory()
        story.environment.spec.windows.onClose = action
        var observation = story.observation
        observation.gates = [
            Gate(name: .window, state: .open),
            Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 1"),
        ]
        story.advance(PromotionPlanner.plan(observation, now: story.now))
        observation = story.observation
        observation.gates = [
            Gate(name: .window, state: .waiting, reason: .windowClosed, message: "closed"),
            Gate(name: .approval, state: .open),
        ]
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == phase)
    }

    @Test("a full window waits for the next one, whatever onClose says", arguments: WindowCloseAction.allCases)
    func windowFull(action: WindowCloseAction) throws {
        var story = try PromotionStory()
        story.environment.spec.windows.onClose = action
        var observation = story.observation
        observation.rollback = "undo"
        observation.gates = [Gate(name: .window, state: .open)]
        story.advance(PromotionPlanner.plan(observation, now: story.now))
        observation = story.observation
        observation.gates = [Gate(name: .window, state: .waiting, reason: .windowFull, message: "3 of 3")]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .gated)
        #expect(plan.status.reason == GateReason.windowFull.rawValue)
    }

    @Test("lists each gate once, with all that holds it")
    func holdups() throws {
        let story = try PromotionStory()
        var observation = story.observation
        func holdup(_ message: String) -> Gate {
            Gate(name: .upstream, state: .waiting, reason: .upstreamUnhealthy, message: message)
        }
        observation.change = .success(
            Change(
                base: story.change.base, items: story.change.items, edits: story.change.edits, diff: story.change.diff,
                holdups: [holdup("cart is ill"), holdup("web is ill")]))
        observation.gates = [Gate(name: .upstream, state: .open, message: "proved in staging")]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.gates == [holdup("cart is ill; web is ill")])
        #expect(plan.status.phase == .gated)
    }

    @Test("rejection ends it")
    func rejected() throws {
        let story = try PromotionStory()
        var observation = story.observation
        observation.gates = [Gate(name: .approval, state: .closed, reason: .rejected, message: "rejected by alice")]
        #expect(PromotionPlanner.plan(observation, now: story.now).status.phase == .rejected)
    }

    @Test("a raised attempt begins anew after an end")
    func attempts() throws {
        var story = try PromotionStory()
        story.promotion.spec.abort = true
        story.advance(PromotionPlanner.plan(story.observation, now: story.now))
        story.promotion.spec.abort = false
        #expect(PromotionPlanner.plan(story.observation, now: story.now).status.phase == .aborted)
        story.promotion.spec.attempt = 2
        #expect(PromotionPlanner.plan(story.observation, now: story.now).status.phase == .committing)
    }
}

@Suite("Promotion planner, after the push")
struct PromotionPlannerAfterPushTests {
    private func plan(_ story: PromotionStory, _ apps: [PromotionObservation.AppProgress], after seconds: Int = 0)
        throws -> PromotionPlan
    {
        var observation = story.observation
        observation.change = nil
        observation.commit = try story.record()
        observation.apps = apps
        return PromotionPlanner.plan(observation, now: story.now + .seconds(seconds))
    }

    @Test("adopts a commit that the status does not know of, whatever was asked since")
    func adopts() throws {
        var story = try PromotionStory()
        story.promotion.spec.abort = true
        let plan = try self.plan(story, [story.progress(hasCommit: false)])
        #expect(plan.status.phase == .syncing)
        #expect(plan.status.commit == story.commit.hex)
        #expect(plan.action == nil)
    }

    @Test("verifies until the apps have been healthy long enough since the commit came, then succeeds")
    func verifies() throws {
        var story = try PromotionStory()
        let healthy = story.progress(since: story.now - .seconds(600))
        let early = try self.plan(story, [healthy])
        #expect(early.status.phase == .verifying)
        #expect(early.requeueAt == story.now + .seconds(30))
        story.advance(early)
        #expect(try self.plan(story, [healthy], after: 29).status.phase == .verifying)
        let late = try self.plan(story, [healthy], after: 30)
        #expect(late.status.phase == .succeeded)
        #expect(late.status.conditions.isTrue(ConditionType.ready))
        #expect(late.status.verification == [Check(name: "health", state: .passed, message: "healthy for 30s")])
        let relapsed = story.progress(since: story.now + .seconds(20))
        #expect(try self.plan(story, [relapsed], after: 30).requeueAt == story.now + .seconds(50))
    }

    @Test("fails and asks for one rollback, named after it, when an app is degraded")
    func degraded() throws {
        var story = try PromotionStory()
        let plan = try self.plan(story, [story.progress(health: .degraded)])
        #expect(plan.status.phase == .failed)
        #expect(plan.status.rollback == "cart-v2-auto-1")
        guard case .rollBack("cart-v2-auto-1", let cause)? = plan.action else {
            Issue.record("no rollback was asked for")
            return
        }
        #expect(cause.contains("CrashLoopBackOff"))
        story.advance(plan)
        #expect(try self.plan(story, [story.progress(health: .degraded)]).action == nil)
    }

    @Test("only reports when there is no healthy revision to go back to, or the policy says no")
    func noRollback() throws {
        var story = try PromotionStory()
        story.environment.status.revision.lastHealthy = ""
        #expect(try self.plan(story, [story.progress(health: .degraded)]).action == nil)
        story = try PromotionStory()
        story.environment.spec.rollback.auto = false
        #expect(try self.plan(story, [story.progress(health: .degraded)]).action == nil)
    }

    @Test("fails when it is not healthy in time")
    func timeout() throws {
        var story = try PromotionStory()
        story.advance(try self.plan(story, [story.progress(health: .progressing)]))
        let late = try self.plan(story, [story.progress(health: .progressing)], after: 601)
        #expect(late.status.phase == .failed)
        #expect(late.status.reason == RunReason.healthTimeout.rawValue)
    }
}
