import Core
import KubernetesModel
import Testing

@testable import Sync

@Suite struct FingerprintTests {
    private let applied = Fixture.app([Fixture.deployment("web")]).objects[0].manifest

    private func fingerprint(_ live: Manifest) -> Fingerprint? { Fingerprint(live: live, manager: Fixture.manager) }

    @Test func `an object that is stored as it was applied has the fingerprint of what was applied`() {
        #expect(fingerprint(Fixture.live(applied)) == Fingerprint(applied: applied))
    }

    @Test func `what others own, status and book-keeping take no part`() {
        var live = Fixture.live(applied)
        live.json["status"] = ["replicas": 3]
        live.json["spec"]?["progressDeadlineSeconds"] = 600
        live.json["metadata"]?["resourceVersion"] = "9999"
        live.json["metadata"]?["generation"] = 4
        live.setAnnotation("deployment.kubernetes.io/revision", "2")
        live.setLabel("other", "label")
        #expect(fingerprint(live) == Fingerprint(applied: applied))
    }

    @Test func `a changed owned value is drift, also where ownership does not move`() {
        var live = Fixture.live(applied)
        live.json["spec"]?["replicas"] = 20
        #expect(fingerprint(live) != Fingerprint(applied: applied))
    }

    @Test func `a field that passed to another manager is drift, even with its value`() {
        var live = Fixture.live(applied)
        var entries = live.json["metadata"]?["managedFields"]?.arrayValue ?? []
        entries[0]["fieldsV1"]?["f:spec"]?["f:replicas"] = nil
        entries.append(Fixture.managed("kubectl", "Update", ["f:spec": ["f:replicas": [:]]]))
        live.json["metadata"]?["managedFields"] = .array(entries)
        #expect(fingerprint(live) != Fingerprint(applied: applied))
    }

