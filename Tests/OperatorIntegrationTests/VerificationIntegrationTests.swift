import FoundationEssentials
import Testing

/// Promotions that are judged by what Prometheus and Jobs say.
@Suite(World.isThere, .serialized) struct VerificationIntegrationTests {
    @Test func `a metric that breaks its condition takes the version back, one that holds lets it stay`() async throws {
        try await Stage.with { stage in
            let prometheus = try await Gauge("0.5", as: .prometheus, stage)
            defer { withExtendedLifetime(prometheus) {} }
            let more = """
                  verification:
                    health: {stableFor: 1s}
                    metrics:
                    - name: errors
                      prometheus: {url: "\(prometheus.url)", query: 'rate(errors{app="{app}"}[1m])'}
                      condition: "< 0.1"
                      interval: 1s
                      failureLimit: 1
                """
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "dev", ".status.revision.lastHealthy").isEmpty
            }
            try stage.apply(stage.promotion("bad", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("rollback", "bad-auto-1", "Succeeded")
            #expect(
                try stage.field("rollback", "bad-auto-1", ".spec.reason")
                    == "MetricFailed: errors/web: 0.5 is not < 0.1")
            #expect(try stage.field("promotion", "bad", ".status.verification[1].failures") == "2")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(prometheus.asked.contains("app%3D%22web%22"))

            try prometheus.show("0.01")
            try stage.kubectl(
                "patch", "rollback", "bad-auto-1", "--type=merge", "-p", #"{"spec":{"release":true}}"#)
            try stage.apply(stage.promotion("good", into: "dev", item: stage.image("web", tag: "v3")))
            try await stage.untilPhase("promotion", "good", "Succeeded")
            #expect(try stage.field("promotion", "good", ".status.verification[*].state") == "Passed Passed")
            #expect(try stage.field("promotion", "good", ".status.verification[1].value") == "0.01")
        }
    }

    private func jobs(_ stage: Stage) throws -> [String] {
        try stage.kubectl(
            "-n", "\(stage.namespace)-dev", "get", "jobs", "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{\"\\n\"}{end}"
        ).split(separator: "\n").map(String.init)
    }

