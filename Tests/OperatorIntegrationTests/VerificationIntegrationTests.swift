import FoundationEssentials
import Glibc
import Testing

/// Promotions that are judged by what Prometheus and Jobs say.
@Suite(World.isThere, .serialized) struct VerificationIntegrationTests {
    /// A server that answers every query with the number in a file; the port it took is in another.
    private static let prometheus = """
        import http.server, json, sys
        folder = sys.argv[1]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                value = open(folder + "/value").read().strip()
                result = [{"metric": {}, "value": [1, value]}] if value else []
                body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
                open(folder + "/asked", "a").write(self.path + "\\n")
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        open(folder + "/port", "w").write(str(server.server_port))
        server.serve_forever()
        """

    private func withPrometheus(_ stage: Stage, _ body: (_ url: String, _ folder: String) async throws -> Void)
        async throws
    {
        let folder = stage.folder + "/prometheus"
        try Files.write(Self.prometheus, to: folder + "/server.py")
        try Files.write("0.5", to: folder + "/value")
        let pid = try Command.start("python3", [folder + "/server.py", folder], output: folder + "/log")
        defer {
            Glibc.kill(pid, SIGKILL)
            Command.wait(for: pid)
        }
        try await stage.eventually("the server of metrics listens") { !Files.read(folder + "/port").isEmpty }
        try await body("http://127.0.0.1:\(Files.read(folder + "/port"))", folder)
    }

    @Test func `a metric that breaks its condition takes the version back, one that holds lets it stay`() async throws {
        try await Stage.with { stage in
            try await withPrometheus(stage) { url, folder in
                let more = """
                      verification:
                        health: {stableFor: 1s}
                        metrics:
                        - name: errors
                          prometheus: {url: "\(url)", query: 'rate(errors{app="{app}"}[1m])'}
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
                #expect(Files.read(folder + "/asked").contains("app%3D%22web%22"))

                try Files.write("0.01", to: folder + "/value")
                try stage.kubectl(
                    "patch", "rollback", "bad-auto-1", "--type=merge", "-p", #"{"spec":{"release":true}}"#)
                try stage.apply(stage.promotion("good", into: "dev", item: stage.image("web", tag: "v3")))
                try await stage.untilPhase("promotion", "good", "Succeeded")
                #expect(try stage.field("promotion", "good", ".status.verification[*].state") == "Passed Passed")
                #expect(try stage.field("promotion", "good", ".status.verification[1].value") == "0.01")
            }
        }
    }

    private static let template = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: smoke}
        data:
          job.yaml: |
            apiVersion: batch/v1
            kind: Job
            spec:
              parallelism: 0
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: smoke, image: company/smoke}]
        """

    private func jobs(_ stage: Stage) throws -> [String] {
        try stage.kubectl(
            "-n", "\(stage.namespace)-dev", "get", "jobs", "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{\"\\n\"}{end}"
        ).split(separator: "\n").map(String.init)
    }

    private func job(_ stage: Stage) async throws -> String {
        try await stage.eventually("the Job is there") { try jobs(stage).count == 1 }
        return String(try #require(try jobs(stage).first).prefix { $0 != " " })
    }

    @Test func `a Job runs once, whoever dies meanwhile, and is gone when it has told`() async throws {
        try await Stage.with { stage in
            let more = "  verification: {health: {stableFor: 1s}, jobs: [{name: smoke, templateRef: {name: smoke}}]}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "dev", ".status.revision.lastHealthy").isEmpty
            }
            try stage.apply(Self.template)
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            let name = try await job(stage)
            let before = try jobs(stage)
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
            try await stage.untilPhase("promotion", "p", "Succeeded")
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
