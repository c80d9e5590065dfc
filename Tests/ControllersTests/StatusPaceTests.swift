import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers

@Suite struct StatusPaceTests {
    private let start = Timestamp(seconds: 1_700_000_000)
    private let last = EnvironmentStatus(
        message: "a", apps: [.init(name: "web", sync: .synced, health: .progressing, message: "1 of 3 pods")],
        conditions: [
            Condition(
                type: "Ready", status: false, reason: "Progressing", message: "1 of 3 pods", generation: 1,
                at: Timestamp(seconds: 1_600_000_000))
        ])

    private var otherWords: EnvironmentStatus {
        var next = last
        next.message = "b"
        next.apps[0].message = "2 of 3 pods"
        next.conditions[0].message = "2 of 3 pods"
        return next
    }

    private var otherState: EnvironmentStatus {
        var next = otherWords
        next.apps[0].health = .healthy
        return next
    }

    private func wrote(_ cost: Duration) -> StatusPace {
        var pace = StatusPace()
        pace.wrote(at: start, took: cost)
        return pace
    }

    @Test func `the first write waits for nothing`() {
        #expect(StatusPace().due(otherWords, over: last, now: start) == nil)
    }

    @Test func `words alone wait for a second after a write`() {
        let pace = wrote(.milliseconds(10))
        #expect(pace.due(otherWords, over: last, now: start + .milliseconds(5)) == start + .seconds(1))
        #expect(pace.due(otherWords, over: last, now: start + .seconds(1)) == nil)
    }

    @Test func `a state waits as long as writing is dear`() {
        #expect(
            wrote(.milliseconds(10)).due(otherState, over: last, now: start + .milliseconds(5))
                == start + .milliseconds(20))
        #expect(wrote(.milliseconds(10)).due(otherState, over: last, now: start + .milliseconds(20)) == nil)
        #expect(
            wrote(.milliseconds(400)).due(otherState, over: last, now: start + .milliseconds(100))
                == start + .milliseconds(800))
        #expect(
            wrote(.seconds(9)).due(otherState, over: last, now: start + .milliseconds(100)) == start + .seconds(2))
    }

    @Test func `a request for a look is answered like a state`() {
        var next = last
        next.lastHandledReconcileAt = "again"
        #expect(wrote(.milliseconds(10)).due(next, over: last, now: start + .milliseconds(50)) == nil)
    }

    @Test func `a clock that was set back holds nothing up`() {
        #expect(wrote(.milliseconds(10)).due(otherWords, over: last, now: start - .seconds(3600)) == nil)
    }
}
