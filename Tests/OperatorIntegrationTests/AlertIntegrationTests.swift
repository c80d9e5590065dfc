import FoundationEssentials
import Testing

/// The chart's alerts and dashboard against a real Prometheus that scrapes a live operator.
@Suite(World.isThere, Chart.canBeRendered, Prometheus.isThere, .serialized) struct AlertIntegrationTests {
    /// The chart's rules with waits that a test can sit out.
    private func rules() throws -> String {
        let rendered = try Chart.render(
            "--only", "templates/prometheusrule.yaml", "--set", "alerts.enabled=true", "--set", "alerts.outOfSync=1s",
            "--set", "alerts.approvalWaiting=1s", "--set", "alerts.windowBlocked=1s", "--set",
            "alerts.promotionStuck=2s")
        let program =
            "import sys, yaml; print(yaml.safe_dump(next(d for d in yaml.safe_load_all(sys.stdin) if d)['spec']))"
        return try Command.run(World.variable("PYTHON") ?? "python3", ["-c", program], input: rendered)
            // Two alerts wait for a time that is no value of the chart.
            .replacing("for: 5m", with: "for: 2s").replacing("for: 15m", with: "for: 2s")
    }

    private func with(_ stage: Stage, _ body: (Prometheus) async throws -> Void) async throws {
        let prometheus = try Prometheus(
            folder: stage.folder, rules: try rules(), operatorPort: stage.sluice.port() ?? "0")
        defer { prometheus.stop() }
        try await body(prometheus)
    }

    @Test func `an app that differs from Git, and a sync that fails, are told until they are mended`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.apply(stage.environment("dev", more: "  sync: {automated: false}"))
            try await with(stage) { prometheus in
                try await stage.eventually("Prometheus scrapes") { try prometheus.count("sluice_leader == 1") == 1 }
                // The rules were evaluated before the first scrape, when no replica seemed to lead.
                try await stage.eventually("nothing fires") { try prometheus.firing() == [] }
                let overlay = "apps/web/overlays/dev/kustomization.yaml"
                try stage.write(overlay, Stage.overlay("web", "v2"))
                try stage.commit("v2 by hand")
                try await stage.eventually("the alert fires") { try prometheus.firing().contains("SluiceAppOutOfSync") }
                try stage.apply(stage.environment("dev", more: "  sync: {automated: true}"))
                try await stage.eventually("the alert is gone") { try prometheus.firing() == [] }

                let deployment = "apps/web/base/deployment.yaml"
                try stage.write(
                    deployment, Stage.deployment("web", replicas: 0).replacing("replicas: 0", with: "replicas: -1"))
                try stage.commit("A Deployment that no server takes")
                try await stage.eventually("the alert fires") {
                    try prometheus.firing().contains("SluiceAppSyncFailed")
                }
                try stage.write(deployment, Stage.deployment("web", replicas: 0))
                try stage.commit("And back")
                try await stage.eventually("the alerts are gone", within: .seconds(60)) {
                    try prometheus.firing() == []
                }
            }
        }
    }

    @Test func `promotions that wait are told, and rollbacks`() async throws {
        try await Stage.with { stage in
            try stage.apply(
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: signers}
                data:
                  allowed_signers: |
                \(try stage.allowedSigners().split(separator: "\n").map { "    \($0)\n" }.joined())
                """)
            let shut = """
                  windows: {operations: [Promote], allow: [{name: leap, schedule: "0 0 29 2 *", duration: 1m}]}
                  approvals: {required: 1, sources: [SignedCommit], signersRef: {name: signers}}
                """
            try await stage.applyEnvironments([
                "staging": stage.environment("staging"),
                "production": stage.environment("production", more: shut),
            ])
            try await with(stage) { prometheus in
                try stage.apply(stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")))
                let waiting: Set = ["SluiceApprovalWaiting", "SluiceWindowBlocked"]
                try await stage.eventually("both alerts fire") { try prometheus.firing().isSuperset(of: waiting) }
                try stage.kubectl("patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"abort":true}}"#)
                try await stage.eventually("both alerts are gone") { try prometheus.firing().isDisjoint(with: waiting) }

                try stage.apply(stage.promotion("q", into: "staging", item: stage.image("web", tag: "v2")))
                try await stage.untilPhase("promotion", "q", "Succeeded")
                try stage.apply(stage.rollback("r", of: "staging", target: "{promotion: q}"))
                try await stage.untilPhase("rollback", "r", "Succeeded")
                try await stage.eventually("the alert fires") {
                    try prometheus.firing().contains("SluiceRollbackHappened")
                }
            }
        }
    }

    @Test func `each query of the dashboard gives data`() async throws {
        struct Dashboard: Decodable {
            struct Panel: Decodable {
                struct Target: Decodable { let expr: String }
                let title: String
                let targets: [Target]?
            }
            let panels: [Panel]
        }
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.apply(stage.environment("dev", more: "  sync: {automated: false}"))
            // Something to promote that waits, and something to roll back.
            let later = try Command.run("date", ["-u", "-d", "+1 hour", "+%FT%TZ"])
            try stage.apply(
                stage.promotion(
                    "p", into: "dev", item: stage.image("web", tag: "v2"), more: "  notBefore: \"\(later)\""))
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v3"))
            try stage.commit("v3 by hand")
            let text = Files.read(Chart.folder + "/files/dashboard.json")
            let dashboard = try JSONDecoder().decode(Dashboard.self, from: Data(text.utf8))
            let queries = dashboard.panels.flatMap { panel in (panel.targets ?? []).map { (panel.title, $0.expr) } }
            #expect(queries.count > 15)
            try await with(stage) { prometheus in
                for (title, query) in queries {
                    let full = query.replacing("$namespace", with: ".*").replacing("$environment", with: ".*")
                    try await stage.eventually("\(title): \(full)") { try prometheus.count(full) > 0 }
                }
            }
        }
    }
}
