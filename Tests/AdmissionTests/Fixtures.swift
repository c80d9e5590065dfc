import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Admission

let now = Timestamp(seconds: 1_800_000_000)
let digest = "sha256:" + String(repeating: "a", count: 64)

/// A key for tests; another seed is another key.
func key(_ seed: UInt8 = 7) throws -> StampKey {
    try #require(StampKey([UInt8](repeating: seed, count: StampKey.length)))
}

func user(_ name: String, groups: [String] = ["sre", "system:authenticated"]) -> AdmissionRequest.User {
    AdmissionRequest.User(name: name, uid: "uid-of-\(name)", groups: groups)
}

func entry(_ user: String, plan: String = digest, comment: String = "") -> PromotionSpec.Approval {
    PromotionSpec.Approval(user: user, planDigest: plan, comment: comment)
}

func promotion(
    approvals: [PromotionSpec.Approval] = [], override: GateOverride? = nil, name: String = "cart"
) -> Promotion {
    Promotion(
        metadata: ObjectMeta(name: name, namespace: "shop"),
        spec: PromotionSpec(
            environment: "production", items: [.init(app: "cart", fromEnvironment: "staging")], reason: "CHG-1",
            approvals: approvals, override: override))
}

/// What the API server does around the webhook: it takes writes one after the other, has them stamped, stores them.
///
/// Writes without the webhook are those that came while it was away.
struct Server {
    let reviewer: Reviewer
    private var serial = 0
    private(set) var stored: Manifest?
    var clock = now

    init(key: StampKey) {
        reviewer = Reviewer(key: key)
    }

    var promotion: Promotion {
        get throws { try Promotion(manifest: try #require(stored)) }
    }

    var book: StampBook {
        get throws { try book(key()) }
    }

    func book(_ key: StampKey) throws -> StampBook {
        let object = try promotion
        return StampBook(of: Promotion.kind, object.metadata, key: key)
    }

    func request(
        _ manifest: Manifest?, by user: AdmissionRequest.User, _ operation: AdmissionRequest.Operation? = nil,
        subresource: String = "", dryRun: Bool = false
    ) -> AdmissionRequest {
        AdmissionRequest(
            uid: "review-\(serial)", operation: operation ?? (stored == nil ? .create : .update),
            subresource: subresource, namespace: "shop", user: user, isDryRun: dryRun, object: manifest,
            oldObject: stored)
    }

    /// One write; what is refused is not stored.
    @discardableResult
    mutating func write(
        _ manifest: Manifest, by user: AdmissionRequest.User, as writer: Writer = .person
    ) throws -> Verdict {
        serial += 1
        let stamped = reviewer.stamp(request(manifest, by: user), by: writer, now: clock)
        try #require(stamped.refusal == nil)
        let object = complete(try apply(stamped.patch, to: manifest))
        let verdict = reviewer.review(request(object, by: user), by: writer)
        if verdict.isAllowed { stored = object }
        return verdict
    }

    /// One write while nobody reviews.
    mutating func writeUnreviewed(_ manifest: Manifest) { stored = complete(manifest) }

    /// What the server itself sets before validation.
    private func complete(_ manifest: Manifest) -> Manifest {
        var object = manifest
        object.json["metadata"]?["uid"] = stored?.json["metadata"]?["uid"] ?? .string("uid-\(serial)")
        object.json["metadata"]?["creationTimestamp"] =
            stored?.json["metadata"]?["creationTimestamp"] ?? .string(clock.rfc3339)
        if object.name.isEmpty, let prefix = object.metadata["generateName"]?.stringValue {
            object.json["metadata"]?["name"] = .string(prefix + "x7k2p")
        }
        return object
    }

    /// The three operations that the webhook's patches consist of.
    private func apply(_ patch: [JSONValue], to manifest: Manifest) throws -> Manifest {
        var object = manifest
        for operation in patch {
            let path = try #require(operation["path"]?.stringValue)
            if path == "/metadata/annotations" {
                object.json["metadata"]?["annotations"] = [:]
            } else {
                try #require(path == "/metadata/annotations/sluice.dev~1stamps")
                object.setAnnotation(
                    Annotation.stamps, operation["op"] == "remove" ? nil : operation["value"]?.stringValue)
            }
        }
        return object
    }
}
