import Core
import KubernetesModel
import Testing

@testable import Sync

@Suite struct TrackingIDTests {
    private let object = ObjectKey(
        groupKind: GroupKind(group: "apps", kind: "Deployment"), namespace: "prod", name: "web")

    @Test(arguments: ["cart", "a:b", "50%", "x/y", "%3A", "%"])
    func `what is written is read back`(app: String) {
        let id = TrackingID(environment: Fixture.environment, app: app, object: object)
        #expect(TrackingID(id.description) == id)
    }

    @Test func `the form is the documented one`() {
        let id = TrackingID(environment: Fixture.environment, app: "cart", object: object)
        #expect(id.description == "shop/production/cart:apps/Deployment/prod/web")
        let role = ObjectKey(
            groupKind: GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"), namespace: "",
            name: "system:node")
        let cluster = TrackingID(environment: Fixture.environment, app: "cart", object: role)
        #expect(cluster.description == "shop/production/cart:rbac.authorization.k8s.io/ClusterRole//system:node")
        #expect(TrackingID(cluster.description) == cluster)
    }

    @Test(arguments: [
        "", ":", "a/b:c", "shop/production:apps/D/n/w", "shop//cart:apps/D/n/w", "s/p/c:apps/D/n/", "s/p/c:apps//n/w",
    ])
    func `anything else is no tracking id`(text: String) {
        #expect(TrackingID(text) == nil)
    }

    @Test func `a copy names another object`() {
        let id = TrackingID(environment: Fixture.environment, app: "cart", object: object)
        #expect(id.names(object))
        #expect(!id.names(ObjectKey(groupKind: object.groupKind, namespace: "prod", name: "web-copy")))
    }

    @Test(arguments: [
        NamespacedName(namespace: "shop", name: "production"),
        NamespacedName(namespace: String(repeating: "n", count: 63), name: String(repeating: "e", count: 253)),
        NamespacedName(namespace: "n", name: String(repeating: "a", count: 43) + ".-.-.-"),
    ])
    func `the label is a valid label value`(environment: NamespacedName) {
        let label = TrackingID.label(for: environment)
        #expect(label.utf8.count <= 63)
        let allowed = label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
        #expect(allowed)
        #expect(label.first?.isLetter == true)
        #expect(label.last?.isHexDigit == true)
    }

    @Test func `labels of different environments differ although their readable parts agree`() {
        let one = TrackingID.label(for: NamespacedName(namespace: "a.b", name: "c"))
        let other = TrackingID.label(for: NamespacedName(namespace: "a", name: "b.c"))
        #expect(one != other)
        #expect(one.dropLast(16) == other.dropLast(16))
    }
}
