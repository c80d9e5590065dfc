import Foundation
import KubernetesModel
import Migration
import SluiceAPI
import Testing

@Suite("An Argo CD Application")
struct ArgoTests {
    private func convert(_ yaml: String) throws -> Migration.Result { Migration.argo(try manifests(yaml)) }

    @Test(
        "follows what its targetRevision means",
        arguments: [
            ("main", "main", "", "", ""),
            ("HEAD", "main", "", "", ""),
            ("refs/heads/release", "release", "", "", ""),
            ("refs/tags/v1", "main", "v1", "", ""),
            ("v1.2.3", "main", "v1.2.3", "", ""),
            ("1.2.3-rc.1", "main", "1.2.3-rc.1", "", ""),
            ("1.*", "main", "", "1.*", ""),
            (">=1.2 <2", "main", "", ">=1.2 <2", ""),
            ("v1.2", "v1.2", "", "", ""),
            ("0123456789abcdef0123456789abcdef01234567", "main", "", "", "0123456789abcdef0123456789abcdef01234567"),
        ])
    func revision(text: String, branch: String, tag: String, semver: String, commit: String) throws {
        let yaml = application().replacing("targetRevision: main", with: "targetRevision: \"\(text)\"")
        let source = try #require(try convert(yaml).onlyEnvironment()).spec.source
        #expect([source.branch, source.tag, source.semver, source.commit] == [branch, tag, semver, commit])
    }

    @Test("without a sync policy changes nothing by itself")
    func manual() throws {
        let sync = try #require(try convert(application()).onlyEnvironment()).spec.sync
        #expect(!sync.automated && !sync.prune && !sync.selfHeal && !sync.pruneLast)
    }

