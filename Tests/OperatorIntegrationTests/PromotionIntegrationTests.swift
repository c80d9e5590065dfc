import Testing

/// Promotions and their approvals, all of them commits.
@Suite(World.isThere, .serialized) struct PromotionIntegrationTests {
    @Test func `a committed promotion brings what is live in dev to staging, in one commit`() async throws {
        try await Stage.with { stage in
            try await stage.deliver(
                ["dev": stage.environment("dev"), "staging": stage.environment("staging")])
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("web v2")
            try await stage.eventually("dev runs v2") { try stage.image("web", "dev") == "company/web:v2" }
            let item = "{app: web, fromEnvironment: dev}"
            try stage.add("p.yaml", stage.promotion("p", into: "staging", item: item), by: "bob")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.image("web", "staging") == "company/web:v2")

            let commits = try stage.commits(with: "Promotion: \(stage.namespace)/p")
            #expect(commits.count == 1)
            let message = try stage.message(of: try #require(commits.first))
            #expect(message.first == "Promote web to staging: v1 -> v2")
            let digest = try stage.field("promotion", "p", ".status.planDigest")
            for line in [
                "Promotion: \(stage.namespace)/p", "Promotion-Attempt: 1", "Plan-Digest: \(digest)",
                "Reason: CHG-123",
            ] {
                #expect(message.contains(line))
            }
            #expect(message.contains { $0.hasPrefix("Promotion-Spec: sha256:") })
            // This environment names no signers, so the author is only a claim.
            #expect(message.contains("Requested-By: bob@company.example (not verified)"))
            // The edit keeps the file's form.
            let overlay = try Command.run(
                "git", ["-C", stage.bare, "show", "main:apps/web/overlays/staging/kustomization.yaml"])
            #expect(overlay == Stage.overlay("web", "v2"))

            try stage.add("q.yaml", stage.promotion("q", into: "staging", item: item), by: "bob")
            try await stage.untilPhase("promotion", "q", "Succeeded")
            #expect(try stage.field("promotion", "q", ".status.reason") == "AlreadyLive")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/q").isEmpty)
        }
    }

    private static let approvals = """
          approvals:
            required: 2
            sources: [SignedCommit]
            signersRef: {name: allowed-signers}
            separationOfDuties: [Requester, ChangeAuthors]
        """

    @Test func `two signed approvals of others count, one's own and an unsigned one do not`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            try await stage.deliver(["production": stage.environment("production", more: Self.approvals)])
            try stage.add(
                "p.yaml", stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")),
                by: "bob")
            try await stage.untilPhase("promotion", "p", "Gated")
            #expect(try stage.field("promotion", "p", ".status.reason") == "AwaitingApproval")
            try stage.approve("p", by: "bob")
            try stage.approve("p", by: "alice", signed: false)
            try await stage.eventually("both approvals are judged") { try stage.records("p").count == 2 }
            #expect(try stage.records("p").sorted() == ["alice false", "bob false"])
            #expect(try stage.phase("promotion", "p") == "Gated")
            try stage.approve("p", by: "carol")
            try await stage.eventually("carol's approval counts") {
                try stage.field("promotion", "p", ".status.approvals.valid") == "1"
            }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)
            try stage.approve("p", by: "dave")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            let commits = try stage.commits(with: "Promotion: \(stage.namespace)/p")
            #expect(commits.count == 1)
            let message = try stage.message(of: try #require(commits.first))
            #expect(message.filter { $0.hasPrefix("Approved-By:") } == ["Approved-By: carol", "Approved-By: dave"])
            #expect(message.contains("Requested-By: bob"))

            // A rejection ends the next one.
            try stage.add(
                "q.yaml", stage.promotion("q", into: "production", item: stage.image("web", tag: "v3")),
                by: "bob")
            try await stage.untilPhase("promotion", "q", "Gated")
            try stage.approve("q", by: "carol", decision: "Reject")
            try await stage.untilPhase("promotion", "q", "Rejected")

            // What was approved is not what is there any more: a commit changes the overlay below the plan.
            try stage.add(
                "s.yaml", stage.promotion("s", into: "production", item: stage.image("web", tag: "v4")),
                by: "bob")
            try await stage.untilPhase("promotion", "s", "Gated")
            let digest = try stage.field("promotion", "s", ".status.planDigest")
            try stage.approve("s", by: "carol", digest: digest)
            try await stage.eventually("carol's approval counts") {
                try stage.field("promotion", "s", ".status.approvals.valid") == "1"
            }
            try stage.pull()
            try stage.write("apps/api/overlays/production/kustomization.yaml", Stage.overlay("api", "v9"))
            try stage.commit("Another app moves")
            try await stage.eventually("the other app is live") {
                try stage.image("api", "production") == "company/api:v9"
            }
            #expect(try stage.field("promotion", "s", ".status.planDigest") == digest)
            #expect(try stage.field("promotion", "s", ".status.approvals.valid") == "1")
            try stage.write("apps/web/overlays/production/kustomization.yaml", Stage.overlay("web", "v1.5"))
            try stage.commit("This app moves")
            try await stage.eventually("the plan has changed") {
                try stage.field("promotion", "s", ".status.planDigest") != digest
            }
            try await stage.eventually("the approval is stale") {
                try stage.field("promotion", "s", ".status.approvals.valid") == "0"
            }
            #expect(try stage.field("promotion", "s", ".status.reason") == "ApprovalStale")
        }
    }
}
