import Testing

/// Promotions and their approvals, all of them commits.
@Suite(World.isThere, .serialized) struct PromotionIntegrationTests {
    /// Puts a delivery folder into the repository, and the one Environment over it into the cluster.
    private func deliver(_ stage: Stage, _ environments: [String: String]) async throws {
        try stage.write("delivery/allowed_signers", try stage.allowedSigners())
        try stage.write("delivery/groups", "sre: carol dave")
        for (name, yaml) in environments { try stage.write("delivery/environment-\(name).yaml", yaml) }
        try kustomize(stage, environments.keys.map { "environment-\($0).yaml" })
        try stage.commit("Deliver", by: "alice")
        try await stage.untilServed()
        try stage.apply(
            """
            apiVersion: sluice.dev/v1alpha1
            kind: Environment
            metadata: {name: delivery}
            spec:
              source: {repository: "\(stage.url)", path: delivery, interval: 2s, credentialsRef: {name: gitops-git}}
              destination: {namespace: \(stage.namespace), allowedNamespaces: [\(stage.namespace)]}
            """)
        for name in environments.keys { try await stage.untilPhase("environment", name, "Ready") }
    }

    private func kustomize(_ stage: Stage, _ files: [String]) throws {
        try stage.write(
            "delivery/kustomization.yaml",
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            generatorOptions: {disableNameSuffixHash: true}
            configMapGenerator:
            - name: allowed-signers
              files: [allowed_signers, groups]
            resources:
            \(files.sorted().map { "- \($0)" }.joined(separator: "\n"))
            """)
    }

    /// Commits an object of the delivery folder.
    private func add(_ stage: Stage, _ file: String, _ yaml: String, by person: String) throws {
        try stage.pull()
        try stage.write("delivery/\(file)", yaml)
        let list = Files.read("\(stage.work)/delivery/kustomization.yaml")
        if !list.contains("- \(file)") { try stage.write("delivery/kustomization.yaml", list + "- \(file)") }
        try stage.commit("Change \(file)", by: person)
    }

    private func approve(
        _ stage: Stage, _ name: String, by person: String, decision: String = "Approve", signed: Bool = true,
        digest: String? = nil
    ) throws {
        let digest = try digest ?? stage.field("promotion", name, ".status.planDigest")
        try stage.pull()
        let file = "delivery/\(name).yaml"
        var text = Files.read("\(stage.work)/\(file)")
        if !text.contains("approvals:") { text += "  approvals:\n" }
        text += "  - {user: \(person), decision: \(decision), planDigest: \"\(digest)\"}"
        try stage.write(file, text)
        try stage.commit("\(decision) \(name)", by: person, signed: signed)
    }

    private func records(_ stage: Stage, _ name: String) throws -> [String] {
        try stage.kubectl(
            "get", "promotion", name, "-o",
            "jsonpath={range .status.approvals.records[*]}{.user} {.valid}{\"\\n\"}{end}"
        ).split(separator: "\n").map(String.init)
    }

    @Test func `a committed promotion brings what is live in dev to staging, in one commit`() async throws {
        try await Stage.with { stage in
            try await deliver(
                stage, ["dev": stage.environment("dev"), "staging": stage.environment("staging")])
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("web v2")
            try await stage.eventually("dev runs v2") { try stage.image("web", "dev") == "company/web:v2" }
            let item = "{app: web, fromEnvironment: dev}"
            try add(stage, "p.yaml", stage.promotion("p", into: "staging", item: item), by: "bob")
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
            #expect(message.contains("Requested-By: bob@company.example (not signed)"))
            // The edit keeps the file's form.
            let overlay = try Command.run(
                "git", ["-C", stage.bare, "show", "main:apps/web/overlays/staging/kustomization.yaml"])
            #expect(overlay == Stage.overlay("web", "v2"))

            try add(stage, "q.yaml", stage.promotion("q", into: "staging", item: item), by: "bob")
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
            try await deliver(stage, ["production": stage.environment("production", more: Self.approvals)])
            try add(
                stage, "p.yaml", stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")),
                by: "bob")
            try await stage.untilPhase("promotion", "p", "Gated")
            #expect(try stage.field("promotion", "p", ".status.reason") == "AwaitingApproval")
            try approve(stage, "p", by: "bob")
            try approve(stage, "p", by: "alice", signed: false)
            try await stage.eventually("both approvals are judged") { try records(stage, "p").count == 2 }
            #expect(try records(stage, "p").sorted() == ["alice false", "bob false"])
            #expect(try stage.phase("promotion", "p") == "Gated")
            try approve(stage, "p", by: "carol")
            try await stage.eventually("carol's approval counts") {
                try stage.field("promotion", "p", ".status.approvals.valid") == "1"
            }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)
            try approve(stage, "p", by: "dave")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            let commits = try stage.commits(with: "Promotion: \(stage.namespace)/p")
            #expect(commits.count == 1)
            let message = try stage.message(of: try #require(commits.first))
            #expect(message.filter { $0.hasPrefix("Approved-By:") } == ["Approved-By: carol", "Approved-By: dave"])
            #expect(message.contains("Requested-By: bob"))

            // A rejection ends the next one.
            try add(
                stage, "q.yaml", stage.promotion("q", into: "production", item: stage.image("web", tag: "v3")),
                by: "bob")
            try await stage.untilPhase("promotion", "q", "Gated")
            try approve(stage, "q", by: "carol", decision: "Reject")
            try await stage.untilPhase("promotion", "q", "Rejected")

            // What was approved is not what is there any more: a commit changes the overlay below the plan.
            try add(
                stage, "s.yaml", stage.promotion("s", into: "production", item: stage.image("web", tag: "v4")),
                by: "bob")
            try await stage.untilPhase("promotion", "s", "Gated")
            let digest = try stage.field("promotion", "s", ".status.planDigest")
            try approve(stage, "s", by: "carol", digest: digest)
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
