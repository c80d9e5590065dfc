import Testing

/// Promotions and approvals through the API, with the admission webhook between people and what is stored.
@Suite(World.isThere, .serialized) struct AdmissionIntegrationTests {
    private static let approvals = """
          approvals:
            required: 2
            from: [{group: sre}]
            sources: [AdmissionWebhook, SignedCommit]
            signersRef: {name: allowed-signers}
            separationOfDuties: [Requester]
        """

    /// A stage whose operator has its webhook, with a production that wants two approvals.
    private func open(
        flags: [String] = [], _ body: (Stage) async throws -> Void
    ) async throws {
        try await Stage.with { stage in
            defer { stage.closeWebhook() }
            try await stage.untilServed()
            try await stage.openWebhook(flags: flags)
            try stage.permit([
                "promote": ["bob", "mallory"], "approve": ["alice", "bob", "carol"], "override": [],
                "rollback": ["bob"],
            ])
            try stage.write("allowed_signers", try stage.allowedSigners())
            try stage.write("groups", "sre: carol dave")
            try stage.kubectl(
                "create", "configmap", "allowed-signers", "--from-file=\(stage.work)/allowed_signers",
                "--from-file=\(stage.work)/groups")
            try await stage.applyEnvironments([
                "production": stage.environment("production", more: Self.approvals)
            ])
            try await body(stage)
        }
    }

    /// A promotion that bob asks for through the API, and the digest of its plan.
    private func ask(_ stage: Stage, _ name: String, tag: String = "v2") async throws -> String {
        let yaml = stage.promotion(name, into: "production", item: stage.image("web", tag: tag))
        try stage.kubectl(as: "bob", "create", "-f", "-", input: yaml)
        try await stage.untilPhase("promotion", name, "Gated")
        return try stage.field("promotion", name, ".status.planDigest")
    }

    private func approve(_ stage: Stage, _ name: String, by person: String, _ digest: String) throws {
        try stage.kubectl(
            as: person, "patch", "promotion", name, "--type=json", "-p",
            stage.approval(of: person, on: name, digest: digest))
    }

