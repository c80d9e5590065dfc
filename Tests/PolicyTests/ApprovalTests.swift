import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

private let digest = "sha256:" + String(repeating: "a", count: 64)
private let oldDigest = "sha256:" + String(repeating: "b", count: 64)
private let now = Timestamp(seconds: 1_800_000_000)

private func claim(
    _ user: String, _ decision: Decision = .approve, groups: [String] = ["sre"], digest plan: String = digest,
    source: IdentitySource? = .signedCommit, signer: String? = nil, age: Int = 60, key: String? = nil,
    revoked: Bool = false
) -> ApprovalClaim {
    ApprovalClaim(
        entry: .init(user: user, decision: decision, planDigest: plan),
        identity: Identity(user: signer ?? user, groups: groups, source: source, evidence: "commit"),
        at: now - .seconds(age), keyFingerprint: key ?? "key-\(user)", isRevoked: revoked)
}

private func evaluate(
    _ claims: [ApprovalClaim], policy: EnvironmentSpec.Approvals = .init(required: 2), requester: String = "bob",
    authors: [String] = ["dora"]
) -> ApprovalVerdict {
    ApprovalEvaluation.evaluate(
        ApprovalInput(
            policy: policy, planDigest: digest, claims: claims, requester: Identity(user: requester),
            changeAuthors: authors, operatorUsers: ["system:serviceaccount:sluice:sluice"]),
        now: now)
}

