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
            try await degrade(stage)
            try await stage.untilPhase("rollback", "p-auto-1", "Succeeded")
            #expect(try stage.field("rollback", "p-auto-1", ".status.trigger") == "Automatic")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.kubectl("get", "rollbacks", "-o", "name").split(separator: "\n").count == 1)
            try await stage.untilPhase("promotion", "p", "RolledBack", "Failed")
        }
    }

    /// Says of the Deployment what its controller says of one that got stuck.
    private func degrade(_ stage: Stage) async throws {
        let status = """
            {"status":{"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded",\
            "message":"ReplicaSet has timed out progressing."}],"observedGeneration":99}}
            """
        let path = "/apis/apps/v1/namespaces/\(stage.namespace)-dev/deployments/web/status"
        // The controller of Deployments writes the status too: until it was seen, it is said again.
        try await stage.eventually("the promotion fails") {
            try Command.run(
                "curl",
                [
                    "-sS", "--noproxy", "*", "-o", "/dev/null", "--cacert", Self.pki("ca.crt"), "--cert",
                    Self.pki("admin.crt"), "--key", Self.pki("admin.key"), "-X", "PATCH", "-H",
                    "Content-Type: application/merge-patch+json", "-d", status, try Self.server() + path,
                ])
            return try stage.phase("promotion", "p") != "Verifying"
        }
    }

    private static func pki(_ file: String) -> String {
        World.kubeconfig.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/pki/" + file
    }

    private static func server() throws -> String {
        try Command.run(
            World.kubectl,
            ["--kubeconfig", World.kubeconfig, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"])
    }
}
