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

    @Test func `killed at any time, it commits once for each promotion and rollback`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            for round in 1...5 {
                let undo = round > 3
                let name = undo ? "r\(round - 3)" : "p\(round)"
                if undo {
                    try stage.apply(
                        stage.rollback(
                            name, of: "dev", target: "{promotion: p\(7 - round)}", more: "  pin: false\n  veto: false"))
                } else {
                    let item = stage.image("web", tag: "v\(round + 1)")
                    try stage.apply(stage.promotion(name, into: "dev", item: item))
                }
                for _ in 1...2 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500)))
                    try stage.restart()
                }
                try await expectOnce(
                    stage, undo ? "rollback" : "promotion", name,
                    image: "company/web:v\(undo ? 6 - (round - 1) : round + 1)")
            }
        }
    }
}
