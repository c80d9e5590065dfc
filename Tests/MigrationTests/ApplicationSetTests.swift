import KubernetesModel
import Migration
import SluiceAPI
import Testing

/// An ApplicationSet with these generators, whose template deploys `path` to `namespace`.
private func applicationSet(
    _ generators: String, name: String = "{{path.basename}}", path: String = "{{path}}",
    namespace: String = "shop-{{path.basename}}", more: String = ""
) -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: ApplicationSet
    metadata: {name: services, namespace: argocd}
    spec:
      syncPolicy: {preserveResourcesOnDeletion: true}
      generators:
    \(generators.split(separator: "\n").map { "  \($0)\n" }.joined())\(more)
      template:
        metadata: {name: "\(name)"}
        spec:
          project: default
          source: {repoURL: "https://git.example.com/a.git", targetRevision: main, path: "\(path)"}
          destination: {server: "https://kubernetes.default.svc", namespace: "\(namespace)"}
          syncPolicy: {automated: {prune: true}}
    """
}

private func directories(_ paths: String, repository: String = "https://git.example.com/a.git") -> String {
    "- git: {repoURL: \"\(repository)\", revision: main, directories: [\(paths)]}"
}

@Suite("An Argo CD ApplicationSet")
struct ApplicationSetTests {
    private func convert(_ yaml: String) throws -> Migration.Result { Migration.argo(try manifests(yaml)) }

    @Test("over the directories of a folder is one Environment with {app} in its path")
    func folders() throws {
        let result = try convert(applicationSet(directories("{path: 'apps/*'}, {path: apps/legacy, exclude: true}")))
        #expect(result.leftOut == [])
        let environment = try #require(try result.onlyEnvironment())
        #expect(environment.metadata.name == "services")
        #expect(environment.spec.source.path == "apps/{app}")
        #expect(environment.spec.apps == .init(include: ["*"], exclude: ["legacy"]))
        #expect(environment.spec.destination.namespace == "shop-{app}")
        #expect(environment.spec.sync.automated && environment.spec.sync.prune)
        #expect(!environment.spec.suspend)
    }

    @Test("finds the app wherever the star is, by the segment of the path")
    func segments() throws {
        let result = try convert(
            applicationSet(
                directories("{path: 'apps/*/overlays/production'}"), name: "{{path[1]}}-production",
                namespace: "prod-{{path[1]}}"))
        let environment = try #require(try result.onlyEnvironment())
        #expect(environment.metadata.name == "production")
        #expect(environment.spec.source.path == "apps/{app}/overlays/production")
        #expect(environment.spec.destination.namespace == "prod-{app}")
        #expect(result.leftOut == [])
    }

    @Test("reads Go templates as far as they are names")
    func goTemplates() throws {
        let set = applicationSet(
            directories("{path: 'apps/*/overlays/production'}"), name: "{{ index .path.segments 1 }}-production",
            path: "{{.path.path}}", namespace: "{{ index .path.segments 1 }}"
        ).replacing("  generators:", with: "  goTemplate: true\n  generators:")
        let environment = try #require(try convert(set).onlyEnvironment())
        #expect(environment.spec.source.path == "apps/{app}/overlays/production")
        #expect(environment.spec.destination.namespace == "{app}")
    }

    @Test("over a list is the Applications that it generates, those of one stage together")
    func lists() throws {
        let result = try convert(
            applicationSet(
                """
                - list:
                    elements:
                    - {app: cart, values: {stage: dev}}
                    - {app: web, values: {stage: dev}}
                    - {app: cart, values: {stage: production}}
                    - {app: web, values: {stage: production}}
                """, name: "{{app}}-{{values.stage}}", path: "apps/{{app}}/overlays/{{values.stage}}",
                namespace: "{{values.stage}}"))
        #expect(result.leftOut == [])
        let environments = try result.environments.map { try Environment(manifest: $0) }
        #expect(environments.map(\.metadata.name) == ["dev", "production"])
        #expect(environments.map(\.spec.source.path) == ["apps/{app}/overlays/dev", "apps/{app}/overlays/production"])
        #expect(environments.map(\.spec.apps.include) == [["cart", "web"], ["cart", "web"]])
    }

    @Test(
        "names what its generators give that nobody here can know",
        arguments: [
            ("- clusters: {selector: {matchLabels: {env: prod}}}", "spec.generators[0].clusters: what this generator"),
            ("- matrix: {generators: [{clusters: {}}]}", "spec.generators[0].matrix: what this generator"),
            ("- pullRequest: {github: {owner: a}}", "spec.generators[0].pullRequest: what this generator"),
            (
                "- git: {repoURL: x, files: [{path: 'a/*.json'}]}",
                "spec.generators[0].git.files: what stands in the files"
            ),
            (directories("{path: 'apps/*/*'}"), "spec.generators[0].git.directories: apps/*/*: {app} stands for one"),
            (
                directories("{path: 'apps/web-*'}"),
                "spec.generators[0].git.directories: apps/web-*: {app} stands for one"
            ),
            (directories("{path: '**'}"), "spec.generators[0].git.directories: **: {app} stands for one"),
            (
                directories("{path: 'apps/*'}", repository: "https://git.example.com/b.git"),
                "spec.generators[0].git.repoURL: the directories are looked for in another repository"
            ),
            ("- list: {elements: [{name: x}]}", "spec.template: {{path}}, {{path.basename}} cannot be filled in here"),
            ("- list: {template: {spec: {}}, elements: []}", "spec.generators[0].list.template: a template of its own"),
        ])
    func unknown(generator: String, note: String) throws {
        let result = try convert(applicationSet(generator))
        #expect(result.environments.isEmpty)
        #expect(result.leftOut.count == 1)
        #expect(result.leftOut.first?.hasPrefix(note) == true, "\(result.leftOut)")
    }

    @Test("functions of Go templates are not played")
    func functions() throws {
        let set = applicationSet(
            directories("{path: 'apps/*'}"), name: "{{ .path.basename | upper }}", path: "{{.path.path}}"
        )
        .replacing("  generators:", with: "  goTemplate: true\n  generators:")
        let result = try convert(set)
        #expect(result.environments.isEmpty)
        #expect(result.leftOut.first?.contains("{{.path.basename | upper}}") == true, "\(result.leftOut)")
    }

    @Test("that filters or patches what it generates comes out suspended")
    func filtered() throws {
        for more in ["  templatePatch: 'spec: {}'\n", ""] {
            let generator =
                directories("{path: 'apps/*'}")
                + (more.isEmpty ? "\n  selector: {matchLabels: {a: b}}" : "")
            let result = try convert(applicationSet(generator, more: more))
            #expect(try #require(try result.onlyEnvironment()).spec.suspend)
            #expect(result.leftOut.count == 1)
        }
    }

    @Test("whose Applications are given too is not converted a second time")
    func given() throws {
        let generated = application(name: "web").replacing(
            "metadata: {name: web, namespace: argocd}",
            with: "metadata: {name: web, namespace: argocd, ownerReferences: [{kind: ApplicationSet, name: services}]}")
        let result = try convert(applicationSet(directories("{path: 'apps/*'}")) + "\n---\n" + generated)
        #expect(result.environments.count == 1)
        #expect(result.leftOut == [])
        #expect(result.notes.contains { $0.text.contains("the Applications that it generated are given") })
    }

    @Test("says which folders it cannot leave out, and that Argo CD would have deleted")
    func remarks() throws {
        let set = applicationSet(directories("{path: 'apps/*'}, {path: 'legacy/**', exclude: true}"))
            .replacing("syncPolicy: {preserveResourcesOnDeletion: true}", with: "syncPolicy: {}")
        let result = try convert(set)
        #expect(try #require(try result.onlyEnvironment()).spec.deletionPolicy == .orphan)
        #expect(result.leftOut.first?.contains("legacy/** is excluded in a way") == true)
        #expect(result.notes.contains { $0.text.contains("deletionPolicy: Prune") })
    }
}
