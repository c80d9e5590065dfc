import Core
import KubernetesModel
import Policy
import SluiceAPI
import Testing

@testable import Admission
@testable import Controllers
@testable import Git

/// Who stands behind a Promotion that Git declares, that API users wrote, or both.
@Suite struct EvidenceTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let plan = "sha256:" + String(repeating: "a", count: 64)

    private static func entry(_ user: String) -> PromotionSpec.Approval { .init(user: user, planDigest: plan) }

    private static func promotion(_ approvals: [String] = [], override: GateOverride? = nil) -> Promotion {
        Promotion(
            metadata: ObjectMeta(name: "p", namespace: "shop", uid: "u", creationTimestamp: now),
            spec: PromotionSpec(
                environment: "production", items: [.init(app: "web", fromEnvironment: "staging")],
                approvals: approvals.map(entry), override: override))
    }

    /// The versions of a file, newest first, each with who wrote it; nobody signed.
    private static func file(_ versions: [(String, Promotion)]) throws -> FileVersions<Promotion> {
        FileVersions(
            versions: try versions.enumerated().map { index, version in
                let id = try #require(CommitID(hex: String(repeating: "\(index)", count: 40)))
                let identity = GitIdentity(name: version.0, email: "\(version.0)@company.example")
                let commit = CommitInfo(
                    id: id, parents: [], author: identity, committer: identity, time: now, message: "",
                    trailers: CommitTrailers(), signature: nil)
                return FileVersions<Promotion>.Version(commit: commit, object: version.1)
            }, complete: true)
    }

    /// The stamps that the webhook gives people who write one part after the other.
    private static func stamps(
        _ promotion: Promotion, request: String? = nil, approvals: [String] = [], later: String? = nil
    ) throws -> StampBook {
        let key = try #require(StampKey([UInt8](repeating: 7, count: StampKey.length)))
        func stamp(_ role: Stamp.Role, _ digest: String, _ user: String) -> Stamp {
            Stamp(
                role, .object(uid: "u"), of: digest, by: AdmissionRequest.User(name: user, groups: ["sre"]), at: now,
                review: "r", of: Promotion.kind, in: "shop", key: key)
        }
        let asked = StampedPart.request(promotion.spec.asked)
        return StampBook(
            (request.map { [stamp(asked.role, asked.digest, $0)] } ?? [])
                + (later.map { user in promotion.laterParts.map { stamp($0.role, $0.digest, user) } } ?? []),
            approvals: approvals.map { stamp(.approval, Stamp.digest(of: entry($0)), $0) })
    }

    @Test func `an API user stands behind what only the API knows`() throws {
        let promotion = Self.promotion(["alice", "carol"])
        let evidence = Evidence(
            promotion, file: nil, signers: nil,
            stamps: try Self.stamps(promotion, request: "bob", approvals: ["alice"]))
        #expect(
            evidence.requester
                == Identity(
                    user: "bob", groups: ["sre"], source: .admissionWebhook, evidence: "admission/r"))
        #expect(evidence.approvals.map(\.identity.source) == [.admissionWebhook, .unknown])
        #expect(evidence.approvals.map(\.at) == [Self.now, nil])
    }

    @Test func `without stamps and without a file nobody does`() {
        let evidence = Evidence(Self.promotion(["alice"]), file: nil, signers: nil, stamps: StampBook())
        #expect(evidence.requester.source == .unknown)
        #expect(evidence.approvals.map(\.identity.source) == [.unknown])
    }

    @Test func `an approval through the API counts on a promotion that Git declares`() throws {
        let declared = Self.promotion()
        let live = Self.promotion(["alice"])
        let evidence = Evidence(
            live, file: try Self.file([("bob", declared)]), signers: nil,
            stamps: try Self.stamps(live, approvals: ["alice"]))
        // The request is the commit's, the approval the API's.
        #expect(evidence.requester.user == "bob@company.example")
        #expect(evidence.requester.source == .unsignedCommit)
        #expect(evidence.approvals.map(\.identity.user) == ["alice"])
        #expect(evidence.approvals.map(\.identity.source) == [.admissionWebhook])
    }

    @Test func `a stamp goes before an unsigned commit`() throws {
        let promotion = Self.promotion(["alice"])
        let evidence = Evidence(
            promotion, file: try Self.file([("mallory", promotion), ("mallory", Self.promotion())]), signers: nil,
            stamps: try Self.stamps(promotion, request: "bob", approvals: ["alice"]))
        #expect(evidence.requester.user == "bob")
        #expect(evidence.approvals.map(\.identity.source) == [.admissionWebhook])
    }

    @Test func `a file that asks for something else proves nothing`() throws {
        var other = Self.promotion(["alice"])
        other.spec.items = [.init(app: "web", fromEnvironment: "dev")]
        let evidence = Evidence(
            Self.promotion(["alice"]), file: try Self.file([("bob", other)]), signers: nil, stamps: StampBook())
        #expect(evidence.requester.source == .unknown)
        #expect(evidence.approvals.map(\.identity.source) == [.unknown])
    }

    @Test func `an entry that the file does not hold any more is proved by nobody`() throws {
        let evidence = Evidence(
            Self.promotion(["alice"]),
            file: try Self.file([("bob", Self.promotion()), ("alice", Self.promotion(["alice"]))]), signers: nil,
            stamps: StampBook())
        #expect(evidence.requester.source == .unsignedCommit)
        #expect(evidence.approvals.map(\.identity.source) == [.unknown])
    }

    @Test func `an override is whose that wrote it, by either way`() throws {
        let override = GateOverride(gates: [.window], reason: "INC-7")
        let promotion = Self.promotion(override: override)
        let stamped = Evidence(
            promotion, file: try Self.file([("bob", Self.promotion())]), signers: nil,
            stamps: try Self.stamps(promotion, later: "alice"))
        #expect(stamped.overrideBy.identity.user == "alice")
        let declared = Evidence(
            promotion, file: try Self.file([("bob", promotion)]), signers: nil, stamps: StampBook())
        #expect(declared.overrideBy.identity.user == "bob@company.example")
        let nobody = Evidence(promotion, file: nil, signers: nil, stamps: StampBook())
        #expect(nobody.overrideBy.identity.source == .unknown)
    }

    @Test func `a later attempt is whose that raised it, and both count as having asked`() throws {
        var promotion = Self.promotion()
        let first = promotion
        promotion.spec.attempt = 2
        var stamps = try Self.stamps(promotion, request: "bob")
        let unstamped = Evidence(promotion, file: nil, signers: nil, stamps: stamps)
        #expect(unstamped.requester.source == .unknown)
        #expect(unstamped.firstRequester.user == "bob")
        stamps = try Self.stamps(promotion, request: "bob", later: "alice")
        let raised = Evidence(promotion, file: nil, signers: nil, stamps: stamps)
        #expect(raised.requester.user == "alice" && raised.firstRequester.user == "bob")
        // A stamp of the second attempt says nothing of the third.
        promotion.spec.attempt = 3
        #expect(Evidence(promotion, file: nil, signers: nil, stamps: stamps).requester.source == .unknown)
        // In Git it is the commit since which the file says so.
        promotion.spec.attempt = 2
        let declared = Evidence(
            promotion, file: try Self.file([("carol", promotion), ("bob", first)]), signers: nil, stamps: StampBook())
        #expect(declared.requester.user == "carol@company.example")
        #expect(declared.firstRequester.user == "bob@company.example")
        // A file that has the first one proves nothing of the second.
        let old = Evidence(promotion, file: try Self.file([("bob", first)]), signers: nil, stamps: StampBook())
        #expect(old.requester.source == .unknown)
    }

    @Test func `an abort is whose that wrote it`() throws {
        var promotion = Self.promotion()
        promotion.spec.abort = true
        let evidence = Evidence(
            promotion, file: nil, signers: nil, stamps: try Self.stamps(promotion, request: "bob", later: "alice"))
        #expect(evidence.abortedBy.user == "alice")
        let plain = Evidence(Self.promotion(), file: nil, signers: nil, stamps: StampBook())
        #expect(plain.abortedBy == Identity())
    }
}
