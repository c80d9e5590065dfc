import Testing

/// Rollbacks in their variants.
@Suite(World.isThere, .serialized) struct RollbackIntegrationTests {
    private func promote(_ stage: Stage, _ name: String, _ tag: String) async throws {
        try stage.apply(stage.promotion(name, into: "dev", item: stage.image("web", tag: tag)))
        try await stage.untilPhase("promotion", name, "Succeeded")
    }

    private func rollBack(_ stage: Stage, _ name: String, _ target: String, to tag: String) async throws {
        try stage.apply(
            stage.rollback(name, of: "dev", target: target, more: "  pin: false\n  veto: false"))
        try await stage.untilPhase("rollback", name, "Succeeded")
        #expect(try stage.image("web", "dev") == "company/web:\(tag)")
        #expect(try stage.commits(with: "Rollback: \(stage.namespace)/\(name)").count == 1)
    }

    @Test func `a rollback goes to what its target says, and a human commit survives it`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try await promote(stage, "p1", "v2")
            try await promote(stage, "p2", "v3")
            try await promote(stage, "p3", "v4")
            // A human commit on top.
            try stage.pull()
            let settings = Files.read("\(stage.work)/apps/web/base/settings.yaml")
            try stage.write("apps/web/base/settings.yaml", settings.replacing("blue", with: "green"))
            try stage.commit("Another colour", by: "alice")
            try await stage.eventually("the colour is live") {
                try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "green"
            }
            try await rollBack(stage, "by-promotion", "{promotion: p3}", to: "v3")
            #expect(try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "green")
            let commit = try stage.field("promotion", "p2", ".status.commit")
            try await rollBack(stage, "by-commit", "{commit: \(commit)}", to: "v2")
            #expect(try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "green")
            #expect(try stage.phase("promotion", "p3") == "RolledBack")
            try await promote(stage, "p4", "v5")
            try await promote(stage, "p5", "v6")
            try await rollBack(stage, "by-steps", "{steps: 2}", to: "v2")
        }
    }

    @Test func `lastHealthy puts back what ran well, only for the apps that are named`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try await promote(stage, "p", "v2")
            let healthy = try stage.commits(with: "Promotion: \(stage.namespace)/p").first
            try await stage.eventually("the promotion's commit is the last healthy one") {
                try stage.field("environment", "dev", ".status.revision.lastHealthy") == healthy
            }
            // A commit by hand that never gets healthy: no pod of this image can run anywhere.
            try stage.pull()
            let broken = Stage.overlay("web", "v3") + "\nreplicas: [{name: web, count: 1}]"
            try stage.write("apps/web/overlays/dev/kustomization.yaml", broken)
            try stage.write("apps/api/overlays/dev/kustomization.yaml", Stage.overlay("api", "v7"))
            try stage.commit("web v3 and api v7", by: "alice")
            try await stage.eventually("the commit is live") { try stage.image("web", "dev") == "company/web:v3" }
            try stage.apply(stage.rollback("r", of: "dev", target: "{lastHealthy: true}", more: "  apps: [web]"))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v2")
            #expect(try stage.field("deployment", "web", ".spec.replicas", in: "dev") == "0")
            #expect(try stage.image("api", "dev") == "company/api:v7")
            #expect(try stage.field("rollback", "r", ".status.holds") == #"["web"]"#)
            #expect(try stage.field("rollback", "r", ".status.vetoes") == #"["web v3"]"#)
            let commits = try stage.commits(with: "Rollback: \(stage.namespace)/r")
            #expect(commits.count == 1)
            #expect(try stage.changedFiles(of: commits[0]) == ["apps/web/overlays/dev/kustomization.yaml"])
            try await stage.untilPhase("environment", "dev", "Ready")
            #expect(try stage.field("environment", "dev", ".status.revision.lastHealthy") == commits[0])
        }
    }

    @Test func `steps undo the last promotions, and those that were undone before do not count`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            for number in 1...4 { try await promote(stage, "p\(number)", "v\(number + 1)") }
            try await rollBack(stage, "one", "{steps: 1}", to: "v4")
            #expect(try stage.phase("promotion", "p4") == "RolledBack")
            try await rollBack(stage, "two", "{steps: 2}", to: "v2")
            let commit = try #require(try stage.commits(with: "Rollback: \(stage.namespace)/two").first)
            #expect(try stage.message(of: commit).count { $0.hasPrefix("Reverts: ") } == 2)
            try await rollBack(stage, "rest", "{steps: 9}", to: "v1")
            try stage.apply(stage.rollback("none", of: "dev", target: "{steps: 1}"))
            try await stage.untilPhase("rollback", "none", "NoOp")
            #expect(try stage.field("rollback", "none", ".status.reason") == "NothingToRevert")
            #expect(try stage.field("rollback", "none", ".status.holds") == "")
        }
    }

    /// A promotion, and on top of it a human commit that changes the very same line, and another app's.
    private func conflict(_ stage: Stage) async throws -> (tip: String, overlay: String) {
        try await stage.applyEnvironments(["dev": stage.environment("dev")])
        try await promote(stage, "p", "v2")
        try stage.pull()
        try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v3"))
        try stage.write("apps/api/overlays/dev/kustomization.yaml", Stage.overlay("api", "v7"))
        let tip = try stage.commit("web v3 and api v7", by: "alice")
        try await stage.eventually("the commit is live") { try stage.image("web", "dev") == "company/web:v3" }
        return (tip, "apps/web/overlays/dev/kustomization.yaml")
    }

    @Test func `where the revert conflicts, RestorePaths puts the app's folder back and nothing else`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            let (tip, overlay) = try await conflict(stage)
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.image("api", "dev") == "company/api:v7")
            #expect(try stage.field("rollback", "r", ".status.restoredPaths") == #"["apps/web/overlays/dev"]"#)
            let commit = try #require(try stage.commits(with: "Rollback: \(stage.namespace)/r").first)
            #expect(try stage.changedFiles(of: commit) == [overlay])
            #expect(try stage.git("-C", stage.bare, "rev-parse", "\(commit)^") == tip)
            #expect(try stage.file(overlay, at: commit) == Stage.overlay("web", "v1"))
        }
    }

    @Test func `where the revert conflicts, Fail changes nothing, holds nothing and says where`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            let (tip, overlay) = try await conflict(stage)
            // The promotion waits behind the rollback, and goes on when that has come to its end.
            try stage.apply(
                stage.rollback("r", of: "dev", target: "{promotion: p}", more: "  onConflict: Fail") + "\n---\n"
                    + stage.promotion("next", into: "dev", item: stage.image("web", tag: "v4")))
            try await stage.untilPhase("rollback", "r", "Conflict")
            #expect(try stage.field("rollback", "r", ".status.reason") == "GitConflict")
            #expect(try stage.field("rollback", "r", ".status.message").contains(overlay))
            #expect(try stage.condition("rollback", "r", "Stalled", "message").contains(overlay))
            #expect(try stage.field("rollback", "r", ".status.commit") == "")
            #expect(try stage.commits(with: "Rollback: \(stage.namespace)/r").isEmpty)
            #expect(try stage.field("rollback", "r", ".status.holds") == "")
            try await stage.untilPhase("promotion", "next", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v4")
            let commit = try #require(try stage.commits(with: "Promotion: \(stage.namespace)/next").first)
            #expect(try stage.git("-C", stage.bare, "rev-parse", "\(commit)^") == tip)
            #expect(try stage.field("environment", "dev", ".status.holds") == "")
        }
    }

    @Test func `a hold and a veto stop the next promotion until they are released`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try await promote(stage, "p", "v2")
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            #expect(try stage.field("rollback", "r", ".status.holds") == #"["web"]"#)
            try stage.apply(stage.promotion("again", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "again", "Gated")
            let gates = try stage.field("promotion", "again", ".status.gates[?(@.state!=\"Open\")].reason")
            #expect(gates.contains("Held") && gates.contains("Vetoed"))
            try stage.kubectl("patch", "rollback", "r", "--type=merge", "-p", #"{"spec":{"release":true}}"#)
            try await stage.untilPhase("promotion", "again", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v2")
        }
    }

    @Test func `a promotion that degrades is rolled back automatically, once`() async throws {
        try await Stage.with { stage in
            let more = "  rollback: {auto: true}\n  verification: {health: {stableFor: 20s}}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try await stage.eventually("there is a healthy revision") {
                try !stage.field("environment", "dev", ".status.revision.lastHealthy").isEmpty
            }
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "p", "Verifying")
            // There is no node on which a pod could fail: the object says so itself.
            try await stage.degrade("web", in: "dev", until: "the promotion fails") {
                try stage.phase("promotion", "p") != "Verifying"
            }
            try await stage.untilPhase("rollback", "p-auto-1", "Succeeded")
            #expect(try stage.field("rollback", "p-auto-1", ".status.trigger") == "Automatic")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.kubectl("get", "rollbacks", "-o", "name").split(separator: "\n").count == 1)
            try await stage.untilPhase("promotion", "p", "RolledBack", "Failed")
        }
    }
}