@Suite("Approvals")
struct ApprovalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let claims: [ApprovalClaim]
        var policy = EnvironmentSpec.Approvals(required: 2)
        let reasons: [InvalidReason?]
        let gate: GateReason?
        var testDescription: String { name }
    }

    @Test("an approval ends at the whole second that its record names, so that whoever looks again then sees it ended")
    func wholeSecond() throws {
        let given = Timestamp(seconds: 1_700_000_000) + .milliseconds(700)
        let claim = ApprovalClaim(
            entry: .init(user: "alice", decision: .approve, planDigest: digest),
            identity: Identity(user: "alice", groups: ["sre"], source: .signedCommit), at: given)
        func verdict(at time: Timestamp) -> ApprovalVerdict {
            ApprovalEvaluation.evaluate(
                ApprovalInput(
                    policy: .init(required: 1, expiresAfter: .minutes(1)), planDigest: digest, claims: [claim],
                    requester: Identity(user: "bob")),
                now: time)
        }
        let end = try #require(verdict(at: given).nextExpiry)
        #expect(end == Timestamp(seconds: 1_700_000_060))
        #expect(verdict(at: end - .milliseconds(1)).valid == 1)
        #expect(verdict(at: end).valid == 0)
    }

    static let cases: [Case] = [
        Case(name: "nobody", claims: [], reasons: [], gate: .awaitingApproval),
        Case(name: "two people", claims: [claim("alice"), claim("carol")], reasons: [nil, nil], gate: nil),
        Case(name: "one person", claims: [claim("alice")], reasons: [nil], gate: .awaitingApproval),
        Case(name: "the requester", claims: [claim("bob")], reasons: [.selfApproval], gate: .selfApproval),
        Case(
            name: "the requester in other letters", claims: [claim("BOB")], reasons: [.selfApproval],
            gate: .selfApproval),
        Case(
            name: "an author of the change beside another", claims: [claim("alice"), claim("dora")],
            reasons: [nil, .selfApproval], gate: .awaitingApproval),
        Case(
            name: "requester and author where nobody separates duties", claims: [claim("bob"), claim("dora")],
            policy: .init(required: 2, separationOfDuties: []), reasons: [nil, nil], gate: nil),
        Case(
            name: "another plan", claims: [claim("alice", digest: oldDigest), claim("carol")],
            reasons: [.approvalStale, nil], gate: .approvalStale),
        Case(
            name: "too old to the second", claims: [claim("alice", age: 86_400), claim("carol", age: 86_399)],
            reasons: [.expired, nil], gate: .awaitingApproval),
        Case(
            name: "from the future", claims: [claim("alice", age: -61)], reasons: [.notYetValid],
            gate: .awaitingApproval),
        Case(
            name: "a clock a little ahead", claims: [claim("alice", age: -59)], policy: .init(), reasons: [nil],
            gate: nil),
        Case(
            name: "unsigned, automatic, unknown",
            claims: [
                claim("a", source: .unsignedCommit), claim("b", source: .automatic), claim("c", source: .unknown),
                claim("d", source: nil),
            ], reasons: [.unsigned, .unsigned, .unsigned, .unsigned], gate: .awaitingApproval),
        Case(
            name: "in another's name", claims: [claim("alice", signer: "mallory")], reasons: [.identityMismatch],
            gate: .awaitingApproval),
        Case(
            name: "without a signer", claims: [claim("alice", signer: "")], reasons: [.unsigned],
            gate: .awaitingApproval),
        Case(
            name: "the operator", claims: [claim("system:serviceaccount:sluice:sluice"), claim("system:auto")],
            reasons: [.operatorIdentity, .operatorIdentity], gate: .awaitingApproval),
        Case(
            name: "a removed signer", claims: [claim("alice", revoked: true)], reasons: [.revoked],
            gate: .approverRevoked),
        Case(
            name: "a door that is shut", claims: [claim("alice", source: .admissionWebhook)],
            policy: .init(sources: [.signedCommit]), reasons: [.sourceNotAllowed], gate: .awaitingApproval),
        Case(
            name: "one person twice", claims: [claim("alice", key: "k1"), claim("Alice", key: "k2")],
            reasons: [nil, .duplicatePerson], gate: .awaitingApproval),
        Case(
            name: "one person by the API and by a signed commit",
            claims: [claim("alice", source: .admissionWebhook, key: ""), claim("Alice", key: "k")],
            reasons: [nil, .duplicatePerson], gate: .awaitingApproval),
        Case(
            name: "one by the API, another by a signed commit",
            claims: [claim("alice", source: .admissionWebhook, key: ""), claim("carol")], reasons: [nil, nil],
            gate: nil),
        Case(
            name: "two by the API, which know no keys",
            claims: [
                claim("alice", source: .admissionWebhook, key: ""), claim("carol", source: .admissionWebhook, key: ""),
            ], reasons: [nil, nil], gate: nil),
        Case(
            name: "the requester through the API, of a request by a signed commit",
            claims: [claim("Bob", source: .admissionWebhook, key: "")], reasons: [.selfApproval], gate: .selfApproval),
        Case(
            name: "one key for two", claims: [claim("alice", key: "k"), claim("carol", key: "k")],
            reasons: [nil, .sharedKey], gate: .awaitingApproval),
        Case(
            name: "somebody who is not asked", claims: [claim("alice"), claim("carol", groups: ["sales"])],
            policy: .init(required: 1, from: [.init(group: "sre")]), reasons: [nil, .notInFrom], gate: nil),
        Case(
            name: "a group that lacks its minimum",
            claims: [claim("alice", groups: ["owners"]), claim("carol", groups: ["owners"])],
            policy: .init(required: 2, from: [.init(group: "sre", min: 1), .init(group: "owners")]),
            reasons: [nil, nil], gate: .awaitingApproval),
        Case(
            name: "a group and a person with their minimums", claims: [claim("alice"), claim("carol", groups: [])],
            policy: .init(required: 2, from: [.init(group: "sre", min: 1), .init(user: "carol", min: 1)]),
            reasons: [nil, nil], gate: nil),
        Case(
            name: "a rejection", claims: [claim("alice"), claim("carol"), claim("erin", .reject)],
            reasons: [nil, nil, nil], gate: .rejected),
        Case(
            name: "a rejection by the requester", claims: [claim("bob", .reject)], policy: .init(required: 1),
            reasons: [nil], gate: .rejected),
        Case(
            name: "a rejection that does not count",
            claims: [claim("alice"), claim("erin", .reject, source: .unsignedCommit)],
            policy: .init(required: 1), reasons: [nil, .unsigned], gate: nil),
        Case(
            name: "rejections below the threshold", claims: [claim("alice"), claim("erin", .reject)],
            policy: .init(required: 1, rejectThreshold: 2), reasons: [nil, nil], gate: nil),
        Case(
            name: "rejections that never end it", claims: [claim("alice"), claim("erin", .reject)],
            policy: .init(required: 1, rejectThreshold: 0), reasons: [nil, nil], gate: nil),
        Case(
            name: "a stale entry first, which does not use up the person",
            claims: [claim("alice", digest: oldDigest), claim("alice")],
            policy: .init(required: 1), reasons: [.approvalStale, nil], gate: nil),
    ]

    @Test("count what they should", arguments: cases)
    func counts(_ example: Case) {
        let verdict = evaluate(example.claims, policy: example.policy)
        #expect(verdict.records.map(\.invalidReason) == example.reasons)
        #expect(verdict.records.map(\.valid) == example.reasons.map { $0 == nil })
        #expect(verdict.reason == example.gate)
        #expect(verdict.isApproved == (example.gate == nil))
    }

    @Test("say what is missing")
    func message() {
        let verdict = evaluate(
            [claim("alice", groups: ["owners"]), claim("bob")],
            policy: .init(required: 2, from: [.init(group: "sre", min: 1), .init(group: "owners")]))
        #expect(
            verdict.message
                == "1 of 2 approvals, 1 more from group sre; bob's does not count: asked for the change or wrote it")
        #expect(verdict.nextExpiry == now - .seconds(60) + .seconds(86_400))
        #expect(verdict.state.valid == 1)
        #expect(verdict.state.required == 2)
    }
}

