import FoundationEssentials
import Glibc
import Testing

/// What people see of their environments on a terminal.
@Suite(World.isThere, .serialized) struct StatusIntegrationTests {
    private func status(_ stage: Stage, _ flags: String...) -> [String] {
        ["status", "--kubeconfig", World.kubeconfig, "-n", stage.namespace] + flags
    }

    private func withStages(_ body: (Stage) async throws -> Void) async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"),
                "staging": stage.environment("staging", more: "  upstream: {environments: [dev]}"),
                "production": stage.environment("production", more: "  upstream: {environments: [staging], soak: 1h}"),
            ])
            try await body(stage)
        }
    }

    @Test func `the tree shows each stage below the one that feeds it, with what is on its way`() async throws {
        try await withStages { stage in
            let revision = try stage.git("rev-parse", "--short=12", "HEAD")
            try stage.apply(stage.promotion("q", into: "production", item: stage.image("web", tag: "v2")))
            try await stage.untilPhase("promotion", "q", "Gated")
            let lines = try Command.run(World.binary, status(stage, "--tree")).split(separator: "\n").map(String.init)
            #expect(lines.count >= 4)
            #expect(lines.first == "dev  Ready  1/1 synced  1/1 healthy  Open  \(revision)")
            #expect(lines.contains("└─ staging  Ready  1/1 synced  1/1 healthy  Open  \(revision)"))
            #expect(lines.contains("   └─ production  Ready  1/1 synced  1/1 healthy  Open  \(revision)"))
            #expect(lines.contains { $0.hasPrefix("      * promotion q: Gated, ") })

            // Exit status 1 where something is not Ready; what is wrong is in the table.
            try stage.write("apps/web/overlays/dev/kustomization.yaml", "resources: [gone.yaml]")
            try stage.commit("A file that is not there")
            try await stage.untilPhase("environment", "dev", "Degraded")
            #expect(throws: Failure.self) { try Command.run(World.binary, status(stage, "--tree")) }
            let json = try Command.run(
                "/bin/sh", ["-c", "\"$@\" || true", "sh", World.binary] + status(stage, "-o", "json"))
            #expect(json.contains("\"trouble\""))
        }
    }

    @Test func `watched, it is printed anew when something changes`() async throws {
        try await withStages { stage in
            let out = "\(stage.folder)/watched"
            let pid = try Command.start(World.binary, status(stage, "--tree", "--watch"), output: out)
            defer {
                kill(pid, SIGTERM)
                Command.wait(for: pid)
            }
            let first = try stage.git("rev-parse", "--short=12", "HEAD")
            try await stage.eventually("the first picture") { Files.read(out).contains("dev  Ready  1/1 synced") }
            #expect(Files.read(out).contains(first))
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("v2 by hand")
            let second = try stage.git("rev-parse", "--short=12", "HEAD")
            try await stage.eventually("another picture") { Files.read(out).contains(second) }
        }
    }
}
