import Core
import KubernetesModel
import Testing

@testable import Admission

@Suite("Admission reviews on the wire")
struct AdmissionReviewTests {
    private static let review = #"""
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"705ab4f5","kind":{},
        "operation":"UPDATE","subResource":"status","namespace":"shop","name":"cart","dryRun":true,
        "userInfo":{"username":"alice","uid":"u-1","groups":["sre"],"extra":{"scopes":["a","b"]}},
        "object":{"metadata":{"name":"cart"}},"oldObject":{"metadata":{"name":"old"}},"options":{}}}
        """#

    @Test("are read as the API server sends them")
    func reads() throws {
        let request = try AdmissionRequest(parsing: Array(Self.review.utf8))
        #expect(request.uid == "705ab4f5")
        #expect(request.operation == .update)
        #expect(request.subresource == "status")
        #expect(request.namespace == "shop")
        #expect(request.isDryRun)
        #expect(request.user == .init(name: "alice", uid: "u-1", groups: ["sre"], extra: ["scopes": ["a", "b"]]))
        #expect(request.object?.name == "cart")
        #expect(request.oldObject?.name == "old")
    }

    static let malformed: [(what: String, from: String, to: String)] = [
        ("another version", "admission.k8s.io/v1", "admission.k8s.io/v1beta1"),
        ("another kind", "AdmissionReview", "TokenReview"),
        ("no request", "\"request\"", "\"question\""),
        ("no identifier", "\"705ab4f5\"", "\"\""),
        ("no operation", "\"UPDATE\"", "\"PATCH\""),
        ("no user", "\"alice\"", "\"\""),
        ("a user that is no text", "\"alice\"", "7"),
        ("no object", "\"object\"", "\"objekt\""),
        ("no old object", "\"oldObject\"", "\"altes\""),
        ("an object that is none", "{\"metadata\":{\"name\":\"old\"}}", "[1,2]"),
        ("an end too early", "\"options\":{}}}", "\"options\":{}"),
        ("something after the end", "\"options\":{}}}", "\"options\":{}}}}"),
    ]

    @Test("are refused where they are malformed", arguments: malformed)
    func refuses(_ row: (what: String, from: String, to: String)) throws {
        let text = Self.review.replacing(row.from, with: row.to)
        try #require(text != Self.review)
        #expect(throws: AdmissionError.self) { try AdmissionRequest(parsing: Array(text.utf8)) }
    }

    @Test("never end the process, whatever the bytes are")
    func fuzz() {
        let bytes = Array(Self.review.utf8)
        for index in bytes.indices {
            _ = try? AdmissionRequest(parsing: Array(bytes[..<index]))
            var broken = bytes
            broken[index] = 0xFF
            _ = try? AdmissionRequest(parsing: broken)
            broken[index] = UInt8(ascii: "{")
            _ = try? AdmissionRequest(parsing: broken)
        }
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: AdmissionError.self) { try AdmissionRequest(parsing: deep) }
    }

    @Test("are answered in the form that the API server takes")
    func answers() {
        #expect(
            AdmissionAnswer(uid: "u", patch: [["op": "remove", "path": "/a"]], warnings: ["w"]).json.jsonText
                == #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":true,"patch":"W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL2EifV0=","patchType":"JSONPatch","uid":"u","warnings":["w"]}}"#
        )
        #expect(
            AdmissionAnswer(
                uid: "u", refusal: .init(code: 403, message: "no", causes: [.init(field: "f", message: "m")])
            )
            .json.jsonText
                == #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":false,"status":{"code":403,"details":{"causes":[{"field":"f","message":"m","reason":"FieldValueInvalid"}]},"message":"no","reason":"Forbidden","status":"Failure"},"uid":"u"}}"#
        )
    }
}