    /// How many requests for single Jobs the operator has made.
    private func requests(_ stage: Stage) throws -> [String] {
        try stage.sluice.metrics().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("sluice_api_requests_total{") && $0.contains("jobs") && !$0.contains("watch")
        }.sorted()
    }

    private func job(_ stage: Stage) async throws -> String {
        try await stage.eventually("the Job is there") { try jobs(stage).count == 1 }
        return String(try #require(try jobs(stage).first).prefix { $0 != " " })
    }

    /// A metric of a promotion that is judged by a query.
    private func judged(by query: String, at url: String, within timeout: String) -> String {
        """
          rollback: {auto: false}
          verification:
            timeout: \(timeout)
            health: {stableFor: 1s}
            metrics:
            - name: errors
              prometheus: {url: "\(url)", query: '\(query)'}
              condition: "< 0.1"
              interval: 1s
              failureLimit: 1
        """
    }

    @Test(Prometheus.isThere)
    func `a real Prometheus is asked for what it scrapes, app by app, and its errors are told`() async throws {
        try await Stage.with(apps: ["web"]) { stage in
            let gauge = try await Gauge("0.01", as: .exporter, stage)
            defer { withExtendedLifetime(gauge) {} }
            let prometheus = try Prometheus(folder: stage.folder, rules: "groups: []", operatorPort: gauge.port)
            defer { prometheus.stop() }
            try await stage.eventually("Prometheus scrapes") { try prometheus.count("errors") == 4 }
            func environment(_ query: String, within timeout: String = "1m") -> String {
                stage.environment("dev", more: judged(by: query, at: prometheus.url, within: timeout))
            }
            func check(_ name: String) throws -> String {
                try stage.field("promotion", name, ".status.verification[1].message")
            }
            func promote(_ name: String, _ tag: String, _ query: String, within timeout: String = "1m") async throws {
                try stage.apply(environment(query, within: timeout))
                try stage.apply(stage.promotion(name, into: "dev", item: stage.image("web", tag: tag)))
                try await stage.eventually("\(name) has ended", within: .seconds(60)) {
                    ["Succeeded", "Failed"].contains(try stage.phase("promotion", name))
                }
            }
            try await stage.applyEnvironments(["dev": environment("sum(errors)")])
            let query = #"sum(errors{app="{app}"})"#
            try await promote("good", "v2", query)
            #expect(try stage.phase("promotion", "good") == "Succeeded")
            #expect(try stage.field("promotion", "good", ".status.verification[1].name") == "errors/web")
            #expect(try stage.field("promotion", "good", ".status.verification[1].value") == "0.02")

            try gauge.show("0.2")
            try await stage.eventually("Prometheus has seen it") { try prometheus.count("sum(errors) > 0.5") == 1 }
            try await promote("bad", "v3", query)
            #expect(try stage.field("promotion", "bad", ".status.reason") == "MetricFailed")
            #expect(try check("bad") == "0.4 is not < 0.1")

            // Each of these says nothing of the version, and what is wrong with it.
            for (index, (query, message)) in [
                ("errors", "the query gives 4 values; aggregate them to one"), ("sum(", "parse error"),
            ].enumerated() {
                try await promote("odd\(index)", "v\(index + 4)", query, within: "3s")
                let said = try check("odd\(index)")
                #expect(said.contains(message), "\(query): \(said)")
                #expect(try stage.phase("promotion", "odd\(index)") == "Failed")
            }
        }
    }

    @Test func `a Job runs once, whoever dies meanwhile, and is gone when it has told`() async throws {
        try await Stage.with { stage in
            let more = "  verification: {health: {stableFor: 1s}, jobs: [{name: smoke, templateRef: {name: smoke}}]}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "dev", ".status.revision.lastHealthy").isEmpty
            }
            try stage.apply(Stage.smokeTemplate)
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            let name = try await job(stage)
            let before = try jobs(stage)
            // While it runs nobody asks how it goes: what it costs does not grow with how long it takes.
            try await stage.eventually("the promotion knows of its Job") {
                try stage.field("promotion", "p", ".status.verification[1].state") == "Running"
            }
            try await Task.sleep(for: .seconds(2))
            let asked = try requests(stage)
            try await Task.sleep(for: .seconds(8))
            #expect(try requests(stage) == asked)
            for _ in 1...3 {
                try stage.restart()
                try await Task.sleep(for: .milliseconds(Int.random(in: 500...2000)))
            }
            #expect(try jobs(stage) == before)
            let variables = try stage.kubectl(
                "-n", "\(stage.namespace)-dev", "get", "job", name, "-o",
                "jsonpath={range .spec.template.spec.containers[0].env[*]}{.name}={.value} {end}")
            #expect(variables.contains("SLUICE_VERSION=v2") && variables.contains("SLUICE_APP=web"))
            try stage.end(job: name, in: "dev", as: "Complete")
            let told = ContinuousClock.now
            try await stage.untilPhase("promotion", "p", "Succeeded")
            print("from the end of a Job to its verdict: \(told.duration(to: .now))")
            #expect(try stage.field("promotion", "p", ".status.verification[*].state") == "Passed Passed")
            try await stage.eventually("the Job is removed") { try jobs(stage).isEmpty }

            try stage.apply(stage.promotion("q", into: "dev", item: stage.image("web", tag: "v3")))
            try stage.end(job: try await job(stage), in: "dev", as: "Failed")
            try await stage.untilPhase("rollback", "q-auto-1", "Succeeded")
            #expect(try stage.field("rollback", "q-auto-1", ".spec.reason") == "JobFailed: smoke: Told: by a test")
            #expect(try stage.image("web", "dev") == "company/web:v2")
        }
    }

    @Test func `a version that falls ill after its success is verified no longer, and goes back`() async throws {
        try await Stage.with { stage in
            let more = "  rollback: {watchFor: 10m}\n  verification: {health: {stableFor: 1s}}"
            let upstream = "  upstream: {environments: [dev]}"
            try await stage.applyEnvironments([
                "dev": stage.environment("dev", more: more), "staging": stage.environment("staging", more: upstream),
            ])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "dev", ".status.revision.lastHealthy").isEmpty
            }
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try await stage.degrade("web", in: "dev", until: "the promotion is no longer verified") {
                try stage.condition("promotion", "p", "Verified") != "True"
            }
            try await stage.untilPhase("rollback", "p-auto-1", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            try stage.apply(stage.promotion("s", into: "staging", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "s", "Gated")
            #expect(try stage.field("promotion", "s", ".status.reason") == "UpstreamUnverified")
        }
    }
}
