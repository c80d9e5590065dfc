import FoundationEssentials
import Testing

/// Webhooks of a Git server, on an operator that hardly polls.
@Suite(World.isThere, .serialized) struct WebhookIntegrationTests {
    /// Whether a mirror of the operator's holds a commit as the last one that it fetched.
    private func isFetched(_ commit: String, _ stage: Stage) -> Bool {
        let mirrors = stage.folder + "/state/git"
        for mirror in (try? FileManager.default.contentsOfDirectory(atPath: mirrors)) ?? [] {
            let folder = "\(mirrors)/\(mirror)/1/refs/sluice/fetched"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where Files.read("\(folder)/\(name)").hasPrefix(commit) {
                return true
            }
        }
        return false
    }

    private func signature(_ payload: String) throws -> String {
        let code = try Command.run(
            "openssl", ["dgst", "-sha256", "-hmac", Stage.webhookSecret], input: payload)
        return "X-Hub-Signature-256: sha256=" + (code.split(separator: " ").last.map(String.init) ?? "")
    }

    /// Sends a delivery; returns the status of the answer.
    private func deliver(_ payload: String, _ header: String, to url: String) throws -> String {
        try Command.run(
            "curl",
            [
                "-sS", "--noproxy", "*", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}", "-H", header, "-H",
                "Content-Type: application/json", "--data-binary", payload, url,
            ])
    }

    private func webhookURL(_ sluice: OperatorProcess, _ stage: Stage) async throws -> String {
        try await stage.eventually("the receiver listens") { sluice.webhookURL != nil }
        return try #require(sluice.webhookURL)
    }

    @Test func `a commit is fetched within 200 ms of its webhook, and deployed`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev", interval: "1h")])
            let url = try await webhookURL(stage.sluice, stage)
            // Another form of the URL than the environment has.
            let payload = "{\"repository\":{\"ssh_url\":\"git@127.0.0.1:\(stage.repository)\"}}"
            let header = try signature(payload)
            var times: [Duration] = []
            for version in 2...8 {
                try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v\(version)"))
                let commit = try stage.commit("web v\(version)")
                let begun = ContinuousClock.now
                #expect(try deliver(payload, header, to: url) == "202")
                try await stage.eventually("commit \(version) is fetched", every: .milliseconds(2)) {
                    isFetched(commit, stage)
                }
                times.append(ContinuousClock.now - begun)
                try await stage.eventually("v\(version) runs") {
                    try stage.image("web", "dev") == "company/web:v\(version)"
                }
                // Two looks within a second are one too many for the bound to be about the first.
                try await Task.sleep(for: .milliseconds(1100))
            }
            let sorted = times.sorted()
            print("webhook to fetch: \(sorted.map { "\($0)" }.joined(separator: ", "))")
            #expect(sorted[sorted.count / 2] < .milliseconds(200))

            // Forged ones, and those for other repositories, bring nothing about.
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v9"))
            let unseen = try stage.commit("web v9")
            #expect(try deliver(payload, header + "0", to: url) == "401")
            #expect(try deliver(payload + " ", header, to: url) == "401")
            let other = #"{"repository":{"ssh_url":"git@127.0.0.1:e2e/other.git"}}"#
            #expect(try deliver(other, try signature(other), to: url) == "202")
            try await Task.sleep(for: .seconds(2))
            #expect(!isFetched(unseen, stage))
            #expect(try deliver(payload, header, to: url) == "202")
            try await stage.eventually("it is fetched at last") { isFetched(unseen, stage) }
        }
    }

    @Test func `a replica that does not lead passes the news on to the one that does`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev", interval: "1h")])
            try stage.restartAsReplica()
            try await stage.eventually("the first leads") { stage.sluice.shards == 1 }
            let second = try stage.replica("b")
            defer { second.kill() }
            let url = try await webhookURL(second, stage)
            try await stage.untilItFollows(second)
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("web v2")
            let payload = "{\"repository\":{\"clone_url\":\"\(stage.url)\"}}"
            #expect(try deliver(payload, try signature(payload), to: url) == "202")
            try await stage.eventually("v2 runs") { try stage.image("web", "dev") == "company/web:v2" }
            #expect(try stage.field("environment", "dev", ".status.lastHandledReconcileAt") != "")
        }
    }
}
