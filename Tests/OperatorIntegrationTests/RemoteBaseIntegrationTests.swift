import FoundationEssentials
import Testing

/// Bases of other repositories: whose the operator's list names, at the commit that the overlay names, and no other.
@Suite(World.isThere, .serialized) struct RemoteBaseIntegrationTests {
    private struct Answer {
        let status: Int32
        let text: String
    }

    private func sluice(_ words: String..., flags: [String] = [], in folder: String) throws -> Answer {
        let output = "\(folder)/answer-\(UInt32.random(in: .min ... .max))"
        let status = Command.wait(for: try Command.start(World.binary, words + flags, output: output))
        return Answer(status: status >> 8 & 0xFF, text: Files.read(output))
    }

    @Test func `a build reads an allowed base as kustomize does, and refuses every other`() throws {
        let folder = "/tmp/sluice-bases-\(UInt32.random(in: .min ... .max))"
        let bases = try BaseRepository("public/bases", in: folder)
        defer {
            bases.remove()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let commit = try bases.commit(BaseRepository.files("blue"))
        try bases.push("HEAD:refs/tags/v1")
        let overlay = "\(folder)/overlay/kustomization.yaml"
        func write(_ ref: String) throws {
            try Files.write(
                """
                buildMetadata: [originAnnotations, transformerAnnotations]
                namePrefix: prod-
                resources:
                - \(bases.url)/app\(ref)
                components:
                - \(bases.url)//label?version=\(commit)&submodules=false

                """, to: overlay)
        }
        try write("?ref=\(commit)")
        let built = try sluice("build", "\(folder)/overlay", "--remote-base", bases.address, in: folder)
        #expect(built.status == 0, "\(built.text)")
        #expect(built.text.contains("name: prod-base-palette"), "\(built.text)")
        if let kustomize = World.variable("KUSTOMIZE") {
            #expect(try built.text == Command.run(kustomize, ["build", "\(folder)/overlay"]) + "\n")
        }
        let before = try sluice(
            "diff", "\(folder)/overlay", "\(folder)/overlay", "--remote-base", bases.address, in: folder)
        #expect(before.status == 0, "\(before.text)")

        let place = "overlay/kustomization.yaml:4: resources[0]: "
        for list in [[], ["--remote-base", bases.address + "-2"], ["--remote-base", "example.com"]] {
            let refused = try sluice("build", "\(folder)/overlay", flags: list, in: folder)
            #expect(refused.status == 1)
            #expect(refused.text.contains(place + bases.address), "\(refused.text)")
            #expect(refused.text.contains("--remote-base \(bases.address)"), "\(refused.text)")
        }
        // What a tag or a branch leads to is told and not taken.
        for ref in ["?ref=v1", "?ref=main", ""] {
            try write(ref)
            let refused = try sluice("build", "\(folder)/overlay", "--remote-base", bases.address, in: folder)
            #expect(refused.status == 1)
            #expect(refused.text.contains(place), "\(refused.text)")
            #expect(refused.text.contains("write ?ref=\(commit), which it leads to now"), "\(refused.text)")
        }
        #expect(try sluice("build", folder, "--remote-base", "https://github.com", in: folder).status == 2)
    }

    private func overlay(_ base: String, _ more: String = "") -> String {
        Stage.overlay("web", "v1").replacing("- ../../base", with: "- ../../base\n- \(base)") + more
    }

    @Test func `an environment reads a private base of its own server, once for each commit`() async throws {
        try await Stage.with(apps: ["web", "cart"]) { stage in
            let bases = try BaseRepository("e2e/bases", in: stage.folder)
            let others = try BaseRepository("public/others", in: stage.folder)
            defer {
                bases.remove()
                others.remove()
            }
            // Committed, and not yet on any branch.
            let blue = try bases.commit(BaseRepository.files("blue"), to: "refs/hidden/late")
            let foreign = try others.commit(BaseRepository.files("black"))
            try stage.restart(flags: ["--remote-base", bases.address])
            let file = "apps/web/overlays/dev/kustomization.yaml"
            try stage.write(file, overlay("\(bases.url)//app?ref=\(blue)"))
            try stage.commit("Build upon the company's base")
            try await stage.untilServed()
            try stage.apply(stage.environment("dev"))
            func color() throws -> String { try stage.field("configmap", "base-palette", ".data.color", in: "dev") }
            func message(_ app: String) throws -> String {
                try stage.field("environment", "dev", ".status.apps[?(@.name==\"\(app)\")].message")
            }
            try await stage.eventually("the missing commit is told") {
                try message("web").contains("cannot be fetched")
            }
            // It is taken once it is there, without a word from anybody.
            try bases.push("HEAD:main")
            try await stage.untilPhase("environment", "dev", "Ready")
            #expect(try color() == "blue")
            #expect(bases.downloads() == 1)

            // A promotion and a change of the overlay render it anew, and ask the other server nothing.
            try stage.apply(
                stage.promotion(
                    "web-v2", into: "dev", item: "{app: web, image: {name: company/web, newTag: v2}}"))
            try await stage.untilPhase("promotion", "web-v2", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v2")
            #expect(bases.downloads() == 1)

            // The branch moves, and nothing else does until somebody says so in the overlay.
            let green = try bases.commit(BaseRepository.files("green"))
            try stage.pull()
            try stage.write(
                "apps/web/base/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-settings}\ndata: {color: red}")
            try stage.commit("Change something else")
            try await stage.eventually("the change is there") {
                try stage.field("configmap", "web-settings", ".data.color", in: "dev") == "red"
            }
            #expect(try color() == "blue")
            try stage.write(file, Files.read("\(stage.work)/\(file)").replacing(blue, with: "main"))
            try stage.commit("Follow the branch")
            try await stage.eventually("the branch is refused") {
                try message("web").contains("write ?ref=\(green), which it leads to now")
            }
            #expect(try color() == "blue")
            try stage.write(file, Files.read("\(stage.work)/\(file)").replacing("ref=main", with: "ref=\(green)"))
            try stage.commit("Take the new commit")
            try await stage.eventually("the new commit is there") { try color() == "green" }
            #expect(bases.downloads() == 2)

            // What is not on the list holds up the app that names it, and no other.
            try stage.write("apps/cart/overlays/dev/kustomization.yaml", overlay("\(others.url)//app?ref=\(foreign)"))
            try stage.commit("Build upon somebody else's base")
            try await stage.eventually("the foreign base is refused") {
                try message("cart").contains(
                    "apps/cart/overlays/dev/kustomization.yaml:6: resources[1]: \(others.address)")
            }
            #expect(try message("cart").contains("--remote-base \(others.address)"))
            #expect(others.downloads() == 0)
            #expect(try stage.field("environment", "dev", ".status.apps[?(@.name==\"web\")].sync") == "Synced")
        }
    }
}
