import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git

@Suite("Holds and vetoes by what Git says")
struct RestraintTests {
    private let environment = (Trailer.environment, "shop/production")

    private func undo(_ story: inout AutomaticStory, attempt: Int = 1, _ offset: Int64) {
        story.commit(
            [
                (Trailer.rollback, "shop/undo"), (Trailer.rollbackAttempt, "\(attempt)"), environment,
                (Trailer.app, "cart"), (Trailer.hold, "cart"), (Trailer.veto, "cart v2"),
            ], at: story.now + .seconds(offset))
    }

    private func held(_ story: AutomaticStory, _ rollbacks: [String: Rollback] = [:]) -> Bool {
        let restraints = Restraints(environment: story.production, ledger: story.ledger, rollbacks: rollbacks)
        #expect(restraints.holds.isEmpty == restraints.vetoes.isEmpty)
        return !restraints.holds.isEmpty
    }

    @Test("stand without any object, and against one that asks for their release until the commit of that was seen")
    func byObject() {
        var story = AutomaticStory()
        undo(&story, 0)
        #expect(held(story))
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop"),
            spec: RollbackSpec(environment: "production", target: .init(steps: 1), release: true))
        #expect(held(story, ["undo": rollback]))
        rollback.status.conditions.set(
            Condition(
                type: ConditionType.released, status: true, reason: "Released", message: "", generation: 1,
                at: story.now))
        #expect(!held(story, ["undo": rollback]))
        // It runs again, and is to hold again.
        rollback.spec.release = false
        #expect(held(story, ["undo": rollback]))
    }

    @Test("are lifted for good by a commit that says so, until the rollback runs again")
    func byCommit() {
        var story = AutomaticStory()
        undo(&story, 0)
        story.commit([(Trailer.release, "shop/undo"), environment], at: story.now + .seconds(10))
        #expect(!held(story))
        #expect(story.ledger.isReleased("shop/undo"))
        undo(&story, attempt: 2, 20)
        #expect(held(story))
        #expect(!story.ledger.isReleased("shop/undo"))
    }

    @Test("are not lifted by a release in another environment's name or of another rollback")
    func foreign() {
        var story = AutomaticStory()
        undo(&story, 0)
        story.commit([(Trailer.release, "shop/other"), environment], at: story.now + .seconds(10))
        story.commit(
            [(Trailer.release, "shop/undo"), (Trailer.environment, "shop/staging")], at: story.now + .seconds(20))
        #expect(held(story))
    }
}
