internal import Core
internal import HTTP
internal import KubernetesModel
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("The Kubernetes client", .timeLimit(.minutes(1)))
struct ClientTests {
    let fixture = Fixture()
    let deployment = Manifest([
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "shop"],
    ])
    let path = "/apis/apps/v1/namespaces/shop/deployments/web"

    func failure(_ body: () async throws(KubernetesError) -> Void) async -> KubernetesError? {
        do throws(KubernetesError) {
            try await body()
            Issue.record("no error was thrown")
            return nil
        } catch {
            return error
        }
    }

    @Test("applies with the manager, forced, as JSON")
    func apply() async throws {
        fixture.transport.expect(
            "PATCH", path + "?fieldManager=sluice&force=true", .json(deployment.json.jsonText)
        ) { request in
            #expect(request.headers.contains { $0 == ("Content-Type", "application/apply-patch+yaml") })
            #expect(request.body == deployment.json.jsonBytes)
        }
        let applied = try await fixture.client.apply(Fixture.deployments, deployment, fieldManager: "sluice")
        #expect(applied.name == "web")
        #expect(fixture.counters.total(verb: "apply", resource: "deployments.apps") == 1)
        fixture.transport.finish()
    }

    @Test("reads but sends no change once the fence is closed")
    func fence() async throws {
        let (client, deployment, path) = (fixture.client, deployment, path)
        fixture.transport.expect("GET", path, .json(deployment.json.jsonText))
        let error = try await Fence.$current.withValue(Fence { false }) {
            _ = try await client.get(Fixture.deployments, namespace: "shop", name: "web")
            return await failure { () throws(KubernetesError) in
                _ = try await client.apply(Fixture.deployments, deployment, fieldManager: "sluice")
            }
        }
        #expect(error?.code == .cancelled)
        #expect(error?.disposition == .transient)
        fixture.transport.finish()
    }

    @Test("a dry run and a subresource are said in the URL")
    func applyOptions() async throws {
        fixture.transport.expect(
            "PATCH", path + "/status?fieldManager=a%20b&dryRun=All", .json(deployment.json.jsonText))
        _ = try await fixture.client.apply(
            Fixture.deployments, deployment, fieldManager: "a b", force: false, dryRun: true, subresource: "status")
        #expect(fixture.counters.total(resource: "deployments.apps/status") == 1)
        fixture.transport.finish()
    }

    @Test("deletes with propagation and preconditions")
    func delete() async throws {
        fixture.transport.expect("DELETE", path, .json(#"{"kind":"Status","status":"Success"}"#)) { request in
            let body = try? JSONValue(parsing: request.body)
            #expect(body?["propagationPolicy"] == "Foreground")
            #expect(body?["preconditions"] == ["uid": "u1", "resourceVersion": "7"])
        }
        try await fixture.client.delete(
            Fixture.deployments, namespace: "shop", name: "web",
            options: DeleteOptions(propagation: .foreground, uid: "u1", resourceVersion: "7"))
        fixture.transport.finish()
    }

    @Test(
        "patches in either language",
        arguments: [
            (ObjectPatch.merge(["spec": .null]), "application/merge-patch+json", #"{"spec":null}"#),
            (
                ObjectPatch.json([["op": "remove", "path": "/a"]]), "application/json-patch+json",
                #"[{"op":"remove","path":"/a"}]"#
            ),
        ])
    func patch(_ patch: ObjectPatch, _ type: String, _ body: String) async throws {
        fixture.transport.expect("PATCH", path, .json(deployment.json.jsonText)) { request in
            #expect(request.headers.contains { $0 == ("Content-Type", type) })
            #expect(String(decoding: request.body, as: UTF8.self) == body)
        }
        _ = try await fixture.client.patch(Fixture.deployments, namespace: "shop", name: "web", patch)
        fixture.transport.finish()
    }

    @Test("a name cannot leave its place in the URL")
    func escaping() async throws {
        fixture.transport.expect("GET", "/api/v1/namespaces/..%2Fkube-system/pods/%2E%2E", .status(404, "NotFound"))
        let gone = try await fixture.client.getIfPresent(.pods, namespace: "../kube-system", name: "..")
        #expect(gone == nil)
        fixture.transport.finish()
    }

    @Test(
        "tells what the server answered",
        arguments: [
            (409, "Conflict", KubernetesError.Code.conflict, Disposition.transient),
            (409, "AlreadyExists", .alreadyExists, .terminal), (404, "NotFound", .notFound, .transient),
            (403, "Forbidden", .forbidden, .transient), (422, "Invalid", .invalid, .terminal),
            (410, "Gone", .gone, .transient), (410, "Expired", .gone, .transient),
            (500, "InternalError", .serverError, .transient), (504, "Timeout", .timeout, .transient),
            (413, "RequestEntityTooLarge", .requestTooLarge, .terminal), (502, "", .serverError, .transient),
            (418, "Teapot", .unexpectedStatus, .transient), (400, "BadRequest", .badRequest, .terminal),
        ])
    func statuses(_ status: Int, _ reason: String, _ code: KubernetesError.Code, _ disposition: Disposition) async {
        fixture.transport.expect("GET", path, .status(status, reason, "why"))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        #expect(error?.code == code)
        #expect(error?.status == status)
        #expect(error?.disposition == disposition)
        #expect(error?.message.contains("get deployments.apps shop/web") == true)
        #expect(error?.message.contains("why") == true)
    }

    @Test("429 waits until the moment the server names")
    func retryAfter() async {
        fixture.transport.expect("GET", path, .status(429, "TooManyRequests", headers: [("Retry-After", "3")]))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        #expect(error?.disposition == .waitUntil(fixture.clock.now() + .seconds(3)))
        #expect(error?.isTooManyRequests == true)
    }

    @Test(
        "an absurd Retry-After is cut to an hour, a bad one ignored",
        arguments: [("99999999999999", 3600), ("-5", nil), ("soon", nil)])
    func absurdRetryAfter(_ value: String, _ seconds: Int?) async {
        fixture.transport.expect("GET", path, .status(503, "ServiceUnavailable", headers: [("Retry-After", value)]))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        let now: Timestamp = fixture.clock.now()
        #expect(error?.disposition == seconds.map { .waitUntil(now + .seconds($0)) } ?? .transient)
    }

    @Test(
        "an answer that is no Status, or no JSON, is told by its number", arguments: ["<html>busy</html>", "", "[1]"])
    func noStatus(_ body: String) async {
        fixture.transport.expect("GET", path, .json(body, status: 503))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        #expect(error?.code == .unavailable)
    }

    @Test("a success that is no object is malformed", arguments: ["", "{", "[]", "{}", "null"])
    func malformed(_ body: String) async {
        fixture.transport.expect("GET", path, .json(body))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        #expect(error?.code == .malformedResponse)
    }

    static let invalidSecret = #"""
        {"kind":"Status","reason":"Invalid","code":422,"message":"Secret \"db\" is invalid: data: hunter2",
         "details":{"causes":[{"reason":"FieldValueInvalid","field":"data[password]","message":"hunter2"}]}}
        """#

    @Test("errors about Secrets name reason and field, never a text of the server")
    func secrets() async {
        fixture.transport.expect(
            "PATCH", "/api/v1/namespaces/shop/secrets/db", .json(ClientTests.invalidSecret, status: 422))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.apply(
                .secrets, Manifest(["metadata": ["name": "db", "namespace": "shop"]]), fieldManager: "sluice")
        }
        #expect(error?.causes.map(\.field) == ["data[password]"])
        #expect(error.map { "\($0) \($0.causes)".contains("hunter2") } == false)
        #expect(error?.message.contains("data[password]") == true)
    }

    @Test("acts as somebody else, and refuses to act as nobody")
    func impersonation() async throws {
        fixture.transport.expect("GET", path, .json(deployment.json.jsonText)) { request in
            let headers = request.headers.filter { $0.name.hasPrefix("Impersonate") }.map { "\($0.name)=\($0.value)" }
            #expect(headers == ["Impersonate-User=ann", "Impersonate-Group=dev", "Impersonate-Group=ops"])
        }
        let ann = try fixture.client.impersonating(user: "ann", groups: ["dev", "ops"])
        _ = try await ann.get(Fixture.deployments, namespace: "shop", name: "web")
        fixture.transport.finish()
        #expect(throws: KubernetesError.self) { try fixture.client.impersonating(user: "") }
        #expect(throws: KubernetesError.self) { try fixture.client.impersonating(user: "ann", groups: [""]) }
    }

    @Test("items of a list carry kind and version, which the server leaves out")
    func listItems() async throws {
        fixture.transport.expect(
            "GET", "/apis/apps/v1/namespaces/shop/deployments?labelSelector=a%3Db%2Cc&limit=500",
            .json(#"{"kind":"DeploymentList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"x"}}]}"#))
        let items = try await fixture.client.list(
            Fixture.deployments, ObjectSelector(namespace: "shop", labels: "a=b,c"))
        #expect(items.map(\.gvk) == [Fixture.deployments.gvk])
        fixture.transport.finish()
    }

    @Test("a list without items is empty, as Go writes it")
    func nullItems() async throws {
        fixture.transport.expect("GET", "/api/v1/pods", .json(#"{"kind":"PodList","metadata":{},"items":null}"#))
        #expect(try await fixture.client.list(.pods).isEmpty)
    }

    @Test("counts what was asked, also what failed")
    func counters() async {
        fixture.transport.expect("GET", path, .failure(HTTPError(.connectFailed, "refused")))
        let error = await failure { () async throws(KubernetesError) in
            _ = try await fixture.client.get(Fixture.deployments, namespace: "shop", name: "web")
        }
        #expect(error?.code == .unreachable)
        #expect(fixture.counters.snapshot == [.init(verb: "get", resource: "deployments.apps", status: 0): 1])
    }
}
