import Core
import Testing

@testable import Controllers

@Suite("App paths")
struct AppPathTests {
    private let tree = MemoryFileTree([
        "apps/cart/overlays/prod/kustomization.yaml": "",
        "apps/web/overlays/dev/kustomization.yaml": "",
        "apps/api/overlays/prod/kustomization.yaml": "",
        "apps/README.md": "",
        "flat/svc-cart/x.yaml": "",
        "flat/other/x.yaml": "",
        "flat/svc-/x.yaml": "",
    ])

    @Test(
        "find the apps that have the environment's folder",
        arguments: [
            ("apps/{app}/overlays/prod", ["*"], [], ["api", "cart"]),
            ("./apps/{app}/overlays/prod/", ["*"], ["a*"], ["cart"]),
            ("apps/{app}/overlays/prod", ["c*"], [], ["cart"]),
            ("flat/svc-{app}", ["*"], [], ["cart"]),
            ("apps/cart/overlays/prod", ["*"], [], ["production"]),
            ("apps/{app}/overlays/none", ["*"], [], []),
        ] as [(String, [String], [String], [String])])
    func finds(path: String, include: [String], exclude: [String], expected: [String]) throws {
        let apps = try AppPath(path).apps(
            in: tree, environment: "production", include: GlobList(include), exclude: GlobList(exclude))
        #expect(apps.map(\.name) == expected)
        for app in apps { #expect(try tree.resolve(app.path)?.kind == .directory) }
    }

    @Test("fail when the folder of apps is missing", arguments: ["none/{app}/x", "apps/none", "../{app}"])
    func missing(path: String) {
        #expect(throws: FileTreeError.self) {
            try AppPath(path).apps(in: tree, environment: "e", include: GlobList(["*"]), exclude: GlobList([]))
        }
    }
}

@Suite("Introduction of an entry")
struct IntroductionTests {
    private func versions(_ pairs: [(Int, String?)]) -> [Introduction.Version<Int, String>] {
        pairs.map { Introduction.Version(commit: $0.0, value: $0.1) }
    }

    @Test(
        "is the start of the unbroken run",
        arguments: [
            ([(3, "a"), (2, "a"), (1, nil)], 2),
            ([(3, "a"), (2, "b"), (1, "a")], 3),
            ([(2, "b"), (1, "a")], nil),
            ([(1, "a")], 1),
            ([], nil),
        ] as [([(Int, String?)], Int?)])
    func run(pairs: [(Int, String?)], expected: Int?) {
        #expect(Introduction.commit(of: "a", in: versions(pairs), complete: true) == expected)
    }

    @Test("is unknown when the visible history does not reach it")
    func truncated() {
        #expect(Introduction.commit(of: "a", in: versions([(2, "a"), (1, "a")]), complete: false) == nil)
        #expect(Introduction.commit(of: "a", in: versions([(2, "a"), (1, "b")]), complete: false) == 2)
    }
}
