import Testing

/// What the operator does without being asked, and never does again.
@Suite(World.isThere, .serialized) struct AutomationIntegrationTests {
    private static let automatic = """
          promotion: {auto: true}
          upstream: {environments: [dev], soak: 3s}
          verification: {health: {stableFor: 12s}}
        """

    private func release(_ stage: Stage, _ app: String, _ tag: String) throws {
        try stage.pull()
        try stage.write("apps/\(app)/overlays/dev/kustomization.yaml", Stage.overlay(app, tag))
        try stage.commit("\(app) \(tag)")
    }

    private func promotions(_ stage: Stage) throws -> [String] {
        try stage.kubectl("get", "promotions", "-o", "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}")
            .split(separator: "\n").map(String.init)
    }

    @Test func `a proved version goes on by itself, a bad one is taken back once and never comes again`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"), "staging": stage.environment("staging", more: Self.automatic),
            ])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "staging", ".status.revision.lastHealthy").isEmpty
            }
            try release(stage, "web", "v2")
            try await stage.eventually("v2 is live in staging") {
                try stage.image("web", "staging") == "company/web:v2"
            }
            let first = try #require(try promotions(stage).first)
            try await stage.untilPhase("promotion", first, "Succeeded")
            let commits = try stage.commits(with: "Promotion: \(stage.namespace)/\(first)")
            #expect(commits.count == 1)
            let message = try stage.message(of: try #require(commits.first))
            #expect(message.contains("Requested-By: system:auto"))
            #expect(try promotions(stage) == [first])

            // The next one turns out bad.
            try release(stage, "web", "v3")
            try await stage.eventually("the second promotion is being verified") {
                try promotions(stage).contains { try stage.phase("promotion", $0) == "Verifying" }
            }
            let second = try #require(try promotions(stage).first { $0 != first })
            try await stage.degrade("web", in: "staging", until: "the promotion fails") {
                try stage.phase("promotion", second) != "Verifying"
            }
            let undo = "\(second)-auto-1"
            try await stage.untilPhase("rollback", undo, "Succeeded")
            #expect(try stage.image("web", "staging") == "company/web:v2")
            #expect(try stage.field("rollback", undo, ".spec.reason").contains("Degraded"))
            #expect(try stage.field("environment", "staging", ".status.vetoes[*].version") == "v3")
            try await Task.sleep(for: .seconds(6))
            #expect(try promotions(stage).count == 2)

            // A cluster rebuilt from Git knows it too: all objects gone, nothing runs twice.
            let tip = try Command.run("git", ["-C", stage.bare, "rev-parse", "main"])
            stage.sluice.kill()
            try stage.kubectl("delete", "promotions,rollbacks", "--all")
            try stage.restart()
            try await stage.untilPhase("environment", "staging", "Ready")
            try await Task.sleep(for: .seconds(6))
            #expect(try promotions(stage).isEmpty)
            #expect(try Command.run("git", ["-C", stage.bare, "rev-parse", "main"]) == tip)
            #expect(try stage.field("environment", "staging", ".status.holds[*].app") == "web")

            // Who did what, and why, is in Git alone.
            let audit = try Command.run(
                World.binary, ["audit", "--repository", stage.bare, "--environment", "staging"])
            for line in [
                "requested by: system:auto", "vetoes: web v3", "holds: web", "reason: dev has proved company/web v2",
            ] {
                #expect(audit.contains(line), "\(audit)")
            }
        }
    }

    @Test func `a release is a commit: it lasts when its object is gone`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            // Holds stand without the object.
            try stage.kubectl("delete", "rollback", "r")
            try stage.apply(stage.promotion("again", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "again", "Gated")
            // The object is declared anew, to release it, and goes again.
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}", more: "  release: true"))
            try await stage.eventually("the release is in Git") {
                try stage.commits(with: "Release: \(stage.namespace)/r").count == 1
            }
            try stage.kubectl("delete", "rollback", "r")
            try await stage.untilPhase("promotion", "again", "Succeeded")
            #expect(try stage.commits(with: "Release: \(stage.namespace)/r").count == 1)
            #expect(try stage.commits(with: "Rollback: \(stage.namespace)/r").count == 1)
            #expect(try stage.field("environment", "dev", ".status.holds") == "")
            #expect(try stage.image("web", "dev") == "company/web:v2")
        }
    }

    @Test func `what is finished goes by the limits of history, and the newest of an app stays`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev", more: "  history: {promotions: 1}\n  rollback: {watchFor: 0s}")
            ])
            for round in 1...3 {
                try stage.apply(
                    stage.promotion("p\(round)", into: "dev", item: stage.image("web", tag: "v\(round + 1)")))
                try await stage.untilPhase("promotion", "p\(round)", "Succeeded")
            }
            try await stage.eventually("the older ones are gone") { try promotions(stage) == ["p3"] }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/").count == 3)
        }
    }
}
