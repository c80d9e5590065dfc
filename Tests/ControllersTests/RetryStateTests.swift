import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers

@Suite("Retries")
struct RetryStateTests {
    private let now = Timestamp(seconds: 1_000_000)
    private let policy = EnvironmentSpec.Retry(limit: 3)

    @Test("a version that has not failed may be tried at once")
    func fresh() throws {
        var state = RetryState()
        #expect(try #require(state.nextTry("a", policy: policy, jitter: 1)) <= now)
        state.failed("a", at: now)
        #expect(try #require(state.nextTry("b", policy: policy, jitter: 1)) <= now)
    }

    @Test("waits grow by the factor up to the limit of tries", arguments: [(1, 5), (2, 10), (3, 20)])
    func grows(failures: Int, seconds: Int) throws {
        var state = RetryState()
        for _ in 0..<failures { state.failed("a", at: now) }
        #expect(try #require(state.nextTry("a", policy: policy, jitter: 1)) == now + .seconds(seconds))
        #expect(try #require(state.nextTry("a", policy: policy, jitter: 0)) < now + .seconds(seconds))
    }

    @Test("remembers why a version failed until it succeeds or another is tried")
    func remembers() {
        var state = RetryState()
        #expect(state.failure(of: "a") == nil)
        state.failed("a", at: now, because: "invalid port")
        #expect(state.failure(of: "a") == "invalid port")
        #expect(state.failure(of: "b") == nil)
        state.succeeded("a", isSynced: true)
        #expect(state.failure(of: "a") == nil)
    }

    @Test("ends after the limit until the version changes or a try succeeds")
    func exhausted() {
        var state = RetryState()
        for _ in 0..<4 { state.failed("a", at: now) }
        #expect(state.nextTry("a", policy: policy, jitter: 0) == nil)
        #expect(state.isExhausted("a", policy: policy))
        state.succeeded("a", isSynced: true)
        #expect(state.isSettled("a"))
        #expect(state.nextTry("a", policy: policy, jitter: 0) != nil)
    }

    @Test(
        "heals at once, then more and more slowly, and at once again after calm",
        arguments: [(1, 2), (2, 6), (3, 18), (6, 300), (9, 300)])
    func heals(times: Int, seconds: Int) {
        var state = RetryState()
        #expect(state.nextHeal(now: now) == now)
        for _ in 0..<times { state.healed(at: now) }
        #expect(state.nextHeal(now: now) == now + .seconds(seconds))
        #expect(state.nextHeal(now: now + .seconds(700)) == now + .seconds(700))
        #expect(state.isFighting(now: now) == (times > 2))
    }

    @Test("tells a fight from the third heal on, until there was calm")
    func contest() throws {
        var state = RetryState()
        for number in 1...3 {
            #expect(state.contest(now: now) == nil)
            state.healed(at: now, "ConfigMap prod/c: kubectl changed data.a (\(number))")
        }
        let contest = try #require(state.contest(now: now))
        #expect(contest.what == "ConfigMap prod/c: kubectl changed data.a (3)")
        #expect(contest.heals == 3)
        #expect(contest.resumesAt == now + .seconds(18))
        #expect(contest.endsAt == now + .seconds(600))
        #expect(state.contest(now: contest.endsAt) == nil)
    }

    @Test("remembers since when a version waits for its health")
    func waits() {
        var state = RetryState()
        #expect(state.waits("a", at: now) == now)
        #expect(state.waits("a", at: now + .seconds(5)) == now)
        #expect(state.waits("b", at: now + .seconds(6)) == now + .seconds(6))
        state.waitsNoMore()
        #expect(state.waits("b", at: now + .seconds(9)) == now + .seconds(9))
    }
}
