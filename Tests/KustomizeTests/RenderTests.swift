import Core
import KubernetesModel
import Kustomize
import Testing

private let configMap = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
    """

@Suite("A render")
struct RenderTests {
    @Test("of a directory without a kustomization takes every manifest in it and below, by path")
    func plainDirectory() throws {
        let tree = MemoryFileTree([
            "app/b.yaml": configMap, "app/a/c.yml": "{apiVersion: v1, kind: Secret, metadata: {name: s}}",
            "app/a.json": #"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}"#,
            "app/README.md": "# not a manifest",
        ])
        let result = try Kustomize.build(tree, path: "app")
        #expect(result.manifests.map(\.manifest.kind) == ["Service", "Secret", "ConfigMap"])
        #expect(result.manifests.map(\.origin) == ["app/a.json", "app/a/c.yml", "app/b.yaml"])
    }

    @Test("of a plain directory names a file that holds no Kubernetes object")
    func plainDirectoryError() {
        let tree = MemoryFileTree(["app/values.yaml": "replicas: 1\n"])
        let error = #expect(throws: KustomizeError.self) { try Kustomize.build(tree, path: "app") }
        #expect(error?.file == "app/values.yaml")
        #expect(error?.code == .invalidManifest)
    }

    @Test("applies the options as an outer kustomization does")
    func options() throws {
        let tree = MemoryFileTree([
            "app/kustomization.yaml": "resources: [x.yaml]\n",
            "app/x.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec: {containers: [{name: c, image: "web:1", envFrom: [{configMapRef: {name: a}}]}]}
            """,
        ])
        let options = RenderOptions(
            namePrefix: "prod-", nameSuffix: "-x", commonLabels: ["environment": "production"],
            commonAnnotations: ["team": "shop"], images: [ImageOverride(name: "web", newTag: "2")])
        let result = try Kustomize.build(tree, path: "app", options: options)
        #expect(result.manifests.map(\.manifest.name) == ["prod-a-x", "prod-p-x"])
        #expect(result.manifests[1].manifest.labels == ["environment": "production"])
        #expect(result.manifests[1].manifest.annotations == ["team": "shop"])
        let container = result.manifests[1].manifest.json["spec"]?["containers"]?[0]
        #expect(container?["image"] == "web:2")
        #expect(container?["envFrom"]?[0]?["configMapRef"]?["name"] == "prod-a-x")
    }

    @Test(
        "never leaves the tree",
        arguments: ["../secret.yaml", "../../secret.yaml", "/etc/passwd", "link.yaml", "loop.yaml", "out"])
    func traversal(_ name: String) {
        var tree = MemoryFileTree([
            "app/kustomization.yaml": "resources: ['\(name)']\n", "secret.yaml": configMap,
        ])
        tree.link("app/link.yaml", to: "../secret.yaml")
        tree.link("app/loop.yaml", to: "loop.yaml")
        tree.link("app/out", to: "../../..")
        #expect(throws: KustomizeError.self) { try Kustomize.build(tree, path: "app") }
    }

    @Test(
        "refuses what would fetch or execute",
        arguments: [
            "resources: ['https://example.com/x.yaml']", "resources: ['github.com/org/repo//base?ref=main']",
            "resources: ['git@github.com:org/repo.git']", "helmCharts: [{name: x}]",
            "generators: ['{apiVersion: v1, kind: X, metadata: {name: x}}']",
        ])
    func refusal(_ text: String) {
        let tree = MemoryFileTree(["kustomization.yaml": text + "\n"])
        let error = #expect(throws: KustomizeError.self) { try Kustomize.build(tree, path: "") }
        #expect(error?.code == .refused)
        #expect(error?.file == "kustomization.yaml")
    }

    @Test("says file, line and field of what is wrong")
    func places() {
        let tree = MemoryFileTree(["a/kustomization.yaml": "resources: []\nimages:\n- name: x\n  newTag: 1.5\n"])
        let error = #expect(throws: KustomizeError.self) { try Kustomize.build(tree, path: "a") }
        #expect(error?.file == "a/kustomization.yaml")
        #expect(error?.line == 4)
        #expect(error?.field == "images[0].newTag")
        #expect(error?.message.contains("quotes") == true)
    }

    @Test("never tells the value of a secret in an error")
    func secrets() {
        let tree = MemoryFileTree([
            "kustomization.yaml": "resources: [x.yaml]\n",
            "x.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: hunter2\n  a: hunter2\n",
        ])
        let error = #expect(throws: KustomizeError.self) { try Kustomize.build(tree, path: "") }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("stops at its limits")
    func limits() {
        var files = ["kustomization.yaml": "resources: [a]\n"]
        for (index, name) in ["a", "b", "c", "d"].enumerated() {
            let path = ["a", "a/b", "a/b/c", "a/b/c/d"][index]
            files[path + "/kustomization.yaml"] =
                index == 3 ? "namePrefix: x-\n" : "resources: [\(["b", "c", "d"][index])]\n"
            _ = name
        }
        let deep = RenderOptions(limits: RenderLimits(depth: 3))
        let error = #expect(throws: KustomizeError.self) {
            try Kustomize.build(MemoryFileTree(files), path: "", options: deep)
        }
        #expect(error?.code == .limitExceeded)
        let small = RenderOptions(limits: RenderLimits(fileSize: 4))
        #expect(throws: KustomizeError.self) { try Kustomize.build(MemoryFileTree(files), path: "", options: small) }
    }
}

