import FoundationEssentials
import Testing

/// The stories of promotions and rollbacks that are told nowhere else, from outside.
@Suite(World.isThere, .serialized) struct AcceptanceIntegrationTests {
    private func field(_ stage: Stage, _ name: String, _ path: String) throws -> String {
        try stage.field("promotion", name, path)
    }

    @Test
    func `of sixty promotions in a burst the newest of each app lands, the others say by whom they were replaced`()
        async throws
    {
        let apps = ["web", "api", "cart"]
        try await Stage.with(apps: apps) { stage in
            let more = "  verification: {health: {stableFor: 1s}}"
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            var burst: [String] = []
            // Those of one second go by their names: from 11 on, all have two digits.
            for round in 11...30 {
                for app in apps {
                    burst.append(
                        stage.promotion("\(app)-\(round)", into: "dev", item: stage.image(app, tag: "v1.\(round)")))
                }
            }
            try stage.apply(burst.joined(separator: "\n---\n"))
            for app in apps {
                try await stage.untilPhase("promotion", "\(app)-30", "Succeeded", within: .seconds(90))
                #expect(try stage.image(app, "dev") == "company/\(app):v1.30")
            }
            try await stage.eventually("all have ended") {
                try stage.kubectl("get", "promotions", "-o", "jsonpath={.items[*].status.phase}")
                    .split(separator: " ").allSatisfy { $0 == "Succeeded" || $0 == "Superseded" }
            }
            let told = try stage.kubectl(
                "get", "promotions", "-o",
                "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.supersededBy} {.status.commit}{\"\\n\"}{end}"
            ).split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: false).map(String.init) }
            #expect(told.count == 60)
            for line in told where line[1] == "Superseded" {
                #expect(line[2].split(separator: "-").first == line[0].split(separator: "-").first)
                #expect(line[3].isEmpty)
            }
            // No commit is lost and none is made twice: each that is named is on the branch, once.
            let committed = told.filter { !$0[3].isEmpty }
            for line in committed {
                let made = try Command.run(
                    "git",
                    [
                        "-C", stage.bare, "log", "--format=%H", "--grep=^Promotion: \(stage.namespace)/\(line[0])$",
                        "main",
                    ])
                #expect(made == line[3])
            }
            #expect(told.filter { $0[1] == "Superseded" }.count + committed.count == 60)
        }
    }

    @Test func `a set of twelve apps is one commit, and none where one of them cannot be rendered`() async throws {
        let apps = (1...12).map { "app\($0)" }
        try await Stage.with(apps: apps) { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            func train(_ name: String, _ tag: String) -> String {
                let items = apps.map { stage.image($0, tag: tag) }.joined(separator: "\n  - ")
                return stage.promotion(name, into: "dev", item: items)
            }
            try stage.apply(train("all", "v2"))
            try await stage.untilPhase("promotion", "all", "Succeeded", within: .seconds(60))
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/all").count == 1)
            for app in apps { #expect(try stage.image(app, "dev") == "company/\(app):v2") }

            try stage.pull()
            try stage.write("apps/app7/overlays/dev/kustomization.yaml", "resources: [missing.yaml]")
            try stage.commit("Break app7")
            try await stage.eventually("the environment has seen it") {
                try stage.condition("environment", "dev", "Synced", "reason") == "RenderFailed"
            }
            let tip = try Command.run("git", ["-C", stage.bare, "rev-parse", "main"])
            try stage.apply(train("none", "v3"))
            try await stage.untilPhase("promotion", "none", "Failed")
            #expect(try field(stage, "none", ".status.reason") == "RenderFailed")
            #expect(try field(stage, "none", ".status.message").contains("app7"))
            #expect(try Command.run("git", ["-C", stage.bare, "rev-parse", "main"]) == tip)
        }
    }

    @Test func `files go from one overlay to the next, byte for byte, with an image in the same commit`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"), "staging": stage.environment("staging"),
            ])
            try stage.write(
                "apps/web/overlays/dev/config/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}   # kept\ndata: {mode: fast}")
            try stage.write("apps/web/overlays/dev/only-dev.txt", "not for others")
            try stage.write(
                "apps/web/overlays/dev/kustomization.yaml",
                Stage.overlay("web", "v2").replacing("- ../../base", with: "- ../../base\n- config/settings.yaml"))
            try stage.commit("web v2 with settings")
            try await stage.eventually("dev has the settings") {
                try stage.field("configmap", "extra", ".data.mode", in: "dev") == "fast"
            }
            try stage.apply(
                stage.promotion(
                    "files", into: "staging", item: "{app: web, path: {from: dev, exclude: [only-dev.txt]}}"))
            try await stage.untilPhase("promotion", "files", "Succeeded")
            #expect(try stage.field("configmap", "extra", ".data.mode", in: "staging") == "fast")
            #expect(try stage.image("web", "staging") == "company/web:v2")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/files").count == 1)
            func tree(_ environment: String) throws -> String {
                try Command.run(
                    "git",
                    [
                        "-C", stage.bare, "ls-tree", "-r", "--format=%(objectname) %(path)",
                        "main:apps/web/overlays/\(environment)",
                    ])
            }
            let dev = try tree("dev").split(separator: "\n").filter { !$0.hasSuffix("only-dev.txt") }
            #expect(try tree("staging").split(separator: "\n") == dev)
            #expect(try field(stage, "files", ".status.plan.added") == "1")
            // What the files brought is listed, and would be stopped by a veto.
            #expect(try field(stage, "files", ".status.items[*].to").contains("v2"))
        }
    }

    @Test func `approvers see what they approve, and no secret`() async throws {
        try await Stage.with { stage in
            try stage.write(
                "apps/web/overlays/production/secret.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: first-password}")
            try stage.write(
                "apps/web/overlays/dev/secret.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: second-password}")
            for (name, tag) in [("production", "v1"), ("dev", "v2")] {
                try stage.write(
                    "apps/web/overlays/\(name)/kustomization.yaml",
                    Stage.overlay("web", tag).replacing("- ../../base", with: "- ../../base\n- secret.yaml"))
            }
            try stage.commit("Secrets")
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"),
                "production": stage.environment(
                    "production", more: "  approvals: {required: 1, sources: [AdmissionWebhook]}"),
            ])
            try stage.apply(stage.promotion("p", into: "production", item: "{app: web, path: {from: dev}}"))
            // This operator has no webhook, through which alone approvals may come: nobody can approve, all can look.
            try await stage.untilPhase("promotion", "p", "Gated")
            #expect(try field(stage, "p", ".status.message").contains("runs without its admission webhook"))
            try await stage.eventually("the plan is there") {
                try !stage.field("configmap", "p-plan", ".data.plan").isEmpty
            }
            let plan = try stage.field("configmap", "p-plan", ".data.plan")
            #expect(plan.contains("image: \"company/web:v2\""), "\(plan)")
            #expect(plan.contains("<masked sha256:") && !plan.contains("password"), "\(plan)")
            let digest = try field(stage, "p", ".status.planDigest")
            #expect(try stage.field("configmap", "p-plan", ".data.digest") == digest)
            #expect(try stage.field("configmap", "p-plan", ".metadata.ownerReferences[0].name") == "p")
            #expect(try field(stage, "p", ".status.plan.changed") == "2")
            let all = try stage.kubectl("get", "promotions,environments,events,configmaps", "-o", "yaml")
            #expect(!all.contains("-password"))
            #expect(!Files.read(stage.sluice.log).contains("-password"))
        }
    }

    @Test func `so many promotions fit into an opening, and the next one says when it may`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            let start = try Command.run("date", ["-u", "-d", "-10 minutes", "+%-M %-H"])
            let more = """
                  windows: {timeZone: UTC, allow: [{name: day, schedule: "\(start) * * *", duration: 23h}]}
                  promotion: {maxPerWindow: 1}
                """
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: more)])
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try stage.apply(stage.promotion("q", into: "dev", item: stage.image("api", tag: "v2")))
            try await stage.untilPhase("promotion", "q", "Gated")
            #expect(try field(stage, "q", ".status.reason") == "WindowFull")
            #expect(try !field(stage, "q", ".status.gates[?(@.name==\"Window\")].until").isEmpty)
            // Git counts, not the cluster: without the first one's object it is full as well.
            try stage.kubectl("delete", "promotion", "p")
            try stage.restart()
            try await Task.sleep(for: .seconds(3))
            #expect(try stage.phase("promotion", "q") == "Gated")
        }
    }

    @Test func `a rollback waits for approvals where they are asked for`() async throws {
        try await Stage.with { stage in
            let more = """
                  approvals: {required: 1, sources: [SignedCommit], signersRef: {name: allowed-signers}}
                  rollback: {approvals: Required}
                """
            try await stage.deliver(["production": stage.environment("production", more: more)])
            try stage.add(
                "p.yaml", stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")), by: "bob")
            try await stage.untilPhase("promotion", "p", "Gated")
            try stage.approve("p", by: "carol")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            let undo = stage.rollback("r", of: "production", target: "{promotion: p}")
            try stage.add("r.yaml", undo, by: "bob")
            try await stage.untilPhase("rollback", "r", "Gated")
            let digest = try stage.field("rollback", "r", ".status.planDigest")
            try stage.pull()
            try Command.run(
                World.binary,
                [
                    "approve", "--rollback", "-f", "\(stage.work)/delivery/r.yaml", "--user", "carol", "--plan-digest",
                    digest,
                ])
            try stage.commit("Approve the rollback", by: "carol")
            try await stage.untilPhase("rollback", "r", "Succeeded")
            let commits = try stage.commits(with: "Rollback: \(stage.namespace)/r")
            #expect(commits.count == 1)
            let message = try stage.message(of: try #require(commits.first))
            #expect(message.contains("Approved-By: carol") && message.contains("Requested-By: bob"))
            #expect(try stage.image("web", "production") == "company/web:v1")
        }
    }

    @Test func `a committed rollback outside the windows takes fifty services back in seconds`() async throws {
        let apps = (1...50).map { "s\($0)" }
        try await Stage.with(apps: apps) { stage in
            try await stage.deliver(["production": stage.environment("production")])
            let items = apps.map { stage.image($0, tag: "v2") }.joined(separator: "\n  - ")
            try stage.add("p.yaml", stage.promotion("bad", into: "production", item: items), by: "bob")
            try await stage.untilPhase("promotion", "bad", "Succeeded", within: .seconds(90))
            // Now nothing is open for the next eleven months.
            let month = try Command.run("date", ["-u", "-d", "-40 days", "+%-m"])
            let closed =
                "  windows: {timeZone: UTC, allow: [{name: far, schedule: \"0 0 1 \(month) *\", duration: 1h}]}"
            try stage.add("environment-production.yaml", stage.environment("production", more: closed), by: "alice")
            try await stage.eventually("the windows are shut") {
                try stage.field("environment", "production", ".status.window.open") == "false"
            }
            try stage.add("r.yaml", stage.rollback("r", of: "production", target: "{promotion: bad}"), by: "carol")
            let asked = ContinuousClock.now
            try await stage.eventually("the revert is pushed") {
                try !stage.commits(with: "Rollback: \(stage.namespace)/r").isEmpty
            }
            let pushed = ContinuousClock.now
            try await stage.eventually("all are back") {
                let images = try stage.kubectl(
                    "-n", "\(stage.namespace)-production", "get", "deployments", "-o",
                    "jsonpath={.items[*].spec.template.spec.containers[0].image}")
                return images.split(separator: " ").count { $0.hasSuffix(":v1") } == 50
            }
            let applied = ContinuousClock.now
            // The delivery folder is looked at every two seconds, give or take a tenth.
            print(
                "from the Rollback's commit to its revert: \(asked.duration(to: pushed)); to fifty Deployments: \(pushed.duration(to: applied))"
            )
            #expect(asked.duration(to: pushed) < .seconds(2.2 + 2))
            #expect(pushed.duration(to: applied) < .seconds(10))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            #expect(
                try stage.field("environment", "production", ".status.holds[*].app").split(separator: " ").count == 50)
            #expect(
                try stage.field("environment", "production", ".status.vetoes[*].version").split(separator: " ").count
                    == 50)
        }
    }

    @Test func `approvals in another's name, from another promotion or without a key count for nothing`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            let more = """
                  approvals: {required: 1, from: [{group: sre}], sources: [SignedCommit], signersRef: {name: allowed-signers}}
                """
            try await stage.deliver(["production": stage.environment("production", more: more)])
            for (name, app) in [("p", "api"), ("q", "web")] {
                let later = "  notBefore: \"2099-01-01T00:00:00Z\""
                let item = stage.image(app, tag: "v2")
                try stage.add(
                    "\(name).yaml", stage.promotion(name, into: "production", item: item, more: later), by: "bob")
            }
            try await stage.untilPhase("promotion", "p", "Gated")
            try await stage.untilPhase("promotion", "q", "Gated")
            func reason(_ user: String) throws -> String {
                try field(stage, "q", ".status.approvals.records[?(@.user==\"\(user)\")].invalidReason")
            }
            func judged(_ user: String, as wanted: String) async throws {
                try await stage.eventually("\(user)'s approval is \(wanted)") { try reason(user) == wanted }
            }
            let other = try field(stage, "p", ".status.planDigest")
            // Written by dave, in carol's name.
            try stage.pull()
            let digest = try field(stage, "q", ".status.planDigest")
            let file = "delivery/q.yaml"
            try stage.write(
                file,
                Files.read("\(stage.work)/\(file)")
                    + "  approvals:\n  - {user: carol, decision: Approve, planDigest: \"\(digest)\"}")
            try stage.commit("Approve as carol", by: "dave")
            try await judged("carol", as: "IdentityMismatch")
            // For another promotion's plan.
            try stage.approve("q", by: "dave", digest: other)
            try await judged("dave", as: "ApprovalStale")
            // By one who is in none of the groups.
            try stage.approve("q", by: "alice")
            try await judged("alice", as: "NotInFrom")
            // By the requester.
            try stage.approve("q", by: "bob")
            try await judged("bob", as: "SelfApproval")
            #expect(try field(stage, "q", ".status.approvals.valid") == "0")
            #expect(try stage.phase("promotion", "q") == "Gated")
            // Each with its evidence.
            let evidence = try field(stage, "q", ".status.approvals.records[*].evidence").split(separator: " ")
            #expect(evidence.count == 4 && evidence.allSatisfy { $0.count == 40 })
        }
    }

    @Test func `an approval that ran out gates the promotion again, and work starts by itself when the window opens`()
        async throws
    {
        try await Stage.with { stage in
            // It opens at the first full minute that is at least 60 s away. What is in Git already is synced before.
            let opening = (Int(Date().timeIntervalSince1970) + 60 + 59) / 60 * 60
            let opens = try Command.run("date", ["-u", "-d", "@\(opening)", "+%-M %-H"])
            let more = """
                  approvals:
                    required: 1
                    sources: [SignedCommit]
                    signersRef: {name: allowed-signers}
                    expiresAfter: 20s
                  windows:
                    timeZone: UTC
                    operations: [Promote]
                    allow: [{name: soon, schedule: "\(opens) * * *", duration: 10m}]
                """
            try await stage.deliver(["production": stage.environment("production", more: more)])
            try stage.add(
                "p.yaml", stage.promotion("p", into: "production", item: stage.image("web", tag: "v2")), by: "bob")
            try await stage.untilPhase("promotion", "p", "Gated")
            try stage.approve("p", by: "carol")
            try await stage.eventually("carol's approval counts") {
                try field(stage, "p", ".status.approvals.valid") == "1"
            }
            #expect(try field(stage, "p", ".status.reason") == "WindowClosed")
            // Long before the window could bring it to light.
            try await stage.eventually("it has run out") {
                try field(stage, "p", ".status.approvals.records[0].invalidReason") == "Expired"
            }
            #expect(try field(stage, "p", ".status.approvals.valid") == "0")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)
            // In time to be counted before the window opens, and late enough to count when it does.
            try await Task.sleep(for: .seconds(max(0, Double(opening) - 12 - Date().timeIntervalSince1970)))
            try stage.approve("p", by: "dave")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(Date().timeIntervalSince1970 >= Double(opening))
            let commits = try stage.commits(with: "Promotion: \(stage.namespace)/p")
            #expect(try stage.message(of: try #require(commits.first)).contains("Approved-By: dave"))
        }
    }
}
