import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

@Suite struct DesiredAppTests {
    @Test func `an object is completed and stamped`() throws {
        let object = try #require(Fixture.app([Fixture.deployment("web")]).objects.first)
        #expect(object.manifest.namespace == "prod")
        #expect(object.manifest.label(Label.environment) == TrackingID.label(for: Fixture.environment))
        #expect(object.manifest.annotation(Annotation.tracking) == "shop/production/cart:apps/Deployment/prod/web")
        let port = object.manifest.json["spec"]?["template"]?["spec"]?["containers"]?[0]?["ports"]?[0]
        #expect(port == ["containerPort": 80, "protocol": "TCP"])
    }

    @Test func `stringData goes into data, and server fields go out`() throws {
        let secret = Manifest(
            Fixture.json(
                """
                {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","uid":"x","resourceVersion":"1",
                 "creationTimestamp":null},"data":{"a":"MQ=="},"stringData":{"b":"2"},"status":{}}
                """))
        let manifest = try #require(Fixture.app([secret]).objects.first).manifest
        #expect(manifest.json["data"] == ["a": "MQ==", "b": "Mg=="])
        #expect(manifest.json["stringData"] == nil)
        #expect(manifest.json["status"] == nil)
        #expect(manifest.metadata.keys == ["annotations", "labels", "name", "namespace"])
    }

    @Test func `cluster-scoped objects have no namespace`() throws {
        var role = Manifest([
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": ["name": "r", "namespace": "x"],
        ])
        role.setLabel("a", "b")
        let object = try #require(Fixture.app([role]).objects.first)
        #expect(object.key.namespace.isEmpty)
        #expect(object.manifest.namespace.isEmpty)
    }

    @Test func `everything that is wrong is told, with object and file, and nothing is applied`() {
        var far = Fixture.configMap("far")
        far.json["metadata"]?["namespace"] = "kube-system"
        let quota = Manifest(["apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"]])
        let role = Manifest([
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "r"],
        ])
        let alien = Manifest(["apiVersion": "x.io/v1", "kind": "Alien", "metadata": ["name": "a"]])
        let nameless = Manifest(["apiVersion": "v1", "kind": "ConfigMap", "metadata": [:]])
        let scope = ScopePolicy(
            allowedNamespaces: GlobList(["prod*", "!prod-secret"]), clusterAllow: [],
            namespacedDeny: [ResourcePattern(group: "", kind: "ResourceQuota")])
        let app = Fixture.app(
            [Fixture.configMap("fine"), far, quota, role, alien, nameless, Fixture.configMap("fine")], scope: scope)
        #expect(app.objects.isEmpty)
        #expect(
            app.violations.map(\.code) == [
                .namespaceNotAllowed, .resourceNotAllowed, .resourceNotAllowed, .unknownKind, .invalidObject,
                .duplicateObject,
            ])
        #expect(app.violations[0].message.contains("ConfigMap kube-system/far (apps/cart/far.yaml)"))
        #expect(app.violations[0].message.contains("allowedNamespaces"))
    }

    @Test func `a Namespace object needs its own name to be allowed`() {
        let namespace = Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "kube-system"]])
        let app = Fixture.app([namespace], scope: ScopePolicy(allowedNamespaces: GlobList(["prod*"])))
        #expect(app.violations.map(\.code) == [.namespaceNotAllowed])
    }

    @Test func `a definition makes its instances known in the same app`() throws {
        let definition = Manifest(
            Fixture.json(
                """
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"aliens.x.io"},
                 "spec":{"group":"x.io","scope":"Namespaced","names":{"kind":"Alien","plural":"aliens"},
                 "versions":[{"name":"v1","served":true}]}}
                """))
        let alien = Manifest(["apiVersion": "x.io/v1", "kind": "Alien", "metadata": ["name": "a"]])
        let app = Fixture.app([alien, definition])
        #expect(app.violations.isEmpty)
        let object = try #require(app.objects.first)
        #expect(object.kindIsPending)
        #expect(object.resource.resource == "aliens")
        #expect(object.key.namespace == "prod")
    }

    @Test func `waves, hooks and opt-outs are read from either spelling`() throws {
        let job = Manifest(
            Fixture.json(
                """
                {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","annotations":{
                 "argocd.argoproj.io/hook":"PreSync, PostSync","argocd.argoproj.io/hook-delete-policy":"HookSucceeded",
                 "argocd.argoproj.io/sync-wave":"-5"}}}
                """))
        let plain = Fixture.configMap(
            "c",
            annotations: [
                Annotation.syncWave: "2", Annotation.argoSyncWave: "9", Annotation.prune: "false",
                Annotation.apply: "IfNotPresent", Annotation.force: "true", Annotation.health: "Ignore",
            ])
        let app = Fixture.app([job, plain])
        let hook = try #require(app.hooks.first)
        #expect(hook.hook == Hook(phases: [.preSync, .postSync], deletePolicies: [.succeeded]))
        #expect(hook.wave == -5)
        let object = try #require(app.objects.first)
        #expect(object.wave == 2)
        var options = ObjectOptions()
        options.keep = true
        options.createOnly = true
        options.force = true
        options.healthIgnored = true
        #expect(object.options == options)
    }
}