@Suite("The limits of a render")
struct RenderLimitTests {
    private static let thing = """
        apiVersion: example.com/v1
        kind: Thing
        metadata: {name: t}
        spec: {a: {text: some text}}
        """

    private static func render(_ files: [String: String], _ limits: RenderLimits) throws(KustomizeError) -> RenderResult
    {
        try Kustomize.build(MemoryFileTree(files), path: "", options: RenderOptions(limits: limits))
    }

    @Test("end one that takes too long")
    func time() {
        let files = ["kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": configMap]
        let error = #expect(throws: KustomizeError.self) { try Self.render(files, RenderLimits(time: .zero)) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem.contains("seconds") == true)
    }

    @Test("end one that copies a value into itself again and again")
    func copies() {
        var text = "resources: [x.yaml]\nreplacements:\n"
        for index in 0..<60 {
            text += """
                - source: {kind: Thing, fieldPath: spec}
                  targets:
                  - {select: {kind: Thing}, fieldPaths: [spec.copy\(index)], options: {create: true}}

                """
        }
        let error = #expect(throws: KustomizeError.self) {
            try Self.render(["kustomization.yaml": text, "x.yaml": Self.thing], RenderLimits(outputSize: 1 << 20))
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test("end a JSON patch that copies a value into itself again and again")
    func patchCopies() {
        var text = "resources: [x.yaml]\npatches:\n- target: {kind: Thing}\n  patch: |\n"
        for index in 0..<60 { text += "    - {op: copy, from: /spec, path: /spec/copy\(index)}\n" }
        let error = #expect(throws: KustomizeError.self) {
            try Self.render(["kustomization.yaml": text, "x.yaml": Self.thing], RenderLimits(outputSize: 1 << 20))
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test("end vars that grow beyond measure")
    func vars() {
        let value = String(repeating: "x", count: 10_000)
        let use = String(repeating: "$(V)", count: 1000)
        let files = [
            "kustomization.yaml": """
            resources: [x.yaml]
            vars:
            - {name: V, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: {fieldpath: data.v}}
            """,
            "x.yaml": configMap + "\ndata: {v: \(value)}\n---\n" + """
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec: {containers: [{name: c, args: ["\(use)"]}]}
                """,
        ]
        let error = #expect(throws: KustomizeError.self) { try Self.render(files, RenderLimits(outputSize: 1 << 20)) }
        #expect(error?.code == .limitExceeded)
    }

    @Test("bound the output, the objects and the kustomizations")
    func sizes() {
        let files = [
            "kustomization.yaml": "resources: [x.yaml, b]\n", "x.yaml": configMap,
            "b/kustomization.yaml": "namePrefix: x-\n",
        ]
        for limits in [
            RenderLimits(outputSize: 10), RenderLimits(objects: 0), RenderLimits(kustomizations: 1),
            RenderLimits(totalSize: 30),
        ] {
            let error = #expect(throws: KustomizeError.self) { try Self.render(files, limits) }
            #expect(error?.code == .limitExceeded)
        }
        #expect(throws: Never.self) { try Self.render(files, RenderLimits()) }
    }

    @Test("end the expansion of aliases, deep nesting and masses of directives")
    func texts() {
        var bomb = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
        for level in 1..<12 {
            bomb +=
                "x\(level): &x\(level) [" + Array(repeating: "*x\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        let deep = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: " + String(repeating: "[", count: 5000)
        let directives = (0..<5000).map { "%TAG !a\($0)! tag:x,2000:\n" }.joined() + "---\n" + configMap
        for text in [bomb, deep, directives] {
            #expect(throws: KustomizeError.self) {
                try Self.render(["kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": text], RenderLimits())
            }
        }
    }
}

@Suite("The render cache")
struct RenderCacheTests {
    private static func monorepo() -> MemoryFileTree {
        var files: [String: String] = [:]
        for app in ["x", "y"] {
            files["\(app)/base/kustomization.yaml"] = "resources: [cm.yaml]\n"
            files["\(app)/base/cm.yaml"] = configMap
            for stage in ["dev", "prod"] {
                files["\(app)/overlays/\(stage)/kustomization.yaml"] =
                    "namePrefix: \(stage)-\nresources: [../../base]\n"
            }
        }
        return MemoryFileTree(files)
    }

    private static let overlays = ["x/overlays/dev", "x/overlays/prod", "y/overlays/dev", "y/overlays/prod"]

    @Test("renders only the overlay that a commit touches")
    func oneOverlay() throws {
        var tree = Self.monorepo()
        let cache = RenderCache()
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        #expect(cache.counters.renders == 4)
        tree["x/overlays/dev/kustomization.yaml"] = Array("namePrefix: new-\nresources: [../../base]\n".utf8)
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        #expect(cache.counters.renders == 5)
        #expect(cache.counters.hits == 3)
        #expect(try cache.render(tree, path: "x/overlays/dev").manifests[0].manifest.name == "new-a")
    }

    @Test("renders all overlays of a base that changes, and notices files that appear")
    func base() throws {
        var tree = Self.monorepo()
        let cache = RenderCache()
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        tree["x/base/cm.yaml"] = Array(configMap.replacing("{name: a}", with: "{name: b}").utf8)
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        #expect(cache.counters.renders == 6)
        // A second kustomization file is an error, so its absence was part of the result.
        tree["y/base/kustomization.yml"] = Array("namePrefix: z-\n".utf8)
        #expect(throws: KustomizeError.self) { try cache.render(tree, path: "y/overlays/dev") }
        #expect(throws: Never.self) { try cache.render(tree, path: "x/overlays/dev") }
    }

    @Test("tells options apart")
    func options() throws {
        let tree = Self.monorepo()
        let cache = RenderCache()
        let plain = try cache.render(tree, path: "x/overlays/dev")
        let labelled = try cache.render(
            tree, path: "x/overlays/dev", options: RenderOptions(commonLabels: ["a": "b"]))
        #expect(plain.manifests != labelled.manifests)
        #expect(cache.counters.renders == 2)
    }

    @Test("asks for few paths where a commit left most folders alone")
    func lookUps() throws {
        let tree = CountingTree(Self.monorepo())
        let cache = RenderCache()
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        tree.tree["y/base/cm.yaml"] = Array("# changed\n\(configMap)".utf8)
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        #expect(cache.counters.hits == 2)
        tree.count = 0
        tree.tree["other.txt"] = []
        for path in Self.overlays { _ = try cache.render(tree, path: path) }
        #expect(cache.counters.hits == 6)
        // The root, which changed, and the one folder below it; nothing deeper.
        #expect(tree.count <= 4 * Self.overlays.count)
    }

    @Test("keeps within its capacity")
    func capacity() throws {
        var tree = MemoryFileTree()
        let filler = String(repeating: "x", count: 2000)
        for index in 0..<200 {
            tree["\(index)/a.yaml"] = Array(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: a\(index)}, data: {a: \(filler)}}".utf8)
        }
        let cache = RenderCache(capacity: 200_000)
        for index in 0..<200 { _ = try cache.render(tree, path: "\(index)") }
        #expect(cache.counters.bytes <= 200_000)
        #expect(cache.counters.renders == 200)
    }
}

extension String {
    fileprivate func replacing(_ text: String, with other: String) -> String {
        var out = ""
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) {
                out += other
                rest = rest.dropFirst(text.count)
            } else {
                out.append(rest.removeFirst())
            }
        }
        return out
    }
}

/// A tree that counts what it is asked.
private final class CountingTree: FileTree {
    var tree: MemoryFileTree
    var count = 0

    init(_ tree: MemoryFileTree) {
        self.tree = tree
    }

    func entry(at path: String) -> TreeEntry? {
        count += 1
        return tree.entry(at: path)
    }

    func children(of path: String) throws -> [TreeEntry] { try tree.children(of: path) }
    func contents(of entry: TreeEntry) throws -> [UInt8] { try tree.contents(of: entry) }
}
