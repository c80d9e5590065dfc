internal import HTTP
internal import KubernetesClient
internal import KubernetesModel
internal import TestSupport
internal import Testing

@Suite("Discovery", .timeLimit(.minutes(1)))
struct DiscoveryTests {
    let fixture = Fixture()
    let apps = ScriptedAnswer.json(
        #"""
        {"kind":"APIResourceList","groupVersion":"apps/v1","resources":[
          {"name":"deployments","namespaced":true,"kind":"Deployment","verbs":["get","list"]},
          {"name":"deployments/scale","namespaced":true,"group":"autoscaling","kind":"Scale","verbs":["get"]},
          {"name":"deployments/status","namespaced":true,"kind":"Deployment","verbs":["get"]}]}
        """#)

    @Test("finds a kind once and keeps it")
    func keeps() async throws {
        fixture.transport.expect("GET", "/apis/apps/v1", apps)
        for _ in 0..<3 {
            let resource = try await fixture.client.resource(for: Fixture.deployments.gvk)
            #expect(resource.plural == "deployments")
            #expect(resource.namespaced)
            #expect(resource.verbs == ["get", "list"])
            #expect(resource.subresources == ["scale", "status"])
        }
        fixture.transport.finish()
    }

    @Test("a kind that is missing is looked for again, but not all the time")
    func misses() async throws {
        let gvk = GroupVersionKind(group: "shop.test", version: "v1", kind: "Widget")
        fixture.transport.expect("GET", "/apis/shop.test/v1", .status(404, "NotFound"))
        for _ in 0..<5 {
            let error = await #expect(throws: KubernetesError.self) { _ = try await fixture.client.resource(for: gvk) }
            #expect(error?.code == .unknownKind)
        }
        fixture.clock.advance(by: .seconds(2))
        fixture.transport.expect(
            "GET", "/apis/shop.test/v1",
            .json(#"{"resources":[{"name":"widgets","namespaced":false,"kind":"Widget","verbs":[]}]}"#))
        #expect(try await fixture.client.resource(for: gvk).plural == "widgets")
        fixture.transport.finish()
    }

    @Test("a server in trouble is not taken for one without the kind")
    func trouble() async {
        fixture.transport.expect("GET", "/apis/apps/v1", .status(503, "ServiceUnavailable"))
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await fixture.client.resource(for: Fixture.deployments.gvk)
        }
        #expect(error?.code == .unavailable)
    }

    @Test("gives a group's versions, the preferred one first")
    func versions() async throws {
        fixture.transport.expect(
            "GET", "/apis",
            .json(
                #"{"groups":[{"name":"apps","versions":[{"version":"v1beta1"},{"version":"v1"}],"preferredVersion":{"version":"v1"}}]}"#
            ))
        #expect(try await fixture.client.discovery.versions(ofGroup: "apps") == ["v1", "v1beta1"])
        #expect(try await fixture.client.discovery.versions(ofGroup: "nope") == [])
        #expect(try await fixture.client.discovery.versions(ofGroup: "") == ["v1"])
        fixture.transport.finish()
    }
}
