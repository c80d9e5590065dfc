import Testing

/// What the operator stands on goes away and comes back; it recovers by itself, and asks no more than it must.
@Suite(World.clusterCanBeStopped, .serialized) struct FaultIntegrationTests {
    private static let requests = "sluice_api_requests_total"

    /// The most requests that an outage and what follows may cost: a storm makes thousands.
    private static let storm = 400

    private func promotes(_ stage: Stage, _ name: String, _ tag: String) async throws {
        try stage.apply(stage.promotion(name, into: "dev", item: stage.image("web", tag: tag)))
        try await stage.untilPhase("promotion", name, "Succeeded", within: .seconds(60))
        #expect(try stage.image("web", "dev") == "company/web:\(tag)")
        #expect(try stage.commits(with: "Promotion: \(stage.namespace)/\(name)").count == 1)
    }

    private func bounded(_ stage: Stage, since before: Int, _ what: String) throws {
        let spent = try stage.sluice.metric(Self.requests) - before
        print("\(what): \(spent) requests to the API server until all was well again")
        #expect((1..<Self.storm).contains(spent))
        #expect(stage.sluice.isRunning)
    }

    @Test(arguments: ["apiserver", "etcd"])
    func `a control plane that is killed and comes back`(component: String) async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let before = try stage.sluice.metric(Self.requests)
            try World.cluster("stop", component, "--kill")
            do {
                // Meanwhile somebody commits.
                try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
                try stage.commit("web v2")
                try await Task.sleep(for: .seconds(4))
            } catch {
                try World.cluster("start", component)
                throw error
            }
            try World.cluster("start", component)
            try await stage.eventually("the commit is live", within: .seconds(60)) {
                (try? stage.image("web", "dev")) == "company/web:v2"
            }
            try await promotes(stage, "p", "v3")
            try bounded(stage, since: before, component)
        }
    }

    @Test func `a Git server that stops and comes back`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let before = try stage.sluice.metric(Self.requests)
            try World.hack("git-server", "stop", "--name", World.gitServer)
            do {
                try await stage.eventually("the environment says that its source cannot be read") {
                    try stage.condition("environment", "dev", "SourceReady") == "False"
                }
                // What was synced stays healed meanwhile.
                try stage.kubectl("-n", "\(stage.namespace)-dev", "delete", "configmap", "web-settings")
                try await stage.eventually("the deleted object is back") {
                    try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "blue"
                }
                try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
                try await Task.sleep(for: .seconds(2))
            } catch {
                try World.hack("git-server", "start", "--name", World.gitServer)
                throw error
            }
            try World.hack("git-server", "start", "--name", World.gitServer)
            try await promotes(stage, "p", "v2")
            try await stage.untilPhase("environment", "dev", "Ready")
            try bounded(stage, since: before, "git server")
        }
    }
}
