import Testing

/// Notifications of a live operator to receivers that take them, fail, hang, flood and lie.
@Suite(World.isThere, .serialized) struct NotificationIntegrationTests {
    private static let kinds = ["fine", "fails", "hangs", "floods", "sends-on", "rejects"]

    private static let recipients =
        "  notifications:\n"
        + kinds.map { "  - {name: \($0), type: Webhook, secretRef: {name: \($0)}}\n" }.joined()
        + "  - {name: chat, type: Slack, secretRef: {name: chat}, events: [PromotionSucceeded, RolledBack]}\n"

    private func with(_ body: (Stage, Receiver) async throws -> Void) async throws {
        try await Stage.with { stage in
            let receiver = try await Receiver(stage)
            try stage.apply(receiver.secrets(Self.kinds + ["chat"]))
            try await stage.applyEnvironments(["dev": stage.environment("dev", more: Self.recipients)])
            try await body(stage, receiver)
        }
    }

    private func breakApp(_ stage: Stage) throws {
        try stage.write(
            "apps/web/base/deployment.yaml",
            Stage.deployment("web", replicas: 0).replacing("replicas: 0", with: "replicas: -1"))
        try stage.commit("A Deployment that no server takes")
    }

    @Test func `trouble is told once to each, and who hangs, fails or lies holds up nobody`() async throws {
        try await with { stage, receiver in
            try breakApp(stage)
            try await stage.eventually("all are told") {
                try Self.kinds.allSatisfy { try !receiver.requests(to: $0).isEmpty }
            }
            let told = try #require(try receiver.requests(to: "fine").first)
            #expect(told.signature == "good")
            #expect(told.body.event == "SyncFailed")
            #expect(told.body.apps?.map(\.name) == ["web"])
            let broken = try stage.git("rev-parse", "HEAD")
            #expect(told.body.commit == broken)
            #expect(told.traceparent.hasPrefix("00-\(broken.prefix(32))-"))

            // Another process knows that it was told.
            stage.sluice.terminate()
            try stage.restart()
            try stage.kubectl("annotate", "environment", "dev", "sluice.dev/reconcile-at=restarted")
            try await stage.eventually("the new process has looked") {
                try stage.field("environment", "dev", ".status.lastHandledReconcileAt") == "restarted"
            }
            try stage.write("apps/web/base/deployment.yaml", Stage.deployment("web", replicas: 0))
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("And back, with v2")
            let mended = try stage.git("rev-parse", "HEAD")
            try await stage.untilPhase("environment", "dev", "Ready")
            try await stage.eventually("the end of it is told") {
                try receiver.events(at: "fine") == ["SyncFailed", "Recovered"]
            }
            try await stage.eventually("who failed is told again and again, until it takes it") {
                try receiver.events(at: "fails").contains("Recovered")
            }
            // However often it was tried: one letter, one id.
            let tries = try receiver.requests(to: "fails").filter { $0.body.event == "Recovered" }
            #expect(Set(tries.map(\.id)).count == 1)
            #expect(try receiver.requests(to: "stolen").isEmpty)
            try await stage.eventually("the environment says who cannot be told") {
                try stage.condition("environment", "dev", "Notifying") == "False"
            }
            // What they get counts nowhere: reconciles go on while one of them hangs.
            #expect(try slowReconciles(stage) == 0)
            try await stage.eventually("deliveries are counted") {
                try stage.sluice.metric("sluice_notifications_total") >= 3
            }
            // Read by the operator's own binary, which has other parts of Foundation than the tests.
            #expect(try stage.sluice.metric("sluice_git_mirror_bytes") > 1000)
            try checkLeaks(stage)
            try await followTrace(stage, mended)
        }
    }

