import Core
import KubernetesModel
import Testing

@testable import Sync

@Suite struct ObjectDiffTests {
    private func text(_ before: [Manifest], _ after: [Manifest]) -> String {
        ObjectDiff(before: before, after: after).text(limit: 10_000).text
    }

    @Test func `objects are told in the order of kinds, fields by path`() {
        var changed = Fixture.deployment("web", replicas: 4)
        changed.setAnnotation("a.b/c", "x")
        #expect(
            text([Fixture.deployment("web"), Fixture.configMap("old")], [changed, Fixture.configMap("new")]) == """
                + ConfigMap new
                  + apiVersion: "v1"
                  + data.a: "1"
                  + kind: "ConfigMap"
                  + metadata.name: "new"
                - ConfigMap old
                  - apiVersion: "v1"
                  - data.a: "1"
                  - kind: "ConfigMap"
                  - metadata.name: "old"
                ~ Deployment.apps web
                  + metadata.annotations["a.b/c"]: "x"
                  - spec.replicas: 3
                  + spec.replicas: 4

                """)
    }

    @Test func `elements are matched by name, and a new order is told`() {
        func pod(_ containers: JSONValue) -> Manifest {
            Manifest(["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["containers": containers]])
        }
        let a: JSONValue = ["name": "a", "image": "a:1"]
        let b: JSONValue = ["name": "b", "image": "b:1"]
        #expect(
            text([pod([a, b])], [pod([b, ["name": "a", "image": "a:2"]])]) == """
                ~ Pod p
                  - spec.containers[a].image: "a:1"
                  + spec.containers[a].image: "a:2"
                  - spec.containers (order): a, b
                  + spec.containers (order): b, a

                """)
        #expect(text([pod(["x", "y"])], [pod(["x"])]).contains(#"- spec.containers: ["x","y"]"#))
    }

    @Test func `what the server keeps for itself is no difference`() {
        var live = Fixture.live(Fixture.deployment("web"))
        live.json["status"] = ["replicas": 3]
        live.setAnnotation("kubectl.kubernetes.io/last-applied-configuration", "{}")
        #expect(ObjectDiff(before: [live], after: [Fixture.deployment("web")]).isEmpty)
    }

    @Test func `a Secret's change is visible and its value is not`() {
        func secret(_ value: String, _ field: String = "data") -> Manifest {
            var secret = Manifest(["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"]])
            secret.json[field] = ["password": .string(value), "same": "c2FtZQ=="]
            secret.setAnnotation("kubectl.kubernetes.io/last-applied-configuration", value)
            return secret
        }
        for field in ["data", "stringData"] {
            let diff = text([secret("aHVudGVyMQ==", field)], [secret("aHVudGVyMg==", field)])
            #expect(diff.contains("- \(field).password: \"<masked sha256:"))
            #expect(diff.contains("+ \(field).password: \"<masked sha256:"))
            #expect(!diff.contains("aHVudGVy"))
            #expect(!diff.contains("same"))
        }
        let odd = Manifest(["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": "aHVudGVyMg=="])
        #expect(!text([], [odd]).contains("aHVudGVy"))
    }

    @Test func `the digest is of the whole, whatever is shown`() {
        let many = (0..<50).map { Fixture.configMap("c\($0)") }
        let diff = ObjectDiff(before: [], after: many)
        let shown = diff.text(limit: 500)
        #expect(shown.truncated)
        #expect(shown.text.utf8.count <= 500)
        #expect(shown.text.hasSuffix("more objects\n"))
        #expect(diff.digest == ObjectDiff(before: [], after: many.reversed()).digest)
        #expect(diff.digest != ObjectDiff(before: [], after: many.dropLast()).digest)
        #expect(diff.count(.added) == 50)
        let long = String(repeating: "x", count: 5000)
        let one = ObjectDiff(before: [], after: [Fixture.configMap("c", ["a": long + "1"])])
        let other = ObjectDiff(before: [], after: [Fixture.configMap("c", ["a": long + "2"])])
        #expect(one.digest != other.digest)
        #expect(one.text(limit: 10_000).text.utf8.count < 1000)
    }
}
