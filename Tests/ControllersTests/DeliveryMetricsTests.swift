import Core
import KubernetesModel
import MetricsTestKit
import SluiceAPI
import Testing

@testable import Controllers

@Suite("Delivery metrics")
struct DeliveryMetricsTests {
    private let now = Timestamp(seconds: 1_774_256_400)
    private let metrics = TestMetrics()

    private func promotion(_ phase: PromotionPhase) -> Promotion {
        var promotion = Promotion(
            metadata: ObjectMeta(name: "p", namespace: "shop"),
            spec: PromotionSpec(environment: "production", items: [.init(app: "cart")]))
        promotion.status.attempt = 1
        promotion.status.phase = phase
        promotion.status.commit = "c"
        promotion.status.timestamps.requested = now - .seconds(300)
        return promotion
    }

    private func note(_ before: PromotionPhase, _ after: PromotionPhase, commit: String = "c") {
        let promotion = promotion(before)
        var next = promotion.status
        next.phase = after
        next.commit = commit
        next.timestamps.verified = now
        DeliveryMetrics(factory: metrics).note(promotion, became: next, now: now)
    }

    private func count(_ name: String) throws -> Int64 {
        try metrics.expectCounter(name, [("namespace", "shop"), ("environment", "production")]).totalValue
    }

    @Test("count a success with the time from its request, once")
    func success() throws {
        note(.verifying, .succeeded)
        note(.succeeded, .succeeded)
        #expect(try count(DeliveryMetrics.deployments) == 1)
        let lead = try metrics.expectTimer(
            DeliveryMetrics.leadTime, [("namespace", "shop"), ("environment", "production")])
        #expect(lead.values == [300_000_000_000])
    }

    @Test("count a change that failed once, whether it is rolled back then or later")
    func failure() throws {
        note(.verifying, .failed)
        note(.failed, .rolledBack)
        #expect(try count(DeliveryMetrics.failures) == 1)
        note(.succeeded, .rolledBack)
        #expect(try count(DeliveryMetrics.failures) == 2)
    }

    @Test("count nothing that never reached Git")
    func nothing() {
        note(.gated, .failed, commit: "")
        note(.planning, .succeeded, commit: "")
        #expect(metrics.counters.isEmpty)
    }

    @Test("measure how long a rollback took to put things right")
    func restore() throws {
        var rollback = Rollback(
            metadata: ObjectMeta(name: "r", namespace: "shop"),
            spec: RollbackSpec(environment: "production", target: .init(steps: 1)))
        rollback.status.phase = .verifying
        var next = rollback.status
        next.phase = .succeeded
        next.timestamps.requested = now
        next.timestamps.verified = now + .seconds(9)
        DeliveryMetrics(factory: metrics).note(rollback, became: next)
        let timer = try metrics.expectTimer(
            DeliveryMetrics.restore, [("namespace", "shop"), ("environment", "production")])
        #expect(timer.values == [9_000_000_000])
    }
}