    @Test func `an element that another manager adds to a list is none of ours`() {
        var live = Fixture.live(applied)
        var containers = live.json["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
        containers.insert(["name": "sidecar", "image": "mesh:1"], at: 0)
        live.json["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
        #expect(fingerprint(live) == Fingerprint(applied: applied))
    }

    @Test func `a removed element of ours is drift`() {
        var live = Fixture.live(applied)
        live.json["spec"]?["template"]?["spec"]?["containers"] = [["name": "sidecar", "image": "mesh:1"]]
        #expect(fingerprint(live) != Fingerprint(applied: applied))
    }

    @Test func `an object in which our manager owns nothing has no fingerprint`() {
        var live = Fixture.live(applied)
        live.json["metadata"]?["managedFields"] = [Fixture.managed("kubectl", "Update", ["f:spec": [:]])]
        #expect(fingerprint(live) == nil)
        live.json["metadata"]?["managedFields"] = nil
        #expect(fingerprint(live) == nil)
    }

    @Test func `an empty map that others fill stays empty to us`() {
        let pod = Manifest(["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["resources": [:]]])
        let wanted = Fixture.app([pod]).objects[0].manifest
        var live = Fixture.live(wanted)
        live.json["spec"]?["resources"] = ["limits": ["cpu": "1"]]
        var entries = live.json["metadata"]?["managedFields"]?.arrayValue ?? []
        entries.append(
            Fixture.managed("vpa", "Update", ["f:spec": ["f:resources": ["f:limits": [".": [:], "f:cpu": [:]]]]]))
        live.json["metadata"]?["managedFields"] = .array(entries)
        #expect(fingerprint(live) == Fingerprint(applied: wanted))
    }

    @Test func `lists keyed by several fields, sets and indices are walked`() {
        let live = Fixture.json(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"s","finalizers":["theirs","ours"]},
             "spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":"http","nodePort":30000},{"port":80,"protocol":"UDP"}],
             "list":["a","b"]}}
            """)
        let fields = Fixture.json(
            """
            {"f:metadata":{"f:finalizers":{".":{},"v:\\"ours\\"":{}}},
             "f:spec":{"f:list":{"i:1":{}},
             "f:ports":{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}}}}
            """
        ).objectValue
        let projected = FieldProjection.project(live, owned: fields ?? [:], others: [])
        #expect(
            projected
                == Fixture.json(
                    """
                    {"metadata":{"finalizers":["ours"]},
                     "spec":{"list":["b"],"ports":[{"port":80,"protocol":"TCP","targetPort":"http"}]}}
                    """))
    }

    @Test func `an ignored pointer takes no part on either side`() throws {
        let rules = IgnoreRules([
            try IgnoreRule(
                group: "apps", kind: "Deployment",
                jsonPointers: ["/spec/replicas", "/spec/template/spec/containers/*/image"])
        ])
        let desired = Fixture.app([Fixture.deployment("web")], ignore: rules).objects[0]
        var live = Fixture.live(desired.manifest)
        live.json["spec"]?["replicas"] = 20
        live.json["spec"]?["template"]?["spec"]?["containers"] = [
            ["name": "app", "image": "web:2", "ports": [["containerPort": 80, "protocol": "TCP"]]]
        ]
        let record = Fixture.record(live, ignore: rules)
        let fields = try #require(record.ignored)
        #expect(record.fingerprint == Fingerprint(applied: desired.manifest, ignoring: fields))
        #expect(record.ownsIgnored)
        live.json["spec"]?["template"]?["spec"]?["containers"] = [["name": "app", "image": "web:2", "ports": []]]
        #expect(Fixture.record(live, ignore: rules).fingerprint != record.fingerprint)
    }

    @Test func `fields of an ignored manager take no part`() throws {
        let rules = IgnoreRules([try IgnoreRule(group: "", kind: "ConfigMap", managers: ["injector"])])
        let desired = Fixture.app([Fixture.configMap("c", ["a": "1", "ca": ""])], ignore: rules).objects[0]
        var live = Fixture.live(desired.manifest)
        live.json["data"]?["ca"] = "PEM"
        var entries = live.json["metadata"]?["managedFields"]?.arrayValue ?? []
        entries[0]["fieldsV1"]?["f:data"]?["f:ca"] = nil
        entries.append(Fixture.managed("injector", "Update", ["f:data": ["f:ca": [:]]]))
        live.json["metadata"]?["managedFields"] = .array(entries)
        let record = Fixture.record(live, ignore: rules)
        #expect(record.fingerprint == Fingerprint(applied: desired.manifest, ignoring: try #require(record.ignored)))
        #expect(Fixture.record(live).fingerprint != Fingerprint(applied: desired.manifest))
    }

    @Test func `drift is told by path and manager`() {
        var live = Fixture.live(
            applied,
            entries: [
                Fixture.managed("kubectl", "Update", ["f:spec": ["f:replicas": [:]]], time: "2026-02-01T00:00:00Z"),
                Fixture.managed("kcm", "Update", ["f:status": ["f:replicas": [:]]], time: "2026-03-01T00:00:00Z"),
            ])
        live.json["spec"]?["replicas"] = 20
        let drift = FieldOwnership.drift(of: live, from: applied, beside: Fixture.manager)
        #expect(drift.map(\.description) == ["spec.replicas (kubectl)"])
        #expect(FieldOwnership.lastForeignManager(of: live, beside: Fixture.manager) == "kubectl")
    }

    @Test func `a controller's book-keeping, and what came before us, names nobody`() {
        let live = Fixture.live(
            applied,
            entries: [
                Fixture.managed(
                    "kube-controller-manager", "Update",
                    [
                        "f:metadata": ["f:annotations": [".": [:], "f:deployment.kubernetes.io/revision": [:]]],
                        "f:status": ["f:replicas": [:]],
                    ], time: "2026-03-01T00:00:00Z"),
                Fixture.managed("helm", "Update", ["f:spec": ["f:paused": [:]]], time: "2025-12-01T00:00:00Z"),
            ])
        #expect(FieldOwnership.lastForeignManager(of: live, beside: Fixture.manager) == "")
    }

    @Test(arguments: [
        "{}", #"{"metadata":{"managedFields":7}}"#,
        #"{"metadata":{"managedFields":[{"manager":"sluice","operation":"Apply","fieldsV1":{"k:{":{},"v:":{},"i:x":{},"f:":{}}}]}}"#,
    ])
    func `malformed book-keeping is survived`(text: String) {
        let manifest = Manifest(Fixture.json(text))
        _ = Fingerprint(live: manifest, manager: Fixture.manager)
        #expect(LiveRecord(manifest, manager: Fixture.manager, ignore: IgnoreRules()).key.name.isEmpty)
    }
}
