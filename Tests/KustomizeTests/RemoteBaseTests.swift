import Core
import KubernetesModel
import Kustomize
import Testing

private let one = String(repeating: "1", count: 40)
private let two = String(repeating: "2", count: 40)

private func configMap(_ name: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n"
}

@Suite("A remote base")
struct RemoteBaseTests {
    private static let bases = MemoryFileTree([
        "app/kustomization.yaml": "resources: [cm.yaml, ../lib]\nnamePrefix: base-\n",
        "app/cm.yaml": configMap("a"),
        "lib/kustomization.yaml": "resources: [lib.yaml]\n", "lib/lib.yaml": configMap("lib"),
        "component/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        commonLabels: {from: component}
        """,
        "plain/cm.yaml": configMap("plain"),
        "out/kustomization.yaml": "resources: [../../x]\n",
        "further/kustomization.yaml": "resources: ['https://git.example.com/other/bases//app?ref=\(two)']\n",
        "elsewhere/kustomization.yaml": "resources: ['https://evil.example.com/a/b?ref=\(two)']\n",
        "broken/kustomization.yaml": "resources: [cm.yaml]\nnonsense: true\n",
        "circle/kustomization.yaml": "resources: [../circle]\n",
    ])

    private static func fetched(_ allowed: [String] = ["git.example.com"]) throws -> FetchedBases {
        FetchedBases(
            allowed: try RemoteAllowList(allowed),
            trees: [
                "https://git.example.com/acme/bases \(one)": bases,
                "https://git.example.com/other/bases \(two)": MemoryFileTree([
                    "app/kustomization.yaml": "resources: [x.yaml]\n", "app/x.yaml": configMap("other"),
                ]),
            ])
    }

    private static func overlay(_ resource: String, _ more: String = "") -> MemoryFileTree {
        MemoryFileTree([
            "o/kustomization.yaml": "resources:\n- \(resource)\n\(more)", "x/kustomization.yaml": "namePrefix: x-\n",
        ])
    }

    private static func base(_ directory: String, _ ref: String = one) -> String {
        "https://git.example.com/acme/bases//\(directory)?ref=\(ref)"
    }

    @Test("is rendered with what its relative paths lead to, and the overlay works on it")
    func renders() throws {
        let tree = Self.overlay(Self.base("app"), "namePrefix: prod-\n")
        let result = try Kustomize.build(tree, path: "o", remote: try Self.fetched())
        #expect(result.manifests.map(\.manifest.name) == ["prod-base-a", "prod-base-lib"])
        #expect(result.remotes.map(\.commit) == [one])
        #expect(
            result.manifests.map(\.origin) == [
                "git.example.com/acme/bases@111111111111/app/cm.yaml",
                "git.example.com/acme/bases@111111111111/lib/lib.yaml",
            ])
        #expect(result.reads.allSatisfy { !$0.path.contains("example") })
    }

    @Test("may be a component, and may build upon a base of a third repository")
    func componentAndChain() throws {
        let tree = Self.overlay("'\(Self.base("further"))'", "components: ['\(Self.base("component"))']\n")
        let result = try Kustomize.build(tree, path: "o", remote: try Self.fetched())
        #expect(result.manifests.map(\.manifest.name) == ["other"])
        #expect(result.manifests[0].manifest.labels == ["from": "component"])
        #expect(result.remotes.count == 3)
    }

    @Test("is told of by buildMetadata as kustomize does")
    func metadata() throws {
        let tree = Self.overlay(Self.base("app"), "buildMetadata: [originAnnotations, transformerAnnotations]\n")
        let result = try Kustomize.build(tree, path: "o", remote: try Self.fetched())
        let repository = "repo: https://git.example.com/acme/bases\nref: \"\(one)\"\n"
        #expect(
            result.manifests[1].manifest.annotations["config.kubernetes.io/origin"]
                == "path: lib/lib.yaml\n\(repository)")
        #expect(
            result.manifests[0].manifest.annotations["alpha.config.kubernetes.io/transformations"]
                == "- " + repository.replacing("\n", with: "\n  ")
                + "configuredIn: app/kustomization.yaml\n  configuredBy:\n    apiVersion: builtin\n    kind: PrefixTransformer\n"
        )
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let resource: String
        let code: KustomizeError.Code
        let file: String
        let problem: String

        var testDescription: String { resource }
    }

    static let refused = [
        Refused(
            resource: "https://github.com/acme/bases//app?ref=\(one)", code: .refused, file: "o/kustomization.yaml",
            problem: "--remote-base github.com/acme/bases"),
        Refused(
            resource: base("app", "v1"), code: .refused, file: "o/kustomization.yaml",
            problem: "write ?ref=\(two), which it leads to now"),
        Refused(
            resource: "https://git.example.com/acme/bases//app", code: .refused, file: "o/kustomization.yaml",
            problem: "the default branch moves"),
        Refused(
            resource: base("app", two), code: .remoteUnavailable, file: "o/kustomization.yaml",
            problem: "still being fetched"),
        Refused(
            resource: base("gone", one), code: .notFound, file: "o/kustomization.yaml", problem: "no directory gone"),
        Refused(
            resource: base("app/cm.yml", one), code: .notFound, file: "o/kustomization.yaml", problem: "no directory"),
        Refused(
            resource: base("plain"), code: .notFound, file: "o/kustomization.yaml", problem: "no kustomization file"),
        Refused(
            resource: base("component"), code: .invalidKustomization, file: "o/kustomization.yaml", problem: "Component"
        ),
        Refused(
            resource: base("out"), code: .refused,
            file: "git.example.com/acme/bases@111111111111/out/kustomization.yaml",
            problem: "../../x cannot be read"),
        Refused(
            resource: base("elsewhere"), code: .refused,
            file: "git.example.com/acme/bases@111111111111/elsewhere/kustomization.yaml",
            problem: "--remote-base evil.example.com/a/b"),
        Refused(
            resource: base("broken"), code: .invalidKustomization,
            file: "git.example.com/acme/bases@111111111111/broken/kustomization.yaml", problem: "nonsense"),
        Refused(
            resource: base("circle"), code: .invalidKustomization,
            file: "git.example.com/acme/bases@111111111111/circle/kustomization.yaml", problem: "circle"),
        Refused(
            resource: "https://me:pw@git.example.com/acme/bases", code: .refused, file: "o/kustomization.yaml",
            problem: "no user and password"),
    ]

    @Test("that cannot be had is refused where it is named, with what to do", arguments: refused)
    func errors(_ sample: Refused) throws {
        let error = try #require(
            #expect(throws: KustomizeError.self) {
                try Kustomize.build(Self.overlay(sample.resource), path: "o", remote: try Self.fetched())
            })
        #expect(error.code == sample.code)
        #expect(error.file == sample.file)
        #expect(error.message.contains(sample.problem), "\(error.message)")
        #expect(!error.message.contains("pw@"))
        #expect(error.line != nil && !error.field.isEmpty || sample.problem == "nonsense")
    }

    @Test("is asked for at each address that names it")
    func addresses() throws {
        let other = "ssh://git@git.example.com/acme/bases//lib?ref=\(one)"
        let error = #expect(throws: KustomizeError.self) {
            try Kustomize.build(
                Self.overlay(Self.base("app"), "- \(other)\n"), path: "o", remote: try Self.fetched())
        }
        #expect(error?.code == .remoteUnavailable)
        #expect(error?.field == "resources[1]")
    }

    @Test("does not lead out of its repository by a link")
    func links() throws {
        var tree = Self.bases
        tree.link("app/cm.yaml", to: "../../../../o/kustomization.yaml")
        let bases = FetchedBases(
            allowed: try RemoteAllowList(["git.example.com"]),
            trees: ["https://git.example.com/acme/bases \(one)": tree])
        let error = #expect(throws: KustomizeError.self) {
            try Kustomize.build(Self.overlay(Self.base("app")), path: "o", remote: bases)
        }
        #expect(error?.code == .refused)
    }

    @Test("counts against the limits of the render")
    func limits() throws {
        var options = RenderOptions()
        options.limits.totalSize = 100
        let error = #expect(throws: KustomizeError.self) {
            try Kustomize.build(Self.overlay(Self.base("app")), path: "o", options: options, remote: try Self.fetched())
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test("is rendered once, and its result serves only those who may read it")
    func cache() throws {
        let cache = RenderCache()
        let tree = Self.overlay(Self.base("app"))
        let fetched = try Self.fetched()
        for _ in 0..<3 { _ = try cache.render(tree, path: "o", remote: fetched) }
        #expect(cache.counters.renders == 1)
        // Whoever has not fetched it may lack the right to.
        let stranger = FetchedBases(allowed: fetched.allowed, trees: [:])
        #expect(throws: KustomizeError.self) { try cache.render(tree, path: "o", remote: stranger) }
        #expect(throws: KustomizeError.self) { try cache.render(tree, path: "o") }
        // Another commit is another text in the overlay.
        let moved = Self.overlay("https://git.example.com/other/bases//app?ref=\(two)")
        #expect(try cache.render(moved, path: "o", remote: fetched).manifests[0].manifest.name == "other")
    }
}

/// Repositories that were fetched: by URL and commit.
struct FetchedBases: RemoteBases {
    let allowed: RemoteAllowList
    let trees: [String: MemoryFileTree]

    func answer(to reference: RemoteReference) -> RemoteAnswer {
        guard let commit = reference.commit else { return .movable(commit: two) }
        return trees["\(reference.repository) \(commit)"].map(RemoteAnswer.tree) ?? .awaited
    }
}
