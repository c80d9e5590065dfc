import KubernetesModel
import Testing

@testable import Controllers

@Suite("Turns to commit")
struct CommitTurnsTests {
    private let dev = NamespacedName(namespace: "shop", name: "dev")

    private func promotion(_ name: String) -> NamespacedName { NamespacedName(namespace: "shop", name: name) }

    @Test("one commits at a time, and who has pushed keeps its place until it has ended")
    func places() {
        let turns = CommitTurns()
        #expect(turns.begin(dev, promotion: "a", limit: 1))
        #expect(!turns.begin(dev, promotion: "b", limit: 2))
        turns.end(dev, promotion: "a", pushed: true)
        #expect(turns.active(in: dev) == ["a"])
        #expect(!turns.begin(dev, promotion: "b", limit: 1))
        #expect(turns.finished(promotion("a")))
        #expect(turns.active(in: dev).isEmpty)
        #expect(turns.begin(dev, promotion: "b", limit: 1))
        turns.end(dev, promotion: "b", pushed: false)
        #expect(turns.active(in: dev).isEmpty)
    }

    @Test("an end is news once, for those who waited behind one that never committed as well")
    func news() {
        let turns = CommitTurns()
        #expect(!turns.finished(promotion("a")))
        turns.willEnd(promotion("a"))
        #expect(turns.finished(promotion("a")))
        #expect(!turns.finished(promotion("a")))
    }

    @Test("a promotion that is gone gives its place back, and no other of its name in another namespace")
    func gone() {
        let turns = CommitTurns()
        let other = NamespacedName(namespace: "games", name: "dev")
        for environment in [dev, other] {
            #expect(turns.begin(environment, promotion: "a", limit: 1))
            turns.end(environment, promotion: "a", pushed: true)
        }
        #expect(turns.finished(promotion("a")))
        #expect(turns.active(in: dev).isEmpty)
        #expect(turns.active(in: other) == ["a"])
    }
}
