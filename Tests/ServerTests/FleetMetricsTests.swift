import Core
import KubernetesModel
import Server
import SluiceAPI
import Testing

@Suite("Metrics of the fleet")
struct FleetMetricsTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func environment(_ name: String, apps: [EnvironmentStatus.App] = []) -> Environment {
        var environment = Environment(
            metadata: ObjectMeta(name: name, namespace: "shop"),
            spec: EnvironmentSpec(source: .init(repository: "https://git.example.com/a.git", path: "apps/{app}")))
        environment.status.phase = .ready
        environment.status.apps = apps
        environment.status.counts = .init(apps: apps.count, synced: 1)
        return environment
    }

    private func promotion(_ name: String, phase: PromotionPhase?) -> Promotion {
        var promotion = Promotion(
            metadata: ObjectMeta(name: name, namespace: "shop"),
            spec: PromotionSpec(environment: "production", items: []))
        promotion.status.phase = phase
        return promotion
    }

    private func text(
        _ environments: [Environment] = [], _ promotions: [Promotion] = [], _ rollbacks: [Rollback] = []
    ) -> [String] {
        let registry = PrometheusRegistry()
        let samples = FleetMetrics.samples(
            environments: environments, promotions: promotions, rollbacks: rollbacks, now: now)
        registry.collect { samples }
        return registry.text().split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test("say where each app stands")
    func apps() {
        let app = EnvironmentStatus.App(name: "web", sync: .outOfSync, health: .degraded)
        let lines = text([environment("production", apps: [app])])
        #expect(
            lines.contains(
                #"sluice_app_info{app="web",environment="production",health_status="Degraded",namespace="shop",sync_status="OutOfSync"} 1"#
            ))
        #expect(lines.contains(#"sluice_environment_info{environment="production",namespace="shop",phase="Ready"} 1"#))
        #expect(lines.contains(#"sluice_environment_apps{environment="production",namespace="shop",state="all"} 1"#))
    }

    @Test("tell a failed sync by the condition's reason")
    func condition() {
        var environment = environment("production")
        environment.status.conditions.set(
            Condition("Synced", .no, reason: "ApplyFailed", message: "", generation: 1, at: now))
        #expect(
            text([environment]).contains(
                #"sluice_environment_condition{environment="production",namespace="shop",reason="ApplyFailed",status="False",type="Synced"} 1"#
            ))
    }

    @Test("name the gates that hold a promotion, and only while it is under way")
    func gates() {
        var waiting = promotion("p", phase: .gated)
        waiting.status.gates = [
            Gate(name: .window, state: .open), Gate(name: .approval, state: .waiting, reason: .awaitingApproval),
        ]
        var done = waiting
        done.metadata.name = "q"
        done.status.phase = .rejected
        done.status.timestamps.finished = now
        let lines = text([], [waiting, done])
        #expect(
            lines.filter { $0.hasPrefix("sluice_promotion_gate") } == [
                #"sluice_promotion_gate{environment="production",gate="Approval",namespace="shop",promotion="p",reason="AwaitingApproval"} 1"#
            ])
        #expect(lines.contains(#"sluice_promotions{environment="production",namespace="shop",phase="Gated"} 1"#))
        #expect(lines.contains(#"sluice_promotions{environment="production",namespace="shop",phase="Rejected"} 1"#))
    }

    @Test("tell how long ago a promotion was committed that has not ended")
    func running() {
        var promotion = promotion("p", phase: .verifying)
        promotion.status.timestamps.committed = now - .seconds(90)
        let name = #"sluice_promotion_running_seconds{environment="production",namespace="shop",promotion="p"}"#
        #expect(text([], [promotion]).contains("\(name) 90"))
        promotion.status.timestamps.finished = now
        #expect(!text([], [promotion]).contains { $0.hasPrefix("sluice_promotion_running_seconds") })
    }

    @Test("tell when an environment was last rolled back")
    func rollbacks() {
        func rollback(_ name: String, at time: Timestamp?) -> Rollback {
            var rollback = Rollback(
                metadata: ObjectMeta(name: name, namespace: "shop"),
                spec: RollbackSpec(environment: "production", target: .init(promotion: "p")))
            rollback.status.phase = .succeeded
            rollback.status.timestamps.committed = time
            return rollback
        }
        let lines = text(
            [], [],
            [rollback("a", at: now - .seconds(60)), rollback("b", at: now - .seconds(5)), rollback("c", at: nil)])
        let name = #"sluice_environment_last_rollback_timestamp_seconds{environment="production",namespace="shop"}"#
        #expect(lines.contains("\(name) 1799999995"))
        #expect(lines.contains(#"sluice_rollbacks{environment="production",namespace="shop",phase="Succeeded"} 3"#))
    }

    @Test("are bounded, and say what they leave out")
    func bounded() {
        let apps = (0..<(FleetMetrics.seriesLimit + 7)).map { EnvironmentStatus.App(name: "app-\($0)") }
        let lines = text([environment("production", apps: apps)])
        #expect(lines.count { $0.hasPrefix("sluice_app_info{") } == FleetMetrics.seriesLimit)
        #expect(lines.contains(#"sluice_metrics_dropped_series_total{metric="sluice_app_info"} 7"#))
    }

    @Test("have a help text each")
    func help() {
        let app = EnvironmentStatus.App(name: "web")
        let names = Set(
            FleetMetrics.samples(
                environments: [environment("e", apps: [app])], promotions: [promotion("p", phase: nil)], rollbacks: [],
                now: now
            ).map(\.name))
        #expect(names.subtracting(FleetMetrics.help.keys) == [])
    }
}