@Suite("Overrides")
struct OverrideTests {
    private let policy = EnvironmentSpec.Override(groups: ["incident"])
    private let person = Identity(user: "alice", groups: ["incident"], source: .signedCommit)

    private func decide(
        _ hours: Int64, reason: String = "INC-7", policy: EnvironmentSpec.Override?, by identity: Identity,
        since: Timestamp? = now
    ) -> OverrideDecision {
        OverrideDecision.decide(
            EnvironmentOverride(reason: reason, until: now + .seconds(hours * 3600)), policy: policy,
            requester: identity, since: since, now: now)
    }

    @Test("last as long as they say, and no longer than allowed")
    func bounded() {
        #expect(decide(1, policy: policy, by: person) == .granted(until: now + .seconds(3600)))
        #expect(decide(9, policy: policy, by: person) == .granted(until: now + .seconds(7200)))
        #expect(decide(9, policy: policy, by: person, since: now - .seconds(7200)) == .none)
        #expect(decide(0, policy: policy, by: person) == .none)
        #expect(decide(2, policy: policy, by: person, since: nil) == .granted(until: now + .seconds(7200)))
        #expect(decide(3, policy: policy, by: person, since: nil).until == nil)
    }

    @Test("are refused to strangers, without a reason, and where nobody may")
    func refused() {
        func isRefused(_ decision: OverrideDecision) -> Bool {
            if case .refused = decision { true } else { false }
        }
        #expect(isRefused(decide(1, policy: nil, by: person)))
        #expect(isRefused(decide(1, reason: " ", policy: policy, by: person)))
        #expect(isRefused(decide(1, policy: policy, by: Identity(user: "bob", groups: ["sre"], source: .signedCommit))))
        #expect(
            isRefused(
                decide(1, policy: policy, by: Identity(user: "alice", groups: ["incident"], source: .unsignedCommit))))
        #expect(isRefused(decide(1, policy: policy, by: Identity())))
        #expect(
            !isRefused(
                decide(
                    1, reason: "", policy: .init(requireReason: false),
                    by: Identity(user: "x", source: .admissionWebhook))))
        let gates = GateOverride(gates: [.window], reason: "INC-7")
        #expect(
            OverrideDecision.decide(gates, policy: policy, requester: person, since: now, now: now).until == now
                + .seconds(7200))
        #expect(
            isRefused(
                OverrideDecision.decide(gates, policy: policy, requester: person, since: now - .seconds(7200), now: now)
            ))
        #expect(
            OverrideDecision.decide(nil as GateOverride?, policy: policy, requester: person, since: now, now: now)
                == .none)
    }
}
