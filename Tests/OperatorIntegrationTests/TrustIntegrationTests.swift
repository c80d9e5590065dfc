import FoundationEssentials
import Testing

/// Whose commits count: what nobody vouches for is neither synced nor built upon, and nobody writes in the operator's
/// name.
@Suite(World.isThere, .serialized) struct TrustIntegrationTests {
    /// An Environment that wants signatures; `lines` stand below `spec.source`, indented by four.
    private func environment(
        _ stage: Stage, _ name: String, _ lines: String..., push: String = "{}", more: String = ""
    ) -> String {
        let source = (["interval: 2s"] + lines).joined(separator: "\n    ")
        return stage.environment(name, push: push, more: more).replacing("interval: 2s", with: source)
    }

    private let everyCommit = "verify: {mode: EveryCommit, signersRef: {name: committers}}"
    private let head = "verify: {mode: Head, signersRef: {name: committers}}"
    private let signing = "{signingKeyRef: {name: signing-key}}"

    /// The people who may commit, and the operator's own key, which is on no list.
    private func prepare(_ stage: Stage) throws {
        try Files.write(try stage.allowedSigners() + "\n", to: "\(stage.folder)/committers")
        try stage.kubectl(
            "create", "configmap", "committers", "--from-file=allowed_signers=\(stage.folder)/committers")
        try Command.run(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "sluice", "-f", "\(stage.folder)/keys/sluice"])
        try stage.kubectl(
            "create", "secret", "generic", "signing-key",
            "--from-file=ssh-privatekey=\(stage.folder)/keys/sluice")
    }

    private func write(_ stage: Stage, _ tag: String, by person: String, _ message: String? = nil) throws -> String {
        try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", tag))
        return try stage.commit(message ?? "web \(tag)", by: person)
    }

    @Test func `one unsigned commit stops a branch of signed ones, but not the healing`() async throws {
        try await Stage.with { stage in
            try prepare(stage)
            let good = try write(stage, "v2", by: "alice")
            try await stage.applyEnvironments(["dev": environment(stage, "dev", everyCommit, push: signing)])
            #expect(try stage.image("web", "dev") == "company/web:v2")
            let bad = try write(stage, "v3", by: "ci")
            _ = try write(stage, "v4", by: "alice")
            try await stage.eventually("the unsigned commit is named") {
                try stage.condition("environment", "dev", "SourceReady", "message").contains(bad.prefix(12))
            }
            #expect(try stage.condition("environment", "dev", "SourceReady", "reason") == "UntrustedCommit")
            try stage.kubectl("-n", "\(stage.namespace)-dev", "delete", "configmap", "web-settings")
            try await stage.eventually("the deleted object is back") {
                try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "blue"
            }
            #expect(try stage.image("web", "dev") == "company/web:v2")
            // A promotion would put the operator's own signature on top of it.
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v5")))
            try await stage.eventually("the promotion says what it waits for") {
                try stage.field("promotion", "p", ".status.reason") == "UntrustedCommit"
            }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)

            // Somebody takes the unsigned commit out of the branch.
            try stage.git("reset", "-q", "--hard", good)
            try stage.git("push", "-q", "--force", "origin", "HEAD:main")
            try await stage.untilPhase("promotion", "p", "Succeeded", within: .seconds(60))
            try await stage.untilPhase("environment", "dev", "Ready")
            #expect(try stage.image("web", "dev") == "company/web:v5")
            try await stage.eventually("the force-push is told") {
                try stage.kubectl("get", "events", "--field-selector", "reason=HistoryRewritten", "-o", "name")
                    .contains("event")
            }
        }
    }

    @Test func `the operator signs what it commits, and its key counts without a list`() async throws {
        try await Stage.with { stage in
            try prepare(stage)
            _ = try write(stage, "v2", by: "alice")
            try await stage.applyEnvironments(["dev": environment(stage, "dev", head, push: signing)])
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v3")))
            try await stage.untilPhase("promotion", "p", "Succeeded", within: .seconds(60))
            let key = Files.read("\(stage.folder)/keys/sluice.pub")
            try Files.write("sluice@sluice.dev \(key)", to: "\(stage.folder)/operator-signers")
            let told = try Command.run(
                "git",
                [
                    "-C", stage.bare, "-c", "gpg.ssh.allowedSignersFile=\(stage.folder)/operator-signers", "log", "-1",
                    "--format=%G? %GS", "main",
                ])
            #expect(told == "G sluice@sluice.dev")
            try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
            try await stage.untilPhase("rollback", "r", "Succeeded", within: .seconds(60))
            try await stage.untilPhase("environment", "dev", "Ready")
            #expect(try stage.image("web", "dev") == "company/web:v2")
            try await stage.untilPhase("promotion", "p", "RolledBack")
        }
    }

    @Test(arguments: [true, false])
    func `a commit that only says it is the operator's is adopted just where nobody signs`(signed: Bool) async throws {
        try await Stage.with { stage in
            try prepare(stage)
            _ = try write(stage, "v2", by: "alice")
            let hold = "  holds: [{app: web, reason: audit}]"
            let yaml =
                signed ? environment(stage, "dev", push: signing, more: hold) : environment(stage, "dev", more: hold)
            try await stage.applyEnvironments(["dev": yaml])
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v3")))
            try await stage.untilPhase("promotion", "p", "Gated")
            let forged = try write(
                stage, "v3", by: "dave",
                """
                Promote web to dev: v2 -> v3

                Promotion: \(stage.namespace)/p
                Promotion-Attempt: 1
                Environment: \(stage.namespace)/dev
                App: web
                Approved-By: alice
                """)
            try await stage.eventually("the commit is live, as any other would be") {
                try stage.field("environment", "dev", ".status.revision.synced") == forged
            }
            guard signed else {
                try await stage.untilPhase("promotion", "p", "Succeeded", within: .seconds(60))
                #expect(try stage.field("promotion", "p", ".status.commit") == forged)
                return
            }
            // What it asked for is there now, by somebody else's hand: it ends without a commit of its own.
            try await stage.eventually("the promotion has nothing left to do") {
                try stage.field("promotion", "p", ".status.reason") == "AlreadyLive"
            }
            #expect(try stage.field("promotion", "p", ".status.commit") == "")
        }
    }
}
