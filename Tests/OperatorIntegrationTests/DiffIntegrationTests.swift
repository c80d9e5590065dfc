import FoundationEssentials
import Glibc
import Testing

/// `sluice diff` as people and CI run it.
@Suite(World.isThere, .serialized) struct DiffIntegrationTests {
    private struct Answer {
        let status: Int32
        let text: String
    }

    private func diff(_ stage: Stage, _ arguments: String...) throws -> Answer { try diff(stage, arguments) }

    private func diff(_ stage: Stage, _ arguments: [String]) throws -> Answer {
        let output = "\(stage.folder)/diff-\(UInt32.random(in: .min ... .max))"
        let status = Command.wait(
            for: try Command.start(World.binary, ["diff"] + arguments, output: output))
        return Answer(status: status >> 8 & 0xFF, text: Files.read(output))
    }

    private func overlay(_ tag: String) -> String {
        Stage.overlay("web", tag) + "\nsecretGenerator:\n- name: login\n  literals: [password=hunter2]"
    }

    @Test func `a difference is told with status 1, none with 0, and no secret in it`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let cluster = ["--kubeconfig", World.kubeconfig, "-n", stage.namespace]
            func against(_ arguments: String...) throws -> Answer { try diff(stage, ["dev"] + cluster + arguments) }
            let none = try against()
            #expect(none.status == 0, "\(none.text)")
            #expect(none.text == "no difference in 1 app\n")

            try stage.write("apps/web/overlays/dev/kustomization.yaml", overlay("v2"))
            let local = try against("--local", stage.work)
            #expect(local.status == 1)
            #expect(local.text.contains("app web\n"))
            #expect(local.text.contains("~ Deployment.apps \(stage.namespace)-dev/web\n"))
            #expect(local.text.contains("+ Secret \(stage.namespace)-dev/login-"))
            #expect(local.text.contains("<masked sha256:"))
            for secret in ["hunter2", "aHVudGVy", "\u{1B}["] { #expect(!local.text.contains(secret), "\(local.text)") }
            #expect(try against("--local", stage.work, "--colour", "always").text.contains("\u{1B}[33m~ Deployment"))
            let json = try against("--local", stage.work, "-o", "json")
            #expect(json.status == 1)
            #expect(json.text.contains(#""path": "spec.template.spec.containers[app].image""#), "\(json.text)")
            #expect(!json.text.contains("hunter2"))
            // Nothing was changed by all this, and what is pushed is still what is there.
            #expect(try against().status == 0)
            #expect(try against("--app", "none").status == 2)

            // Offline: the same directory before and now, and beside another.
            let directory = "\(stage.work)/apps/web/overlays/dev"
            let revisions = try diff(stage, "--from", "main", directory)
            #expect(revisions.status == 1)
            #expect(revisions.text.contains(":v1\""), "\(revisions.text)")
            #expect(!revisions.text.contains("hunter2"))
            #expect(try diff(stage, "--from", "main", "--to", "HEAD", directory).status == 0)
            let beside = try diff(stage, directory, "\(stage.work)/apps/web/overlays/staging")
            #expect(beside.status == 1)
            #expect(beside.text.contains("- Secret"))
        }
    }

    @Test func `the plan of a promotion is what its approvers see`() async throws {
        try await Stage.with { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.apply(
                stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2"), more: "  dryRun: true"))
            try await stage.untilPhase("promotion", "p", "Planned")
            let plan = try diff(stage, "--promotion", "p", "--kubeconfig", World.kubeconfig, "-n", stage.namespace)
            #expect(plan.status == 1, "\(plan.text)")
            #expect(plan.text.contains("~ Deployment.apps"))
            #expect(plan.text.contains("plan digest sha256:"))
        }
    }

    @Test func `bad usage is told with status 2`() async throws {
        try await Stage.with { stage in
            let nonsense = [
                [], ["a", "b", "c"], ["--promotion", "p", "dev"], ["--to", "main", "dev"], ["/nowhere", "/nowhere"],
            ]
            for arguments in nonsense {
                let answer = try diff(stage, arguments)
                #expect(answer.status == 2, "\(arguments): \(answer.text)")
            }
        }
    }
}
