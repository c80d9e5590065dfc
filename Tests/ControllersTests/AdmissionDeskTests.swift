import Certificates
import Core
import HTTP
import KubernetesClient
import KubernetesModel
import Logging
import SluiceAPI
import TestSupport
import Testing

@testable import Admission
@testable import Controllers

/// The webhook between the wire and the reviews: what it asks the API server, and what it says when it cannot.
@Suite("The admission desk")
struct AdmissionDeskTests {
    private let transport = ScriptedTransport()
    private let desk: AdmissionDesk

    init() throws {
        let client = KubernetesClient(
            configuration: ClusterConfiguration(server: "https://server.test:6443", credentials: .none),
            transport: transport)
        var options = WebhookOptions(namespace: "sluice", address: .service(name: "sluice-webhook", port: 443))
        options.operatorUser = "system:serviceaccount:sluice:sluice"
        desk = AdmissionDesk(
            options: options, client: client, clock: SystemClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            environments: ResourceCache<Environment> { _, _ in })
    }

    private static let accessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

    private func open() throws {
        let certificates = try WebhookCertificates.renewed(
            nil, names: desk.options.names, now: SystemClock().now()
        ).certificates
        desk.use(WebhookKeys(certificates: certificates, stampKey: StampKey.random()))
    }

    private func review(by user: String) -> [UInt8] {
        let promotion = Promotion(
            metadata: ObjectMeta(name: "p", namespace: "shop"),
            spec: PromotionSpec(
                environment: "production", items: [.init(app: "web", fromEnvironment: "staging")]))
        let json: JSONValue = [
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": [
                "uid": "u", "operation": "CREATE", "namespace": "shop", "object": promotion.manifest.json,
                "userInfo": ["username": .string(user), "groups": ["people"], "extra": ["scopes": ["s"]]],
            ],
        ]
        return json.jsonBytes
    }

    private func response(_ reply: AdmissionDesk.Reply) throws -> JSONValue {
        #expect(reply.status == 200)
        return try #require(try JSONValue(parsing: reply.body)["response"])
    }

    @Test("lets nothing through as long as it has no key")
    func closed() async {
        #expect(await desk.answer(WebhookPath.stamp, review(by: "bob")).status == 503)
        #expect(await desk.answer(WebhookPath.review, review(by: "bob")).status == 503)
    }

    @Test("answers what is no review, or comes to another path, with an error")
    func malformed() async throws {
        try open()
        for body in ["", "nonsense", "{}", "[]", #"{"request":{"uid":"u"}}"#] {
            #expect(await desk.answer(WebhookPath.review, Array(body.utf8)).status == 400)
        }
        #expect(await desk.answer("/elsewhere", review(by: "bob")).status == 404)
    }

    @Test("asks the API server for the permission, as the user with all that belongs to it", arguments: [true, false])
    func permission(_ allowed: Bool) async throws {
        try open()
        transport.expect(
            "POST", Self.accessReviews, .json(#"{"metadata":{},"status":{"allowed":\#(allowed)}}"#, status: 201)
        ) { request in
            let spec = (try? JSONValue(parsing: request.body))?["spec"]
            #expect(
                spec == [
                    "user": "bob", "groups": ["people"], "extra": ["scopes": ["s"]],
                    "resourceAttributes": [
                        "group": "sluice.dev", "version": "v1alpha1", "resource": "environments", "verb": "promote",
                        "namespace": "shop", "name": "production",
                    ],
                ])
        }
        let response = try response(await desk.answer(WebhookPath.review, review(by: "bob")))
        #expect(response["allowed"]?.boolValue == allowed)
        if !allowed {
            #expect(response["status"]?["code"]?.intValue == 403)
            #expect(
                response["status"]?["message"]?.stringValue
                    == "spec: bob may not promote in environment production; it needs the verb promote on "
                    + "environments.sluice.dev/production in namespace shop")
        }
        transport.finish()
    }

    @Test("refuses where the permission cannot be asked for")
    func unanswered() async throws {
        try open()
        transport.expect("POST", Self.accessReviews, .json("{}", status: 500))
        let response = try response(await desk.answer(WebhookPath.review, review(by: "bob")))
        #expect(response["allowed"]?.boolValue == false)
        #expect(response["status"]?["code"]?.intValue == 503)
    }

    @Test("asks for no permission of the operator's")
    func ownUser() async throws {
        try open()
        let response = try response(
            await desk.answer(WebhookPath.review, review(by: "system:serviceaccount:sluice:sluice")))
        #expect(response["allowed"]?.boolValue == true)
    }

    @Test("remembers for a second whether an approver still may")
    func revalidation() async throws {
        transport.expect(
            "POST", Self.accessReviews, .json(#"{"metadata":{},"status":{"allowed":true}}"#, status: 201))
        let environment = NamespacedName(namespace: "shop", name: "production")
        for _ in 0..<3 {
            #expect(try await desk.mayStillApprove(Identity(user: "alice", groups: ["sre"]), in: environment))
        }
        transport.finish()
    }
}

@Suite("The webhook's objects")
struct WebhookObjectTests {
    @Test("keep the keys in a Secret, and read them back")
    func secret() throws {
        let certificates = try WebhookCertificates.renewed(
            nil, names: ["a.b.svc"], now: SystemClock().now()
        ).certificates
        let keys = WebhookKeys(certificates: certificates, stampKey: StampKey.random())
        let name = NamespacedName(namespace: "sluice", name: "sluice-webhook")
        var secret = keys.secret(name, resourceVersion: "7")
        let read = try #require(WebhookKeys(secret))
        #expect(read.certificates == keys.certificates)
        #expect(read.stampKey == keys.stampKey)
        #expect(secret.resourceVersion == "7")
        // Spoilt certificates are made anew; the key of the stamps stays.
        secret.json["data"]?["tls.crt"] = nil
        #expect(WebhookKeys(secret)?.stampKey == nil)
        #expect(WebhookKeys.stampKey(of: secret) == keys.stampKey)
        secret.json["data"]?["stamp.key"] = .string(Base64.encode([1, 2, 3]))
        #expect(WebhookKeys.stampKey(of: secret) == nil)
    }

    @Test(
        "are as they must be when they say all that is wanted",
        arguments: [
            (#"{"a":1,"b":[{"c":"d","more":1}]}"#, true), (#"{"a":1,"b":[{"c":"e"}]}"#, false), (#"{"a":1}"#, false),
            (#"{"a":1,"b":[{"c":"d"},{}]}"#, false), (#"{"a":"1","b":[{"c":"d"}]}"#, false), ("[]", false),
        ])
    func covers(_ row: (live: String, covered: Bool)) throws {
        let wanted: JSONValue = ["a": 1, "b": [["c": "d"]]]
        #expect(WebhookConfigurations.covers(try JSONValue(parsing: row.live), wanted) == row.covered)
    }
}
