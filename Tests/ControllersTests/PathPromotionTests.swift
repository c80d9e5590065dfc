import Core
import KubernetesModel
import Kustomize
import Policy
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git

/// A repository in memory with staging ahead of production.
@Suite("Path promotion")
struct PathPromotionTests {
    private static func kustomization(_ tag: String, _ resources: String) -> String {
        "resources: [\(resources)]\nimages:\n- name: company/cart\n  newTag: \(tag)\n"
    }

    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: cart}
        spec:
          template:
            spec:
              containers: [{name: app, image: company/cart}]
        """

    private static func settings(_ color: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: \(color)}\n"
    }

    private var tree: MemoryFileTree {
        MemoryFileTree([
            "apps/cart/base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "apps/cart/base/deployment.yaml": Self.deployment,
            "apps/cart/overlays/staging/kustomization.yaml": Self.kustomization(
                "v2", "../../base, config/settings.yaml"),
            "apps/cart/overlays/staging/config/settings.yaml": Self.settings("green"),
            "apps/cart/overlays/staging/replicas.yaml": "staging has one\n",
            "apps/cart/overlays/production/kustomization.yaml": Self.kustomization(
                "v1", "../../base, config/settings.yaml, config/old.yaml"),
            "apps/cart/overlays/production/config/settings.yaml": Self.settings("blue"),
            "apps/cart/overlays/production/config/old.yaml": Self.settings("old").replacing("settings", with: "old"),
            "apps/cart/overlays/production/replicas.yaml": "production has three\n",
        ])
    }

    private func resolve(
        _ items: [PromotionSpec.Item], in tree: MemoryFileTree? = nil, health: HealthState = .healthy
    ) throws -> Change {
        let tree = tree ?? self.tree
        var story = AutomaticStory()
        story.staging.status.apps = [story.app("company/cart:v2", since: story.now, health: health)]
        let folder = try FolderSnapshot(of: "apps/cart/overlays/staging", in: tree, wants: { _ in true })
        let resolver = ChangeResolver(
            environment: story.production, environments: ["staging": story.staging],
            folders: ["staging": ["cart": folder]])
        let base = try #require(CommitID(hex: String(repeating: "a", count: 40)))
        return try resolver.resolve(
            PromotionSpec(environment: "production", items: items), in: tree, base: base,
            cache: RenderCache(capacity: 1 << 20))
    }

    private func copy(_ include: [String] = [], _ exclude: [String] = []) -> [PromotionSpec.Item] {
        [.init(app: "cart", path: .init(from: "staging", include: include, exclude: exclude))]
    }

    /// As `tree`, but production does not build on the file that upstream lacks.
    private var loose: MemoryFileTree {
        var tree = tree
        tree["apps/cart/overlays/production/kustomization.yaml"] = Array(
            Self.kustomization("v1", "../../base, config/settings.yaml").utf8)
        return tree
    }

    @Test("copies a folder byte for byte, and takes away what is not there upstream")
    func folder() throws {
        let change = try resolve(
            copy(["config/"]) + [.init(app: "cart", image: .init(name: "company/cart", newTag: "v2"))], in: loose)
        #expect(
            change.edits["apps/cart/overlays/production/config/settings.yaml"].map {
                String(decoding: $0, as: UTF8.self)
            }
                == Self.settings("green"))
        #expect(change.removals == ["apps/cart/overlays/production/config/old.yaml"])
    }

    @Test("copies everything but what is excluded, versions included, and lists them")
    func everything() throws {
        let change = try resolve(copy([], ["replicas.yaml"]))
        #expect(
            Set(change.edits.keys) == [
                "apps/cart/overlays/production/kustomization.yaml",
                "apps/cart/overlays/production/config/settings.yaml",
            ])
        #expect(change.removals == ["apps/cart/overlays/production/config/old.yaml"])
        #expect(change.items.map(\.image) == ["", "company/cart"])
        #expect(change.items.last?.from == "v1")
        #expect(change.items.last?.to == "v2")
        #expect(change.apps == ["cart"])
        #expect(change.diff.removed == 1)
        #expect(change.diff.changed == 2)
        #expect(change.diff.text.contains("green"))
        // A vetoed version does not slip in with the files.
        #expect(CandidateVersion.versions(of: change.items).contains { $0.matches("v2") })
    }

    @Test("files and an image of the same app are one change, the image on top of the files")
    func both() throws {
        let change = try resolve(
            copy([], ["replicas.yaml"]) + [.init(app: "cart", image: .init(name: "company/cart", newTag: "v3"))])
        let text = String(
            decoding: change.edits["apps/cart/overlays/production/kustomization.yaml"] ?? [], as: UTF8.self)
        #expect(text == Self.kustomization("v3", "../../base, config/settings.yaml"))
        #expect(change.items.filter { !$0.image.isEmpty }.map(\.to) == ["v3"])
    }

    @Test("is nothing where the files are the same, and the same plan has the same digest")
    func same() throws {
        var tree = loose
        tree["apps/cart/overlays/production/config/settings.yaml"] = Array(Self.settings("green").utf8)
        tree["apps/cart/overlays/production/config/old.yaml"] = nil
        let change = try resolve(copy(["config"]), in: tree)
        #expect(change.isEmpty)
        #expect(change.items.map(\.noop) == [true])
        #expect(change.apps.isEmpty)
        #expect(try resolve(copy()).digest == resolve(copy()).digest)
        #expect(try resolve(copy()).digest != resolve(copy([], ["replicas.yaml"])).digest)
    }

    @Test("is refused where a file that goes is still built on")
    func needed() throws {
        #expect { try resolve(copy(["config/"])) } throws: { "\($0)".contains("resources[2]") }
    }

    @Test("waits while upstream is ill, and refuses what cannot be copied byte for byte")
    func refused() throws {
        #expect(try resolve(copy(), health: .degraded).holdups.map(\.reason) == [.upstreamUnhealthy])
        var tree = tree
        tree.link("apps/cart/overlays/staging/config/link.yaml", to: "settings.yaml")
        #expect { try resolve(copy(), in: tree) } throws: { ($0 as? ChangeError)?.reason == "NotCopied" }
        _ = try resolve(copy([], ["config/link.yaml"]), in: tree)
    }

    @Test(
        "selects paths as the documentation says",
        arguments: [
            ([], ["replicas.yaml"], ["config/a.yaml", "configs"]),
            (["config/"], [], ["config/a.yaml"]),
            (["config"], ["config/a.yaml"], []),
            (["./config/a.yaml", "replicas.yaml"], [], ["config/a.yaml", "replicas.yaml"]),
            (["./"], ["config"], ["replicas.yaml", "configs"]),
        ] as [([String], [String], [String])])
    func selection(include: [String], exclude: [String], chosen: [String]) {
        let selection = PathSelection(.init(from: "staging", include: include, exclude: exclude))
        #expect(["config/a.yaml", "replicas.yaml", "configs"].filter(selection.contains).sorted() == chosen.sorted())
    }
}

@Suite("A tree with changes laid over it")
struct OverlayFileTreeTests {
    @Test("lists what is added and not what is removed, and is another folder then")
    func removal() throws {
        let base = MemoryFileTree(["a/x": "1", "a/y": "2", "b/z": "3"])
        let tree = OverlayFileTree(base, edits: ["a/w": Array("4".utf8)], removed: ["a/x"])
        #expect(try tree.children(of: "a").map(\.name) == ["w", "y"])
        #expect(try tree.entry(at: "a/x") == nil)
        #expect(try tree.resolve("a/y")?.kind == .file)
        #expect(try tree.entry(at: "a")?.id != base.entry(at: "a")?.id)
        #expect(try tree.entry(at: "b") == base.entry(at: "b"))
        let gone = OverlayFileTree(base, edits: [:], removed: ["a/x"])
        let other = OverlayFileTree(base, edits: [:], removed: ["a/y"])
        #expect(try gone.entry(at: "a")?.id != other.entry(at: "a")?.id)
        #expect(try OverlayFileTree(base, edits: [:]).entry(at: "") == base.entry(at: ""))
    }
}
