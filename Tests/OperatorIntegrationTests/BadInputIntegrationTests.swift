import Testing

/// Each mistake is named where it is; nothing else suffers from it.
@Suite(World.isThere, .serialized) struct BadInputIntegrationTests {
    private struct Mistake {
        let name: String
        /// The condition that tells it.
        let condition: String
        /// What its message must hold.
        let says: [String]
        let yaml: String
    }

    private func mistakes(_ stage: Stage) -> [Mistake] {
        let path = "apps/{app}/overlays/dev"
        func environment(_ name: String, more: String = "") -> String {
            stage.environment(name, path: path, more: more)
        }
        return [
            Mistake(
                name: "no-branch", condition: "SourceReady", says: ["nowhere"],
                yaml: stage.environment("no-branch", path: path, branch: "nowhere")),
            Mistake(
                name: "no-secret", condition: "Stalled", says: ["spec.source.credentialsRef", "absent"],
                yaml: stage.environment("no-secret", path: path, credentials: "absent")),
            Mistake(
                name: "no-entry", condition: "SourceReady", says: ["e2e/", "credentials"],
                yaml: stage.environment("no-entry", path: path, credentials: "wrong")),
            Mistake(
                name: "no-path", condition: "SourceReady", says: ["spec.source.path", "services"],
                yaml: stage.environment("no-path", path: "services/{app}/overlays/dev")),
            Mistake(
                name: "no-overlay", condition: "SourceReady",
                says: ["spec.source.path", "apps/{app}/overlays/nothing"],
                yaml: stage.environment("no-overlay", path: "apps/{app}/overlays/nothing")),
            Mistake(
                name: "no-cron", condition: "Stalled", says: ["spec.windows.allow[0].schedule"],
                yaml: environment(
                    "no-cron",
                    more: "  windows: {allow: [{name: w, schedule: \"61 10 * * *\", duration: 1h}]}")),
            Mistake(
                name: "no-zone", condition: "Stalled", says: ["spec.windows.timeZone", "Nowhere/Land"],
                yaml: environment("no-zone", more: "  windows: {timeZone: Nowhere/Land}")),
        ]
    }

    @Test func `a mistake in an environment is told by its condition`() async throws {
        try await Stage.with { stage in
            try stage.secret("wrong", password: "not-this-one")
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let mistakes = mistakes(stage)
            for mistake in mistakes { try stage.apply(mistake.yaml) }
            for mistake in mistakes {
                let bad = mistake.condition == "Stalled" ? "True" : "False"
                try await stage.eventually("\(mistake.name) is told by \(mistake.condition)") {
                    let message = try stage.condition("environment", mistake.name, mistake.condition, "message")
                    return try stage.condition("environment", mistake.name, mistake.condition) == bad
                        && !message.isEmpty && mistake.says.allSatisfy { message.contains($0) }
                }
                let message = try stage.condition("environment", mistake.name, mistake.condition, "message")
                print("\(mistake.name): \(message)")
                #expect(!message.contains("not-this-one"))
            }
            #expect(try stage.phase("environment", "dev") == "Ready")
            #expect(stage.sluice.isRunning)
        }
    }

    @Test func `a mistake in one app leaves the others alone`() async throws {
        try await Stage.with(apps: ["broken", "missing", "refused", "outside", "web"]) { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.write("apps/broken/overlays/dev/kustomization.yaml", "resources: [\n  - : :")
            try stage.write("apps/missing/overlays/dev/kustomization.yaml", "resources: [../../nowhere]")
            try stage.write(
                "apps/refused/base/settings.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: refused}\nspec: {ports: [{port: 123456}]}")
            try stage.write(
                "apps/outside/base/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: intruder, namespace: default}")
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("Four mistakes and one change")
            try await stage.eventually("the good change is live") {
                try stage.image("web", "dev") == "company/web:v2"
            }
            let says = [
                "broken": ["apps/broken/overlays/dev/kustomization.yaml"],
                "missing": ["apps/missing/overlays/dev/kustomization.yaml", "nowhere"], "refused": ["refused", "port"],
                "outside": ["default", "allowedNamespaces"],
            ]
            for (app, words) in says {
                let path = ".status.apps[?(@.name==\"\(app)\")]"
                try await stage.eventually("\(app) tells its mistake") {
                    let message = try stage.field("environment", "dev", path + ".message")
                    return words.allSatisfy { message.contains($0) }
                }
                print("\(app): \(try stage.field("environment", "dev", path + ".message"))")
                #expect(try stage.field("environment", "dev", path + ".sync") == "OutOfSync")
                // What ran before still runs.
                #expect(try stage.image(app, "dev") == "company/\(app):v1")
            }
            #expect(try stage.field("environment", "dev", ".status.apps[?(@.name==\"web\")].sync") == "Synced")
            #expect(try stage.condition("environment", "dev", "Ready") == "False")
        }
    }

    @Test func `a mistyped path or branch takes nothing away from the cluster`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"), "staging": stage.environment("staging"),
            ])
            let uid = try stage.field("deployment", "web", ".metadata.uid", in: "dev")
            let mistakes = [
                stage.environment("dev", path: "services/{app}/overlays/dev"),
                stage.environment("dev", path: "apps/{app}/overlays/nothing"),
                stage.environment("dev", branch: "nowhere"),
            ]
            for mistake in mistakes {
                try stage.apply(mistake)
                try await stage.eventually("the mistake is told") {
                    try stage.condition("environment", "dev", "SourceReady") == "False"
                }
                try stage.apply(stage.environment("dev"))
                try await stage.untilPhase("environment", "dev", "Ready")
                #expect(try stage.field("deployment", "web", ".metadata.uid", in: "dev") == uid)
            }
            #expect(try stage.phase("environment", "staging") == "Ready")
        }
    }
}
