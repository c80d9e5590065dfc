import KubernetesModel
import Migration
import SluiceAPI
import Testing

@Suite("A Flux Kustomization")
struct FluxTests {
    private func convert(_ more: String, repository: String = "ref: {branch: main}") throws -> Migration.Result {
        func indented(_ text: String) -> String { text.split(separator: "\n").map { "  \($0)\n" }.joined() }
        return Migration.flux(
            try manifests(
                """
                apiVersion: source.toolkit.fluxcd.io/v1
                kind: GitRepository
                metadata: {name: g, namespace: flux-system}
                spec:
                  url: https://git.example.com/a.git
                \(indented(repository))
                ---
                apiVersion: kustomize.toolkit.fluxcd.io/v1
                kind: Kustomization
                metadata: {name: web, namespace: flux-system}
                spec:
                  path: ./deploy/web
                  sourceRef: {kind: GitRepository, name: g}
                \(indented(more))
                """))
    }

    @Test(
        "follows what its repository's ref means",
        arguments: [
            ("ref: {branch: trunk}", "trunk", "", "", ""), ("interval: 30s", "master", "", "", ""),
            ("ref: {tag: v1}", "master", "v1", "", ""),
            ("ref: {semver: '>=1.0.0', tag: v1}", "master", "", ">=1.0.0", ""),
            ("ref: {name: refs/heads/x}", "x", "", "", ""),
            (
                "ref: {branch: b, commit: 0123456789abcdef0123456789abcdef01234567}", "b", "", "",
                "0123456789abcdef0123456789abcdef01234567"
            ),
        ])
    func reference(repository: String, branch: String, tag: String, semver: String, commit: String) throws {
        let source = try #require(try convert("", repository: repository).onlyEnvironment()).spec.source
        #expect([source.branch, source.tag, source.semver, source.commit] == [branch, tag, semver, commit])
        #expect(source.path == "deploy/web")
    }

    @Test("prunes, and takes its objects along, only where it says so")
    func prune() throws {
        let with = try convert("prune: true").onlyEnvironment()?.spec
        #expect(with?.sync.prune == true && with?.deletionPolicy == .prune)
        let without = try convert("prune: false").onlyEnvironment()?.spec
        #expect(without?.sync.prune == false && without?.deletionPolicy == .orphan)
        #expect(try convert("prune: true\ndeletionPolicy: Orphan").onlyEnvironment()?.spec.deletionPolicy == .orphan)
    }

    @Test("keeps destination, images, timeout and force")
    func fields() throws {
        let result = try convert(
            """
            targetNamespace: web
            serviceAccountName: deployer
            kubeConfig: {secretRef: {name: other, key: value.yaml}}
            images: [{name: a, newName: b, newTag: c}]
            timeout: 3m
            force: true
            suspend: true
            namePrefix: x-
            """)
        let spec = try #require(try result.onlyEnvironment()).spec
        #expect(spec.destination.namespace == "web")
        #expect(!spec.destination.createNamespace)
        #expect(spec.destination.serviceAccountName == "deployer")
        #expect(spec.destination.kubeconfigRef?.name == "other")
        #expect(spec.render.images == [.init(name: "a", newName: "b", newTag: "c")])
        #expect(spec.render.namePrefix == "x-")
        #expect(spec.sync.timeout == .minutes(3))
        #expect(spec.sync.replaceImmutable)
        #expect(spec.suspend)
        #expect(result.leftOut == [])
    }

    @Test(
        "comes out suspended when what it deploys cannot be said",
        arguments: [
            "patches: [{patch: x}]", "components: [a]", "postBuild: {substitute: {a: b}}",
            "decryption: {provider: sops}",
        ])
    func incomplete(field: String) throws {
        let result = try convert(field)
        #expect(try result.onlyEnvironment()?.spec.suspend == true)
        #expect(result.leftOut.count == 1)
    }

    @Test(
        "names what has no counterpart",
        arguments: [
            "dependsOn: [{name: a}]", "healthChecks: [{kind: X}]", "commonMetadata: {labels: {a: b}}", "wonder: 1",
        ])
    func leftOut(field: String) throws {
        let result = try convert(field)
        #expect(try result.onlyEnvironment()?.spec.suspend == false)
        #expect(result.leftOut.count == 1)
    }

    @Test("of another source than Git, or of one that is not given, is left out as a whole")
    func otherSource() throws {
        let yaml = "sourceRef: {kind: OCIRepository, name: g}"
        let text = try manifests(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec: {path: a, \(yaml)}"
        )
        #expect(Migration.flux(text).environments.isEmpty)
        #expect(Migration.flux(text).leftOut.count == 1)
        let missing = try manifests(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec: {path: a, sourceRef: {kind: GitRepository, name: gone}}"
        )
        #expect(Migration.flux(missing).leftOut.count == 1)
    }
}
