import FoundationEssentials
import Testing

/// The program as a person types it: what it prints, and the status that it ends with.
@Suite(.enabled(if: World.variable("BINARY") != nil, "SLUICE_TEST_BINARY: build first"))
struct CommandLineIntegrationTests {
    private struct Ending {
        let status: Int32
        let output: String
    }

    /// Runs `sluice` in a folder that holds these files.
    private func sluice(_ words: String..., among files: [String: String] = [:]) throws -> Ending {
        let folder = "/tmp/sluice-command-line-\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/work", withIntermediateDirectories: true)
        for (name, text) in files { try Files.write(text, to: "\(folder)/work/\(name)") }
        let pid = try Command.start(
            "env", ["--chdir=\(folder)/work", World.binary] + words, output: folder + "/out")
        return Ending(status: (Command.wait(for: pid) >> 8) & 0xFF, output: Files.read(folder + "/out"))
    }

    private static let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n"

    @Test func `a command that is not there is bad usage, and the others are named`() throws {
        let ending = try sluice("sync")
        #expect(ending.status == 2)
        #expect(ending.output.contains("there is no command sync; the commands are run, build, "))
    }

    @Test(arguments: [["build", "nowhere"], ["build", "file.yaml"], ["build", "--no-such-option"], ["validate"]])
    func `bad usage ends with 2`(words: [String]) throws {
        let file = ["file.yaml": Self.configMap]
        let ending =
            words.count == 1 ? try sluice(words[0], among: file) : try sluice(words[0], words[1], among: file)
        #expect(ending.status == 2, "\(ending.output)")
    }

    @Test func `a directory is rendered as YAML, or as a list in JSON`() throws {
        let files = ["app/settings.yaml": Self.configMap, "app/kustomization.yaml": "resources: [settings.yaml]\n"]
        let yaml = try sluice("build", "app", among: files)
        #expect(yaml.status == 0)
        #expect(yaml.output == "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: settings\n")
        let json = try sluice("build", "app", "-o", "json", among: files)
        #expect(json.status == 0)
        struct List: Decodable {
            struct Item: Decodable { let kind: String }
            let kind: String
            let items: [Item]
        }
        let list = try JSONDecoder().decode(List.self, from: Data(json.output.utf8))
        #expect(list.kind == "List" && list.items.map(\.kind) == ["ConfigMap"])
    }

    @Test func `a fault in a file is named from where one stands`() throws {
        let ending = try sluice(
            "build", "app", among: ["app/kustomization.yaml": "resources: []\nnamePrefx: x\n"])
        #expect(ending.status == 1)
        #expect(ending.output.hasPrefix("sluice: app/kustomization.yaml:2: namePrefx: "), "\(ending.output)")
    }

    @Test func `a directory is validated with all that is below it`() throws {
        let promotion =
            "apiVersion: sluice.dev/v1alpha1\nkind: Promotion\nmetadata: {name: p}\nspec: {enviroment: dev}\n"
        let ending = try sluice(
            "validate", "delivery",
            among: ["delivery/a/p.yaml": promotion, "delivery/b.yml": Self.configMap, "delivery/README.md": "# {"])
        #expect(ending.status == 1)
        #expect(ending.output.contains("delivery/a/p.yaml:4: "), "\(ending.output)")
        #expect(ending.output.contains("enviroment"), "\(ending.output)")
    }
}