    @Test func `API users approve in their own names alone, and every forgery is refused with its reason`() async throws
    {
        try await open { stage in
            let digest = try await ask(stage, "p")
            #expect(try stage.field("promotion", "p", ".status.requester.user") == "bob")
            #expect(try stage.field("promotion", "p", ".status.requester.source") == "AdmissionWebhook")

            // In another's name: added, changed, removed, from the beginning.
            #expect(
                try stage.refusal(
                    as: "mallory", "patch", "promotion", "p", "--type=json", "-p",
                    stage.approval(of: "alice", digest: digest)
                ).contains("spec.approvals[0]: only alice may add the approval of alice; you are mallory"))
            try approve(stage, "p", by: "alice", digest)
            #expect(
                try stage.refusal(
                    as: "mallory", "patch", "promotion", "p", "--type=json", "-p",
                    #"[{"op":"remove","path":"/spec/approvals/0"}]"#
                ).contains("only alice may remove the approval of alice"))
            #expect(
                try stage.refusal(
                    as: "mallory", "patch", "promotion", "p", "--type=json", "-p",
                    #"[{"op":"replace","path":"/spec/approvals/0/decision","value":"Reject"}]"#
                ).contains("only alice may change the approval of alice"))
            // Copied from another promotion, with its stamps.
            let copy = try stage.kubectl("get", "promotion", "p", "-o", "json")
                .replacing("\"name\": \"p\"", with: "\"name\": \"copy\"")
            #expect(
                try stage.refusal(as: "mallory", "create", "-f", "-", input: copy)
                    .contains("only alice may add the approval of alice; you are mallory"))
            // By the operator's own account, and without the permission.
            let robot = "system:serviceaccount:\(stage.namespace):operator"
            #expect(
                try stage.refusal(
                    as: robot, "patch", "promotion", "p", "--type=json", "-p",
                    stage.approval(of: robot, digest: digest)
                ).contains("approves nothing: it only brings what Git declares"))
            #expect(
                try stage.refusal(
                    as: "mallory", "patch", "promotion", "p", "--type=json", "-p",
                    stage.approval(of: "mallory", digest: digest)
                ).contains("mallory may not approve in environment production; it needs the verb approve"))
            // What was asked for, the status, and the operator's label.
            #expect(
                try stage.refusal(
                    as: "bob", "patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"reason":"another"}}"#
                ).contains("spec.reason: cannot be changed; make a new object"))
            let status = try stage.kubectl("get", "promotion", "p", "-o", "json")
                .replacing("\"Gated\"", with: "\"Succeeded\"")
            #expect(
                try stage.refusal(
                    as: "mallory", "replace", "--raw",
                    "/apis/sluice.dev/v1alpha1/namespaces/\(stage.namespace)/promotions/p/status", "-f", "-",
                    input: status
                ).contains("status: is written by the operator alone; you are mallory"))
            #expect(
                try stage.refusal(as: "mallory", "label", "promotion", "p", "sluice.dev/automatic=x")
                    .contains("is set by the operator alone"))
            #expect(
                try stage.refusal(
                    as: "mallory", "create", "-f", "-",
                    input: stage.rollback("r", of: "production", target: "{steps: 1}")
                ).contains("mallory may not rollback in environment production"))
            #expect(
                try stage.refusal(
                    as: "bob", "create", "-f", "-",
                    input: stage.promotion("o", into: "production", item: "{app: web, fromEnvironment: production}")
                ).contains("spec.items[0].fromEnvironment: must be another environment"))
            // Taking the stamps away changes nothing; a dry run stores nothing.
            try stage.kubectl(as: "mallory", "annotate", "promotion", "p", "sluice.dev/stamps-")
            try stage.kubectl(
                as: "carol", "patch", "promotion", "p", "--type=json", "--dry-run=server", "-p",
                stage.approval(of: "carol", digest: digest))
            // The requester's own approval is stored, and does not count.
            try approve(stage, "p", by: "bob", digest)
            try await stage.eventually("both approvals are judged") { try stage.records(of: "p").count == 2 }
            #expect(
                try stage.records(of: "p") == [
                    "alice AdmissionWebhook true", "bob AdmissionWebhook false SelfApproval",
                ])
            #expect(try stage.phase("promotion", "p") == "Gated")

            // One who lost the right does not count any more; one who has it again does.
            try stage.permit(["approve": ["bob", "carol"]])
            try await stage.eventually("alice may not approve any more") {
                try stage.kubectl(
                    "annotate", "promotion", "p", "sluice.dev/reconcile-at=\(ContinuousClock.now)", "--overwrite")
                return try stage.records(of: "p").contains("alice AdmissionWebhook false Revoked")
            }
            #expect(try stage.field("promotion", "p", ".status.reason") == "ApproverRevoked")
            try approve(stage, "p", by: "carol", digest)
            try await stage.eventually("carol counts, alice does not") {
                try stage.field("promotion", "p", ".status.approvals.valid") == "1"
            }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)
            try stage.permit(["approve": ["alice", "bob", "carol"]])
            // Nobody tells the operator of it.
            try await stage.untilPhase("promotion", "p", "Succeeded")
            let message = try stage.message(
                of: try #require(try stage.commits(with: "Promotion: \(stage.namespace)/p").first))
            #expect(message.contains("Requested-By: bob"))
            #expect(message.filter { $0.hasPrefix("Approved-By:") } == ["Approved-By: alice", "Approved-By: carol"])
        }
    }

    @Test func `one approves by sluice approve, another by a signed commit, and both count`() async throws {
        try await open { stage in
            let alice = try await stage.certificate(for: "alice", group: "sre")
            // The promotion is declared in Git, and brought by a service account.
            try stage.apply(
                """
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: deployer}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: deployer}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: write}
                subjects: [{kind: ServiceAccount, name: deployer, namespace: \(stage.namespace)}]
                """)
            try stage.write(
                "delivery/kustomization.yaml",
                """
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: [p.yaml]
                """)
            try stage.pull()
            try stage.write(
                "delivery/p.yaml",
                stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")) + "\n  approvals:\n"
                    + "  - {user: dave, decision: Approve, planDigest: \"sha256:\(String(repeating: "0", count: 64))\"}"
            )
            try stage.commit("Promote", by: "bob")
            try stage.apply(
                """
                apiVersion: sluice.dev/v1alpha1
                kind: Environment
                metadata: {name: delivery}
                spec:
                  source: {repository: "\(stage.url)", path: delivery, interval: 2s, credentialsRef: {name: gitops-git}}
                  destination:
                    namespace: \(stage.namespace)
                    allowedNamespaces: [\(stage.namespace)]
                    serviceAccountName: deployer
                """)
            try await stage.untilPhase("promotion", "p", "Gated")
            #expect(try stage.field("promotion", "p", ".status.requester.source") == "SignedCommit")
            let digest = try stage.field("promotion", "p", ".status.planDigest")
            // bob signed an entry in dave's name.
            #expect(try stage.records(of: "p") == ["dave SignedCommit false IdentityMismatch"])

            let said = try Command.run(
                World.binary,
                [
                    "approve", "p", "--kubeconfig", alice, "--namespace", stage.namespace, "--plan-digest", digest,
                    "--comment", "seen",
                ])
            #expect(said == "promotion p: approved by alice")
            try await stage.eventually("alice counts") {
                try stage.records(of: "p").contains("alice AdmissionWebhook true")
            }
            // A second time changes nothing: one person is one person.
            try Command.run(
                World.binary,
                [
                    "approve", "p", "--kubeconfig", alice, "--namespace", stage.namespace, "--plan-digest", digest,
                    "--comment", "seen twice",
                ])
            // Nor does a signature under the same person's name in other letters.
            try stage.pull()
            try stage.write(
                "delivery/p.yaml",
                Files.read("\(stage.work)/delivery/p.yaml")
                    + "  - {user: carol, decision: Approve, planDigest: \"\(digest)\"}")
            try stage.commit("Approve", by: "carol")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            let message = try stage.message(
                of: try #require(try stage.commits(with: "Promotion: \(stage.namespace)/p").first))
            #expect(message.contains("Requested-By: bob"))
            #expect(
                message.filter { $0.hasPrefix("Approved-By:") }.sorted() == [
                    "Approved-By: alice", "Approved-By: carol",
                ])
        }
    }

    @Test func `without the webhook nothing is written, and what gets past it counts for nothing`() async throws {
        try await open { stage in
            let digest = try await ask(stage, "p")
            // Everything it needs comes back by itself.
            try stage.deleteConfigurations()
            try await stage.eventually("the configurations are back") {
                try stage.kubectl(
                    "get", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "-o", "name"
                ).split(separator: "\n").count { $0.hasSuffix("/sluice-\(stage.namespace)") } == 2
            }
            try stage.kubectl(
                "patch", "validatingwebhookconfiguration", "sluice-\(stage.namespace)", "--type=json", "-p",
                #"[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]"#)
            try await stage.eventually("the bundle is back") {
                !(try stage.kubectl(
                    "get", "validatingwebhookconfiguration", "sluice-\(stage.namespace)", "-o",
                    "jsonpath={.webhooks[0].clientConfig.caBundle}")).isEmpty
            }

            stage.sluice.kill()
            let closed = try stage.refusal(
                as: "bob", "create", "-f", "-",
                input: stage.promotion("q", into: "production", item: stage.image("web", tag: "v2")))
            #expect(closed.contains("failed calling webhook \"stamp.sluice.dev\""))
            // Somebody takes the webhook away, forges, and the operator comes back.
            let genuine = try stage.field("promotion", "p", #".metadata.annotations.sluice\.dev/stamps"#)
            try stage.deleteConfigurations()
            let forged = """
                \(stage.promotion("forged", into: "production", item: stage.image("web", tag: "v3")))
                  approvals:
                  - {user: alice, decision: Approve, planDigest: "\(digest)"}
                  - {user: carol, decision: Approve, planDigest: "\(digest)"}
                """.replacing(
                    "metadata:\n", with: "metadata:\n  annotations: {sluice.dev/stamps: '\(genuine)'}\n")
            try await stage.eventually("the API server has forgotten the webhook") {
                (try? stage.kubectl(as: "mallory", "create", "-f", "-", input: forged)) != nil
            }
            try stage.kubectl(
                as: "mallory", "patch", "promotion", "p", "--type=json", "-p",
                stage.approval(of: "alice", digest: digest))

            try await stage.restartWithWebhook()
            try await stage.eventually("the forged promotion is seen through") {
                try stage.field("promotion", "forged", ".status.reason") == "RequesterUnknown"
            }
            try await stage.eventually("the forged approval is seen through") {
                try stage.records(of: "p") == ["alice Unknown false Unsigned"]
            }
            // What was asked for before goes on, with words that are said to the webhook.
            try approve(stage, "p", by: "carol", digest)
            #expect(
                try stage.refusal(
                    as: "carol", "patch", "promotion", "p", "--type=json", "-p",
                    #"[{"op":"remove","path":"/spec/approvals/0"}]"#
                ).contains("only alice may remove"))
            try stage.kubectl(
                as: "alice", "patch", "promotion", "p", "--type=json", "-p",
                #"[{"op":"add","path":"/spec/approvals/0/comment","value":"mine"}]"#)
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/forged").isEmpty)
        }
    }

    @Test func `a rollback is approved by its name; whoever releases or repeats it answers for that`() async throws {
        try await open { stage in
            try stage.permit([
                "promote": ["bob"], "approve": ["alice", "carol"], "override": [], "rollback": ["bob", "carol"],
            ])
            let approvals = Self.approvals.replacing("required: 2", with: "required: 1")
            try stage.apply(
                stage.environment("production", more: approvals + "\n  rollback: {approvals: Required}"))
            try approve(stage, "p", by: "carol", try await ask(stage, "p"))
            try await stage.untilPhase("promotion", "p", "Succeeded")

            let undo = stage.rollback("r", of: "production", target: "{promotion: p}")
            try stage.kubectl(as: "bob", "create", "-f", "-", input: undo)
            try await stage.untilPhase("rollback", "r", "Gated")
            let digest = try stage.field("rollback", "r", ".status.planDigest")
            let alice = try await stage.certificate(for: "alice", group: "sre")
            let arguments = ["approve", "--rollback", "r", "--kubeconfig", alice, "--namespace", stage.namespace]
            #expect(
                try Command.run(World.binary, arguments + ["--plan-digest", digest])
                    == "rollback r: approved by alice")
            try await stage.untilPhase("rollback", "r", "Succeeded")
            let commit = try #require(try stage.commits(with: "Rollback: \(stage.namespace)/r").first)
            #expect(try stage.message(of: commit).contains("Approved-By: alice"))
            #expect(try stage.field("environment", "production", ".status.holds[*].app") == "web")

            // Written past the webhook, a release and a new attempt are nobody's.
            stage.sluice.kill()
            try stage.deleteConfigurations()
            let release = #"{"spec":{"release":true}}"#
            try await stage.eventually("the API server has forgotten the webhook") {
                (try? stage.kubectl(as: "mallory", "patch", "rollback", "r", "--type=merge", "-p", release)) != nil
            }
            try stage.kubectl(
                as: "mallory", "patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"attempt":2}}"#)
            try await stage.restartWithWebhook()
            try await stage.eventually("the release is seen through") {
                try stage.condition("rollback", "r", "Released", "reason") == "RequesterUnknown"
            }
            try await stage.eventually("the attempt is seen through") {
                try stage.field("promotion", "p", ".status.reason") == "RequesterUnknown"
            }
            #expect(try stage.commits(with: "Release: \(stage.namespace)/r").isEmpty)
            #expect(try stage.field("environment", "production", ".status.holds[*].app") == "web")

            // Said again to the webhook, they count, and Git says who said it.
            try stage.kubectl(
                as: "carol", "patch", "rollback", "r", "--type=merge", "-p", #"{"spec":{"release":false}}"#)
            try stage.kubectl(as: "carol", "patch", "rollback", "r", "--type=merge", "-p", release)
            try await stage.eventually("the release is in Git") {
                try stage.commits(with: "Release: \(stage.namespace)/r").count == 1
            }
            let lifted = try #require(try stage.commits(with: "Release: \(stage.namespace)/r").first)
            #expect(try stage.message(of: lifted).contains("Requested-By: carol"))
            try stage.kubectl(
                as: "bob", "patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"attempt":3}}"#)
            try await stage.eventually("the third attempt is bob's") {
                try stage.field("promotion", "p", ".status.requester.user") == "bob"
                    && stage.field("promotion", "p", ".status.attempt") == "3"
            }
        }
    }

    @Test func `certificates are renewed while the API server asks all the time`() async throws {
        try await open(flags: ["--webhook-certificate-lifetime", "9s"]) { stage in
            var seen: Set<String> = []
            for round in 0..<60 {
                try stage.kubectl(
                    as: "bob", "annotate", "environment", "production", "round=\(round)", "--overwrite")
                seen.insert(
                    try stage.kubectl("get", "secret", "sluice-webhook", "-o", "jsonpath={.data.tls\\.crt}"))
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(seen.count >= 3)
        }
    }

    @Test func `the webhook answers nonsense with an error, and goes on`() async throws {
        try await open { stage in
            let url = try stage.kubectl(
                "get", "validatingwebhookconfiguration", "sluice-\(stage.namespace)", "-o",
                "jsonpath={.webhooks[0].clientConfig.url}")
            func post(_ body: String) throws -> String {
                try Files.write(body, to: stage.folder + "/body")
                return try Command.run(
                    "curl",
                    [
                        "-sk", "--noproxy", "*", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}",
                        "--data-binary", "@\(stage.folder)/body", url,
                    ])
            }
            for body in ["", "nonsense", "{}", String(repeating: "[", count: 500_000), #"{"request":{}}"#] {
                #expect(try post(body) == "400")
            }
            #expect(try post(String(repeating: " ", count: 9 << 20)) == "413")
            _ = try await ask(stage, "p")
            #expect(stage.sluice.isRunning)
        }
    }
}
