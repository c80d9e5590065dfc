import FoundationEssentials
import Testing

/// Objects go away in the middle of things, and come back: nothing runs twice.
@Suite(World.isThere, .serialized) struct LossIntegrationTests {
    private func commits(_ stage: Stage, _ name: String) throws -> [String] {
        try stage.commits(with: "Promotion: \(stage.namespace)/\(name)")
    }

    @Test func `a promotion that is deleted while it is pushed is pushed once, and known again when it comes back`()
        async throws
    {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let promotion = stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2"))
            try stage.holdPush("p")
            try stage.apply(promotion)
            try await stage.untilHeld("p")
            try stage.kubectl("delete", "promotion", "p")
            try stage.letPush("p", pass: true)
            // The push was the point of no return: what it brought is synced as any other commit.
            try await stage.eventually("v2 is live") { try stage.image("web", "dev") == "company/web:v2" }
            let made = try commits(stage, "p")
            #expect(made.count == 1)
            try stage.apply(promotion)
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.field("promotion", "p", ".status.commit") == made.first)
            #expect(try commits(stage, "p") == made)
            // In the middle of its verification too.
            try stage.apply(
                stage.environment("dev", more: "  verification: {timeout: 10m, health: {stableFor: 5m}}"))
            let next = stage.promotion("q", into: "dev", item: stage.image("web", tag: "v3"))
            try stage.apply(next)
            try await stage.untilPhase("promotion", "q", "Verifying")
            try stage.kubectl("delete", "promotion", "q")
            try stage.apply(next)
            try await stage.untilPhase("promotion", "q", "Verifying")
            #expect(try commits(stage, "q").count == 1)
        }
    }

    @Test func `an environment that is deleted ends what was pushed, and what waits goes on when it is back`()
        async throws
    {
        try await Stage.with(apps: ["web", "api"]) { stage in
            let dev = stage.environment("dev", more: "  verification: {timeout: 10m, health: {stableFor: 5m}}")
            try await stage.applyEnvironments(["dev": dev])
            let later = "  notBefore: \"2099-01-01T00:00:00Z\"\n  expiresAfter: 8760h"
            try stage.apply(
                stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")) + "\n---\n"
                    + stage.promotion("q", into: "dev", item: stage.image("api", tag: "v2"), more: later))
            try await stage.untilPhase("promotion", "p", "Verifying")
            try await stage.untilPhase("promotion", "q", "Gated")
            try stage.kubectl("delete", "environment", "dev")
            try await stage.untilPhase("promotion", "p", "Failed")
            #expect(try stage.field("promotion", "p", ".status.reason") == "EnvironmentDeleted")
            let commit = try #require(try commits(stage, "p").first)
            #expect(try stage.field("promotion", "p", ".status.message").contains(commit.prefix(12)))
            try await stage.eventually("the other one says what it waits for") {
                try stage.field("promotion", "q", ".status.reason") == "EnvironmentNotFound"
            }
            // An end stays an end; a new attempt finds its version in Git.
            try stage.apply(dev)
            try await stage.untilPhase("promotion", "q", "Gated")
            #expect(try stage.phase("promotion", "p") == "Failed")
            try stage.kubectl("patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"attempt":2}}"#)
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.field("promotion", "p", ".status.reason") == "AlreadyLive")
            #expect(try commits(stage, "p") == [commit])
            #expect(try commits(stage, "q").isEmpty)
        }
    }

    @Test func `a cluster that is rebuilt from Git runs nothing twice`() async throws {
        try await Stage.with { stage in
            try await stage.deliver(["production": stage.environment("production")])
            for (name, tag) in [("p", "v2"), ("q", "v3")] {
                let yaml = stage.promotion(name, into: "production", item: stage.image("web", tag: tag))
                try stage.add("\(name).yaml", yaml, by: "bob")
                try await stage.untilPhase("promotion", name, "Succeeded")
            }
            try stage.add("r.yaml", stage.rollback("r", of: "production", target: "{promotion: q}"), by: "carol")
            try await stage.untilPhase("rollback", "r", "Succeeded")
            try await stage.untilPhase("promotion", "q", "RolledBack")
            let before = try stage.kubectl(
                "get", "promotions,rollbacks", "-o",
                "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.commit}{\"\\n\"}{end}")

            // The cluster is lost, with all that the operator has on its disk.
            stage.sluice.kill()
            try stage.kubectl("delete", "environments,promotions,rollbacks", "--all")
            try stage.kubectl("delete", "namespace", "\(stage.namespace)-production")
            try FileManager.default.removeItem(atPath: stage.folder + "/state")
            let tip = try stage.git("-C", stage.bare, "rev-parse", "main")

            try stage.restart()
            try await stage.untilServed()
            try stage.applyDelivery()
            try await stage.untilPhase("environment", "production", "Ready", within: .seconds(60))
            try await stage.eventually("all is told as it was") {
                try stage.kubectl(
                    "get", "promotions,rollbacks", "-o",
                    "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.commit}{\"\\n\"}{end}")
                    == before
            }
            #expect(try stage.image("web", "production") == "company/web:v2")
            #expect(try stage.field("environment", "production", ".status.holds[*].app") == "web")
            #expect(try stage.field("environment", "production", ".status.vetoes[*].version") == "v3")
            #expect(try stage.git("-C", stage.bare, "rev-parse", "main") == tip)
        }
    }
}
