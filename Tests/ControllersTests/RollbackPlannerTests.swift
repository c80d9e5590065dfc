import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git

/// A rollback of a promotion in production.
private struct RollbackStory {
    let now = Timestamp(seconds: 1_774_256_400)
    var environment = Environment(
        metadata: ObjectMeta(name: "production", namespace: "shop"),
        spec: EnvironmentSpec(
            source: .init(repository: "https://git.example.com/gitops.git", path: "apps/{app}/overlays/production")))
    var rollback = Rollback(
        metadata: ObjectMeta(name: "undo", namespace: "shop"),
        spec: RollbackSpec(environment: "production", target: .init(promotion: "cart-v2")))
    let change: RollbackChange

    init() throws {
        let base = try #require(CommitID(hex: String(repeating: "a", count: 40)))
        let bad = try #require(CommitID(hex: String(repeating: "b", count: 40)))
        change = RollbackChange(
            base: base, commits: [bad], restoreFrom: base, paths: ["apps/cart/overlays/production"], apps: ["cart"],
            vetoes: ["cart v2"], what: "promotion shop/cart-v2")
    }

    func plan(_ change: Result<RollbackChange, ChangeError>?, gates: [Gate] = []) -> RollbackPlan {
        var observation = RollbackObservation(rollback: rollback, target: .present(environment))
        observation.change = change
        observation.gates = gates
        return RollbackPlanner.plan(observation, now: now)
    }
}

@Suite("Rollback planner, before the push")
struct RollbackPlannerTests {
    @Test("writes what it holds and vetoes together with the order to push")
    func reverts() throws {
        let story = try RollbackStory()
        let plan = story.plan(.success(story.change))
        #expect(plan.action == .revert(story.change))
        #expect(plan.status.phase == .reverting)
        #expect(plan.status.holds == ["cart"])
        #expect(plan.status.vetoes == ["cart v2"])
    }

    @Test(
        "an end at which nothing was undone holds and vetoes nothing, whatever was meant to be",
        arguments: [
            ("GitConflict", RollbackPhase.conflict), ("NothingToRevert", .noOp), ("RenderFailed", .failed),
        ])
    func undone(reason: String, phase: RollbackPhase) throws {
        var story = try RollbackStory()
        story.rollback.status = story.plan(.success(story.change)).status
        let end = story.plan(.failure(ChangeError(reason, "because")))
        #expect(end.status.phase == phase)
        #expect(end.status.holds == [])
        #expect(end.status.vetoes == [])
        #expect(end.status.message == "because")
    }

    @Test("a failure that passes keeps what is held while it is tried again")
    func transient() throws {
        var story = try RollbackStory()
        story.rollback.status = story.plan(.success(story.change)).status
        let plan = story.plan(.failure(ChangeError("SourceNotReady", "later", disposition: .transient)))
        #expect(plan.status.phase == .planning)
        #expect(plan.status.holds == ["cart"])
    }

    @Test(
        "a target that says nothing or too much is refused, and never taken for one of its fields",
        arguments: [RollbackSpec.Target(), .init(promotion: "cart-v2", steps: 1), .init(lastHealthy: true, steps: 2)])
    func contradiction(target: RollbackSpec.Target) throws {
        var story = try RollbackStory()
        story.rollback.spec.target = target
        let plan = story.plan(.success(story.change))
        #expect(plan.action == nil)
        #expect(plan.status.phase == .failed)
        #expect(plan.status.reason == "InvalidSpec")
        #expect(plan.status.message == "spec.target: say exactly one of promotion, commit, lastHealthy and steps")
        #expect(plan.status.conditions.isTrue(ConditionType.stalled))
    }

    @Test("a dry run says what it would undo, and holds nothing")
    func dryRun() throws {
        var story = try RollbackStory()
        story.rollback.spec.dryRun = true
        let plan = story.plan(.success(story.change))
        #expect(plan.action == nil)
        #expect(plan.status.phase == .noOp)
        #expect(plan.status.message == "would undo promotion shop/cart-v2 in cart")
        #expect(plan.status.holds == [])
    }

    @Test("waits where windows.operations lists Rollback and the window is closed")
    func gated() throws {
        let story = try RollbackStory()
        let opens = story.now + .seconds(600)
        let plan = story.plan(
            .success(story.change),
            gates: [Gate(name: .window, state: .waiting, reason: .windowClosed, until: opens, message: "closed")])
        #expect(plan.action == nil)
        #expect(plan.status.phase == .gated)
        #expect(plan.requeueAt == opens)
    }
}
