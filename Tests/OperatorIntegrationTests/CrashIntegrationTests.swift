import Glibc
import Testing

/// The operator is killed at each step; one commit is made, ever.
@Suite(World.isThere, .serialized) struct CrashIntegrationTests {
    private func kill(_ stage: Stage) -> String { "kill -9 $(cat \(stage.folder)/operator.pid)" }

    private func expectOnce(_ stage: Stage, _ kind: String, _ name: String, image: String) async throws {
        try await stage.untilPhase(kind, name, "Succeeded")
        let trailer = kind == "promotion" ? "Promotion" : "Rollback"
        let commits = try stage.commits(with: "\(trailer): \(stage.namespace)/\(name)")
        #expect(commits.count == 1)
        #expect(try stage.field(kind, name, ".status.commit") == commits.first)
        #expect(try stage.image("web", "dev") == image)
    }

    /// Refused by the server, a push that the operator did not live to see must be made again; taken, it must not.
    @Test(arguments: [(state: "prepared", refusal: "exit 1", commits: 0), ("committed", "exit 0", 1)])
    func `killed while it pushes, it commits once`(state: String, refusal: String, commits: Int) async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.onPush(state, "\(kill(stage))\n\(refusal)")
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.eventually("the operator is killed by its promotion") { !stage.sluice.isRunning }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").count == commits)
            #expect(try stage.field("promotion", "p", ".status.commit") == "")
            try stage.restart()
            try await expectOnce(stage, "promotion", "p", image: "company/web:v2")

            try stage.onPush(state, "\(kill(stage))\n\(refusal)")
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try await stage.eventually("the operator is killed by its rollback") { !stage.sluice.isRunning }
            #expect(try stage.commits(with: "Rollback: \(stage.namespace)/r").count == commits)
            #expect(try stage.field("rollback", "r", ".status.commit") == "")
            #expect(try stage.field("rollback", "r", ".status.holds") == #"["web"]"#)
            try stage.restart()
            try await expectOnce(stage, "rollback", "r", image: "company/web:v1")
        }
    }

    @Test func `killed in the phases that last, it goes on where it was`() async throws {
        try await Stage.with { stage in
            let more = "  verification: {health: {stableFor: 3s}}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try stage.apply(
                stage.promotion(
                    "p", into: "dev", item: stage.image("web", tag: "v2"),
                    more: "  notBefore: \"\(try Command.run("date", ["-u", "-d", "+5 seconds", "+%FT%TZ"]))\""))
            for phase in ["Gated", "Verifying"] {
                try await stage.untilPhase("promotion", "p", phase)
                try stage.restart()
            }
            try await expectOnce(stage, "promotion", "p", image: "company/web:v2")
        }
    }

    /// How many times the operator is killed at a moment that nobody chose; `SLUICE_TEST_KILLS` says otherwise.
    private static let kills = World.variable("KILLS").flatMap { Int($0) } ?? 8

    @Test func `killed at any time, it commits once and verifies once for each promotion and rollback`() async throws {
        try await Stage.with { stage in
            let more = "  verification: {health: {stableFor: 1s}, jobs: [{name: smoke, templateRef: {name: smoke}}]}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try stage.apply(Stage.smokeTemplate)
            let jobs = try JobRecord(stage, environment: "dev")
            defer { jobs.stop() }
            var killed = 0
            for round in 1...max(1, Self.kills / 4) {
                try stage.apply(
                    stage.promotion("p\(round)", into: "dev", item: stage.image("web", tag: "v\(round + 1)")))
                killed += try await killTwice(stage)
                try await stage.eventually("the Job of p\(round) is told to end", within: .seconds(60)) {
                    for job in try jobs.running() { try stage.end(job: job, in: "dev", as: "Complete") }
                    return try stage.phase("promotion", "p\(round)") == "Succeeded"
                }
                try await expectOnce(stage, "promotion", "p\(round)", image: "company/web:v\(round + 1)")
                #expect(try jobs.created().count == round)
                let undo = stage.rollback(
                    "r\(round)", of: "dev", target: "{promotion: p\(round)}", more: "  pin: false\n  veto: false")
                try stage.apply(undo)
                killed += try await killTwice(stage)
                try await expectOnce(stage, "rollback", "r\(round)", image: "company/web:v1")
            }
            // Whatever was killed in between: none has a second one.
            try await stage.eventually("the last Job is removed") { try jobs.running().isEmpty }
            let created = try jobs.created()
            print("killed \(killed) times; Jobs made: \(created.count)")
            #expect(created.count == max(1, Self.kills / 4))
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/").count == created.count)
            #expect(try stage.commits(with: "Rollback: \(stage.namespace)/").count == created.count)
        }
    }

    private func killTwice(_ stage: Stage) async throws -> Int {
        for _ in 1...2 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500)))
            try stage.restart()
        }
        return 2
    }
}

/// Every Job that ever was in an environment's namespace, as a watch tells: one that is made and removed between two
/// looks is seen too.
private final class JobRecord {
    private let file: String
    private let stage: Stage
    private let environment: String
    private let pid: pid_t

    init(_ stage: Stage, environment: String) throws {
        self.stage = stage
        self.environment = environment
        file = stage.folder + "/jobs"
        pid = try Command.start(
            World.kubectl,
            [
                "--kubeconfig", World.kubeconfig, "-n", "\(stage.namespace)-\(environment)", "get", "jobs", "--watch",
                "-o", "jsonpath={.metadata.uid}{\"\\n\"}",
            ], output: file)
    }

    func stop() {
        kill(pid, SIGTERM)
        Command.wait(for: pid)
    }

    /// The identifiers of all Jobs so far.
    func created() throws -> Set<Substring> { Set(Files.read(file).split(separator: "\n").filter { $0.count == 36 }) }

    /// The names of those that have not ended.
    func running() throws -> [String] {
        try stage.kubectl(
            "-n", "\(stage.namespace)-\(environment)", "get", "jobs", "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.status.conditions[0].type}{\"\\n\"}{end}"
        ).split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 1 }.map { String($0[0]) }
    }
}
