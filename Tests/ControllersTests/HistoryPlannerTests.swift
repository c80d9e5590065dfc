import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git

@Suite("History")
struct HistoryPlannerTests {
    private let now = Timestamp(seconds: 1_774_256_400)

    private func promotion(_ name: String, age: Int64, phase: PromotionPhase = .succeeded) -> Promotion {
        var promotion = Promotion(
            metadata: ObjectMeta(name: name, namespace: "shop", uid: "uid-\(name)", resourceVersion: "7"),
            spec: PromotionSpec(environment: "production", items: [.init(app: "cart")]))
        promotion.status.attempt = 1
        promotion.status.phase = phase
        if phase.isTerminal { promotion.status.timestamps.finished = now - .seconds(age) }
        return promotion
    }

    private func expired(
        _ promotions: [Promotion], rollbacks: [Rollback] = [], ledger: Ledger = Ledger(), keep: Int = 2,
        ttl: GoDuration = .hours(24)
    ) -> (names: [String], next: Timestamp?) {
        var environment = AutomaticStory.environment("production")
        environment.spec.history = .init(promotions: keep, ttl: ttl)
        let plan = HistoryPlanner(
            environment: environment, promotions: promotions, rollbacks: rollbacks, ledger: ledger
        ).plan(now: now)
        return (plan.expired.map(\.name).sorted(), plan.requeueAt)
    }

    @Test("keeps the newest so many, and none beyond its time")
    func limits() {
        let four = (1...4).map { promotion("p\($0)", age: Int64($0) * 100) }
        #expect(expired(four).names == ["p3", "p4"])
        #expect(expired(four, keep: 10).names == [])
        #expect(expired(four, keep: 10).next == now - .seconds(400) + .seconds(86_400))
        #expect(expired(four, keep: 10, ttl: .seconds(250)).names == ["p3", "p4"])
        #expect(expired(four, keep: 0).names == ["p1", "p2", "p3", "p4"])
    }

    @Test("touches nothing that has not ended, also not one that is to run again")
    func unfinished() {
        var again = promotion("again", age: 9_000_000)
        again.spec.attempt = 2
        let gated = promotion("gated", age: 9_000_000, phase: .gated)
        #expect(expired([again, gated], keep: 0).names == [])
    }

    @Test(
        "leaves what Git or another tool declares",
        arguments: [
            (labels: [Label.environment: "x"], annotations: [:]),
            (labels: [:], annotations: [Annotation.origin: "{}"]),
            (labels: ["kustomize.toolkit.fluxcd.io/name": "x"], annotations: [:]),
            (labels: [:], annotations: ["argocd.argoproj.io/tracking-id": "x"]),
        ] as [(labels: [String: String], annotations: [String: String])])
    func declared(labels: [String: String], annotations: [String: String]) {
        var declared = promotion("p", age: 9_000_000)
        declared.metadata.labels = labels
        declared.metadata.annotations = annotations
        #expect(expired([declared], keep: 0).names == [])
        #expect(expired([promotion("p", age: 9_000_000)], keep: 0).names == ["p"])
    }

    @Test("leaves the promotion by which an app's version came, and one that is still watched")
    func needed() throws {
        var story = AutomaticStory()
        story.promoted("old", by: "bob", at: now - .seconds(500))
        let oldCommit = try #require(story.history.first?.id.hex)
        story.promoted("live", by: "bob", at: now - .seconds(400))
        let liveCommit = try #require(story.history.first?.id.hex)
        var old = promotion("old", age: 500)
        old.status.commit = oldCommit
        var live = promotion("live", age: 400)
        live.status.commit = liveCommit
        var watched = promotion("watched", age: 1)
        watched.status.timestamps.watchedUntil = now + .seconds(60)
        #expect(expired([old, live, watched], ledger: story.ledger, keep: 0).names == ["old"])
    }

    @Test("leaves a rollback whose hold or veto is in force")
    func inForce() {
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop", uid: "u"),
            spec: RollbackSpec(environment: "production", target: .init(steps: 1)))
        rollback.status.attempt = 1
        rollback.status.phase = .succeeded
        rollback.status.timestamps.finished = now - .seconds(9_000_000)
        #expect(expired([], rollbacks: [rollback], keep: 0).names == ["undo"])
        rollback.status.holds = ["cart"]
        #expect(expired([], rollbacks: [rollback], keep: 0).names == [])
        var story = AutomaticStory()
        let environment = (Trailer.environment, "shop/production")
        story.commit([(Trailer.rollback, "shop/undo"), environment, (Trailer.hold, "cart")], at: now)
        story.commit([(Trailer.release, "shop/undo"), environment], at: now)
        #expect(expired([], rollbacks: [rollback], ledger: story.ledger, keep: 0).names == ["undo"])
    }
}