    @Test("keeps its sync policy")
    func policy() throws {
        let result = try convert(
            application(
                """
                syncPolicy:
                  automated: {prune: true, selfHeal: true, allowEmpty: true}
                  syncOptions:
                  - CreateNamespace=true
                  - PruneLast=true
                  - PrunePropagationPolicy=background
                  - ServerSideApply=true
                  - Replace=true
                  - Validate=false
                  managedNamespaceMetadata: {labels: {team: web}, annotations: {a: b}}
                  retry: {limit: 7, backoff: {duration: "10", factor: 3, maxDuration: 5m}}
                """))
        let spec = try #require(try result.onlyEnvironment()).spec
        #expect(spec.sync.automated && spec.sync.prune && spec.sync.selfHeal && spec.sync.allowEmpty)
        #expect(spec.sync.pruneLast)
        #expect(spec.sync.prunePropagation == .background)
        #expect(spec.sync.retry.limit == 7)
        #expect(
            spec.sync.retry.backoff == .init(duration: .seconds(10), factor: 3, maxDuration: .minutes(5)))
        #expect(spec.destination.createNamespace)
        #expect(spec.destination.namespaceMetadata == .init(labels: ["team": "web"], annotations: ["a": "b"]))
        #expect(
            result.leftOut == [
                "spec.syncPolicy.syncOptions: Replace=true has no counterpart",
                "spec.syncPolicy.syncOptions: Validate=false has no counterpart",
            ])
    }

    @Test("that is automated but disabled stays manual")
    func disabled() throws {
        let yaml = application("syncPolicy: {automated: {enabled: false, prune: true}}")
        #expect(try convert(yaml).onlyEnvironment()?.spec.sync.automated == false)
    }

    @Test("retries without end as often as we can")
    func endless() throws {
        let result = try convert(application("syncPolicy: {retry: {limit: -1}}"))
        #expect(try result.onlyEnvironment()?.spec.sync.retry.limit == 100)
        #expect(result.leftOut == ["spec.syncPolicy.retry.limit: 100 is the most"])
    }

    @Test(
        "keeps its images in every form",
        arguments: [
            ("nginx:1.2", ImageOverride(name: "nginx", newTag: "1.2")),
            ("nginx=my/nginx:1.2", ImageOverride(name: "nginx", newName: "my/nginx", newTag: "1.2")),
            ("r:5000/nginx", nil),
            ("r:5000/nginx:2", ImageOverride(name: "r:5000/nginx", newTag: "2")),
            ("nginx=r:5000/nginx", ImageOverride(name: "nginx", newName: "r:5000/nginx")),
            (
                "nginx@sha256:" + String(repeating: "a", count: 64),
                ImageOverride(name: "nginx", digest: "sha256:" + String(repeating: "a", count: 64))
            ),
        ])
    func images(text: String, expected: ImageOverride?) throws {
        let yaml = application().replacing(
            "path: deploy/web}", with: "path: deploy/web, kustomize: {images: [\"\(text)\"]}}")
        let result = try convert(yaml)
        if let expected {
            #expect(try result.onlyEnvironment()?.spec.render.images == [expected])
        } else {
            // A name alone sets nothing, and validation says so.
            #expect(result.leftOut.contains { $0.contains("not valid yet") })
        }
    }

    @Test("keeps prefixes, labels and annotations of its kustomization")
    func render() throws {
        let yaml = application().replacing(
            "path: deploy/web}",
            with:
                "path: deploy/web, kustomize: {namePrefix: a-, nameSuffix: -z, commonLabels: {l: m}, commonAnnotations: {n: o}, version: v5}}"
        )
        let result = try convert(yaml)
        #expect(
            try result.onlyEnvironment()?.spec.render
                == .init(
                    namePrefix: "a-", nameSuffix: "-z", commonLabels: ["l": "m"], commonAnnotations: ["n": "o"]))
        #expect(result.leftOut == [])
    }

    @Test(
        "comes out suspended when what it deploys cannot be said",
        arguments: [
            "kustomize: {patches: [{path: a.yaml}]}", "kustomize: {replicas: [{name: a, count: 2}]}",
            "kustomize: {components: [../c]}", "kustomize: {namespace: other}",
            "kustomize: {labelWithoutSelector: true, commonLabels: {a: b}}", "directory: {exclude: '*.md'}",
            "directory: {jsonnet: {tlas: [{name: a, value: b}]}}",
        ])
    func incomplete(source: String) throws {
        let yaml = application().replacing("path: deploy/web}", with: "path: deploy/web, \(source)}")
        let result = try convert(yaml)
        #expect(try result.onlyEnvironment()?.spec.suspend == true)
        #expect(result.leftOut.count == 1)
    }

    @Test(
        "that is no directory in Git is left out as a whole",
        arguments: [
            "source: {repoURL: 'https://charts.example.com', chart: redis, targetRevision: 1.0.0}",
            "source: {repoURL: 'https://git.example.com/a.git', path: chart, helm: {values: ''}}",
            "source: {repoURL: 'https://git.example.com/a.git', path: x, plugin: {name: y}}",
            "sources: [{repoURL: 'https://a', path: a}, {repoURL: 'https://b', path: b}]", "project: default",
        ])
    func unusable(source: String) throws {
        let yaml = application().split(separator: "\n").map {
            $0.contains("source:") ? "  " + source : String($0)
        }.joined(separator: "\n").replacing("  project: default\n  project", with: "  project")
        let result = try convert(yaml)
        #expect(result.environments.isEmpty)
        #expect(result.leftOut.count == 1)
    }

    @Test("with one entry in sources is like one with a source")
    func sources() throws {
        let yaml = application().replacing("source: {", with: "sources: [{").replacing(
            "deploy/web}", with: "deploy/web}]")
        #expect(try convert(yaml).onlyEnvironment()?.spec.source.path == "deploy/web")
    }

    @Test("ignores the differences that it did, jq paths as pointers")
    func differences() throws {
        let result = try convert(
            application(
                """
                ignoreDifferences:
                - group: apps
                  kind: Deployment
                  name: web
                  jsonPointers: [/spec/replicas]
                  jqPathExpressions:
                  - .spec.template.spec.containers[].image
                  - .metadata.annotations["a/b.c~d"]
                  - .spec.list[0]?
                  - .spec.list[] | select(.name == "x")
                - kind: ConfigMap
                  managedFieldsManagers: [hand]
                """))
        #expect(
            try result.onlyEnvironment()?.spec.sync.ignoreDifferences == [
                .init(
                    group: "apps", kind: "Deployment", name: "web",
                    jsonPointers: [
                        "/spec/replicas", "/spec/template/spec/containers/*/image", "/metadata/annotations/a~1b.c~0d",
                        "/spec/list/0",
                    ]),
                .init(kind: "ConfigMap", managers: ["hand"]),
            ])
        #expect(result.leftOut.count == 1)
        #expect(result.leftOut.first?.hasPrefix("spec.ignoreDifferences[0].jqPathExpressions: '.spec.list[] |") == true)
    }

    @Test("names each field that has no counterpart, unknown ones too")
    func unknown() throws {
        let result = try convert(
            application("info: [{name: a, value: b}]\nrevisionHistoryLimit: 3\nwonder: {full: true}")
                .replacing(
                    "namespace: argocd}",
                    with: "namespace: argocd, annotations: {notifications.argoproj.io/subscribe.x.slack: y}}"))
        #expect(
            result.leftOut == [
                "metadata.annotations[\"notifications.argoproj.io/subscribe.x.slack\"]: notifications are not taken over",
                "spec.info: an Environment has no place for links and remarks; annotations do",
                "spec.wonder: has no counterpart in an Environment",
            ])
    }

    @Test("with the finalizer takes its objects along when it is deleted")
    func finalizer() throws {
        let yaml = application().replacing(
            "namespace: argocd}", with: "namespace: argocd, finalizers: [resources-finalizer.argocd.argoproj.io]}")
        #expect(try convert(yaml).onlyEnvironment()?.spec.deletionPolicy == .prune)
        #expect(try convert(application()).onlyEnvironment()?.spec.deletionPolicy == .orphan)
    }

    @Test("for another cluster wants a Secret with a kubeconfig")
    func otherCluster() throws {
        let yaml = application().replacing("https://kubernetes.default.svc", with: "https://10.0.0.7:6443")
        let result = try convert(yaml)
        #expect(try result.onlyEnvironment()?.spec.destination.kubeconfigRef?.name == "10-0-0-7-6443")
        #expect(result.leftOut.count == 1)
    }

    @Test("is found in a List, as kubectl prints it")
    func list() throws {
        let inner = try manifests(application()).map(\.json)
        let list = Manifest(["apiVersion": "v1", "kind": "List", "items": .array(inner + inner)])
        let result = Migration.argo([list])
        #expect(result.environments.count == 2)
        #expect(result.notes.allSatisfy { $0.field.isEmpty || $0.field.hasPrefix("items[") })
    }

    @Test("of the wrong types is told and does no harm")
    func wrongTypes() throws {
        let result = try convert(
            application(
                "syncPolicy: {automated: yes please, syncOptions: {a: b}, retry: [1]}\nignoreDifferences: [7, {kind: [x]}]"
            ))
        #expect(result.environments.count == 1)
        #expect(result.leftOut.count == 5)
    }
}