    /// How many reconciles took five seconds or more: less than a receiver that hangs is waited for.
    private func slowReconciles(_ stage: Stage) throws -> Int {
        func value(_ name: String, _ label: String) throws -> Double {
            let line = try stage.sluice.metrics().split(separator: "\n").first {
                $0.hasPrefix("sluice_reconcile_duration_seconds_\(name){") && $0.contains("controller=\"environment\"")
                    && $0.contains(label)
            }
            return try #require(line?.split(separator: " ").last.flatMap { Double($0) })
        }
        return Int(try value("count", "") - value("bucket", "le=\"5\""))
    }

    /// Looks for the addresses and the key wherever people look.
    private func checkLeaks(_ stage: Stage) throws {
        let places = [
            Files.read(stage.sluice.log), Files.read("\(stage.folder)/operator-0.log"),
            try stage.kubectl("get", "environments,promotions,events", "-o", "yaml"), try stage.sluice.metrics(),
        ]
        for place in places { #expect(!place.contains("s3cr3t")) }
        #expect(places[2].contains("NotificationFailed"))
        #expect(try stage.condition("environment", "dev", "Notifying", "message").contains("http://127.0.0.1:"))
    }

    /// One trace leads from a commit's fetch to its health, and to the events of it.
    private func followTrace(_ stage: Stage, _ commit: String) async throws {
        let trace = "\"trace_id\":\"\(commit.prefix(32))\""
        let wanted = ["Commit was fetched", "Commit was rendered", "Commit was applied", "Commit is healthy"]
        try await stage.eventually("the log tells the commit's whole way") {
            let lines = Files.read(stage.sluice.log).split(separator: "\n").filter { $0.contains(trace) }
            return wanted.allSatisfy { step in lines.contains { $0.contains("\"msg\":\"\(step)\"") } }
        }
        try await stage.eventually("an event names the trace") {
            try stage.kubectl("get", "events", "-o", "jsonpath={.items[*].metadata.annotations}")
                .contains("\"sluice.dev/trace-id\":\"\(commit.prefix(32))\"")
        }
    }

    @Test func `a promotion is told from its beginning to its end, to chats in their words`() async throws {
        try await with { stage, receiver in
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try await stage.eventually("its end is told") {
                try receiver.events(at: "fine") == ["PromotionStarted", "PromotionSucceeded"]
            }
            try await stage.eventually("the chat hears of the end alone") {
                try receiver.requests(to: "chat").map(\.body.text) == ["dev: Promotion p: succeeded"]
            }
            try stage.apply(
                stage.rollback("undo", of: "dev", target: "{promotion: p}", more: "  pin: false\n  veto: false"))
            try await stage.untilPhase("rollback", "undo", "Succeeded")
            try await stage.eventually("the rollback is told") {
                try receiver.events(at: "fine").last == "RolledBack"
            }
            try await stage.eventually("the chat hears of it too") {
                try receiver.requests(to: "chat").last?.body.text == "dev: Rollback undo: rolled back"
            }
        }
    }

    @Test(arguments: ["GitHub", "GitLab", "Gitea"])
    func `a forge is told how each commit fares`(kind: String) async throws {
        try await Stage.with { stage in
            let forge = try await Forge(kind, stage)
            try await stage.applyEnvironments([
                "dev": stage.environment(
                    "dev", push: "{mode: Direct, pullRequest: {provider: \(kind), apiURL: \"\(forge.url)\"}}",
                    more: "  notifications: [{name: commits, type: CommitStatus}]")
            ])
            func last(_ commit: String) throws -> Forge.Status? { try forge.statuses.last { $0.commit == commit } }
            let first = try stage.git("rev-parse", "HEAD")
            try await stage.eventually("the first commit is good") { try last(first)?.state == "success" }
            #expect(try last(first)?.context == "sluice/\(stage.namespace)/dev")
            try breakApp(stage)
            let broken = try stage.git("rev-parse", "HEAD")
            try await stage.eventually("the second is not") {
                try ["failure", "failed"].contains(last(broken)?.state ?? "")
            }
            #expect(try last(broken)?.description.hasSuffix(": web") == true)
            #expect(try last(first)?.state == "success")
        }
    }
}
