import Testing

/// What an Environment does about changes by hand, as its spec says, and what its status tells of it.
@Suite(World.isThere, .serialized) struct HealingIntegrationTests {
    private func replicas(_ stage: Stage) throws -> String {
        try stage.field("deployment", "web", ".spec.replicas", in: "dev")
    }

    private func scale(_ stage: Stage, to replicas: Int) throws {
        try stage.kubectl("-n", "\(stage.namespace)-dev", "scale", "deployment/web", "--replicas=\(replicas)")
    }

    private func message(_ stage: Stage) throws -> String {
        try stage.field("environment", "dev", ".status.apps[?(@.name==\"web\")].message")
    }

    private func release(_ stage: Stage, _ tag: String) async throws {
        try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", tag))
        let commit = try stage.commit("web \(tag)")
        try await stage.eventually("the commit is seen") {
            try stage.field("environment", "dev", ".status.revision.observed") == commit
        }
    }

    @Test func `while its window is shut, drift goes back to the last synced revision and to no newer one`()
        async throws
    {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let freeze = "{name: always, start: \"2020-01-01T00:00\", end: \"2099-01-01T00:00\", reason: test}"
            try stage.apply(stage.environment("dev", more: "  windows: {operations: [Sync], freezes: [\(freeze)]}"))
            let old = try stage.image("web", "dev")
            try await release(stage, "v2")
            try scale(stage, to: 3)
            try await stage.eventually("it is scaled back") { try replicas(stage) == "0" }
            #expect(try stage.image("web", "dev") == old)
            try await stage.eventually("the status tells what waits") { try message(stage).contains("waits") }
            try stage.apply(stage.environment("dev"))
            try await stage.eventually("the new version comes once the window is open") {
                try stage.image("web", "dev").hasSuffix(":v2")
            }
        }
    }

    @Test func `without selfHeal drift is told with its field and left, after a restart too, until the next commit`()
        async throws
    {
        try await Stage.with { stage in
            let environment = stage.environment("dev", more: "  sync: {selfHeal: false}")
            try await stage.applyEnvironments(["dev": environment])
            try scale(stage, to: 3)
            try await stage.eventually("the drift is told") { try message(stage).contains("spec.replicas") }
            let told = try message(stage)
            #expect(!told.contains("kube-controller-manager"))
            #expect(try stage.condition("environment", "dev", "Synced") == "False")
            try stage.restart()
            try await stage.untilServed()
            try await Task.sleep(for: .seconds(3))
            #expect(try replicas(stage) == "3")
            #expect(try message(stage).contains("spec.replicas"))
            try await release(stage, "v2")
            try await stage.eventually("the commit is synced") { try replicas(stage) == "0" }
            try await stage.untilPhase("environment", "dev", "Ready")
        }
    }

    @Test func `who fights is told with the field, and when it goes on`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            var told = ""
            try await stage.eventually("the fight is told", within: .seconds(60)) {
                if try replicas(stage) == "0" { try scale(stage, to: 3) }
                told = try stage.condition("environment", "dev", "Contested", "message")
                return !told.isEmpty
            }
            #expect(told.contains("spec.replicas"))
            #expect(told.contains("times in a row"))
            #expect(!told.contains("kube-controller-manager"))
        }
    }

    @Test func `an environment that is deleted with Prune takes its objects along, and else leaves them`() async throws
    {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev", more: "  deletionPolicy: Prune"),
                "staging": stage.environment("staging"),
            ])
            try stage.kubectl("delete", "environment", "dev", "staging", "--timeout=60s")
            #expect(try stage.field("deployment", "web", ".metadata.name", in: "dev") == "")
            #expect(try stage.field("deployment", "web", ".metadata.name", in: "staging") == "web")
        }
    }

    @Test func `another cluster is reached by the kubeconfig of a Secret, and a new one is taken at once`() async throws
    {
        try await Stage.with { stage in
            func deliver(_ kubeconfig: String) throws {
                try stage.kubectl("delete", "secret", "other", "--ignore-not-found")
                try stage.kubectl(
                    ["create", "secret", "generic", "other", "--from-file=kubeconfig=/dev/stdin"], input: kubeconfig)
            }
            let kubeconfig = try stage.kubectl("config", "view", "--raw", "--flatten")
            try deliver(kubeconfig)
            let environment = stage.environment("dev").split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0 == "  destination:" ? "\($0)\n    kubeconfigRef: {name: other}" : String($0) }
                .joined(separator: "\n")
            try await stage.applyEnvironments(["dev": environment])
            #expect(try stage.image("web", "dev").hasSuffix(":v1"))
            try deliver(
                kubeconfig.split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { !$0.contains("certificate-authority-data") }
                    .map { $0.contains("server:") ? "\($0)\n    insecure-skip-tls-verify: true" : String($0) }
                    .joined(separator: "\n"))
            try await stage.eventually("it is refused") {
                try stage.condition("environment", "dev", "Synced", "message").contains("insecure-skip-tls-verify")
            }
            try deliver(kubeconfig)
            try await stage.untilPhase("environment", "dev", "Ready")
        }
    }

    @Test func `orphans are warned of where the spec asks for it`() async throws {
        try await Stage.with { stage in
            let environment = stage.environment("dev").split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0 == "  destination:" ? "\($0)\n    orphans: Warn" : String($0) }.joined(separator: "\n")
            try await stage.applyEnvironments(["dev": environment])
            #expect(try stage.condition("environment", "dev", "OrphansFound") == "False")
            try stage.kubectl("-n", "\(stage.namespace)-dev", "create", "configmap", "stray")
            // A commit changes what is there; else it is looked at every few minutes.
            try stage.writeApp("extra")
            try stage.commit("One more app")
            try await stage.eventually("the orphan is told") {
                try stage.condition("environment", "dev", "OrphansFound", "message").contains("/stray")
            }
            #expect(try stage.phase("environment", "dev") != "Degraded")
        }
    }
}
