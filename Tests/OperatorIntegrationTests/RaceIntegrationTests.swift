import Testing

/// Others push at the same moment: what the operator pushes is made of what is there, and of nothing that was judged
/// before.
@Suite(World.isThere, .serialized) struct RaceIntegrationTests {
    private static let overlay = "apps/web/overlays/dev/kustomization.yaml"

    private func commits(_ stage: Stage, _ name: String) throws -> [String] {
        try stage.commits(with: "Promotion: \(stage.namespace)/\(name)")
    }

    @Test func `two promotions and a person push to one branch at once: all three land, each once`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"), "staging": stage.environment("staging"),
            ])
            try stage.holdPush("first")
            try stage.apply(
                stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")) + "\n---\n"
                    + stage.promotion("q", into: "staging", item: stage.image("web", tag: "v3")))
            try await stage.untilHeld("first")
            try stage.write("apps/api/overlays/dev/kustomization.yaml", Stage.overlay("api", "v9"))
            let human = try stage.commit("api v9", by: "alice")
            try stage.letPush("first", pass: true)
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try await stage.untilPhase("promotion", "q", "Succeeded")
            #expect(try commits(stage, "p").count == 1)
            #expect(try commits(stage, "q").count == 1)
            for line in ["web dev v2", "web staging v3", "api dev v9"] {
                let word = line.split(separator: " ").map(String.init)
                #expect(
                    try stage.file("apps/\(word[0])/overlays/\(word[1])/kustomization.yaml", at: "main")
                        == Stage.overlay(word[0], word[2]))
            }
            // Nothing of the person's was touched on the way.
            let first = try stage.git("-C", stage.bare, "rev-list", "--reverse", "\(human)..main")
                .split(separator: "\n").map(String.init)
            #expect(first.count == 2)
            #expect(try stage.git("-C", stage.bare, "rev-parse", "\(first[0])^") == human)
            for commit in first { #expect(try stage.changedFiles(of: commit).count == 1) }
            #expect(Files.read(stage.sluice.log).contains("Promotion is planned again"))
        }
    }

    @Test func `what a person changed at the last moment was not approved: nothing is pushed until it is`() async throws
    {
        try await Stage.with { stage in
            let more = "  approvals: {required: 1, sources: [SignedCommit], signersRef: {name: allowed-signers}}"
            try await stage.deliver(["dev": stage.environment("dev", more: more)])
            try stage.add("p.yaml", stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")), by: "bob")
            try await stage.untilPhase("promotion", "p", "Gated")
            try stage.holdPush("p")
            try stage.approve("p", by: "carol")
            try await stage.untilHeld("p")
            try stage.pull()
            try stage.write(Self.overlay, Stage.overlay("web", "v9"))
            let human = try stage.commit("web v9", by: "alice")
            try stage.letPush("p", pass: true)
            try await stage.eventually("the approval is stale") {
                try stage.field("promotion", "p", ".status.reason") == "ApprovalStale"
            }
            #expect(try commits(stage, "p").isEmpty)
            #expect(try stage.git("-C", stage.bare, "rev-parse", "main") == human)
            try stage.approve("p", by: "dave")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try commits(stage, "p").count == 1)
            #expect(try stage.field("promotion", "p", ".status.items[0].from") == "v9")
        }
    }

    @Test func `where a person took away what was to be changed, nothing is pushed, and it says so`() async throws {
        try await Stage.with(apps: ["web", "api"]) { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.holdPush("p")
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.untilHeld("p")
            try stage.git("rm", "-q", "-r", "apps/web/overlays/dev")
            let human = try stage.commit("No web in dev any more", by: "alice")
            try stage.letPush("p", pass: true)
            try await stage.untilPhase("promotion", "p", "Failed")
            #expect(try stage.field("promotion", "p", ".status.message").contains("web"))
            #expect(try commits(stage, "p").isEmpty)
            #expect(try stage.git("-C", stage.bare, "rev-parse", "main") == human)
        }
    }
}
