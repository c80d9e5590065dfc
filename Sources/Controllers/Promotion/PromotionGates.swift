internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Puts a promotion before the policy of its environment: what approvals count for, and how every gate stands.
enum PromotionGates {
    struct Input: Sendable {
        var promotion: Promotion
        var environment: Environment
        /// All environments of the namespace, for what upstream says.
        var environments: [Environment]
        /// Promotions of the namespace, for what was verified upstream.
        var promotions: [Promotion]
        var change: Change
        var evidence: Evidence
        var changeAuthors: [String]
        var restraints: Restraints
        var environmentOverride: OverrideDecision
        var overrideAuthor: Identity
        var calendar: WindowCalendar
        /// How far the operator's clock is from the API server's.
        var clockSkew: Duration?
        /// Whom the API server takes the operator for, which never count as a person.
        var operatorUsers: [String] = []
        /// How many promotions were committed since the windows opened.
        var committedInOpening: Int
    }

    struct Judgement: Sendable {
        let approvals: PromotionStatus.ApprovalState
        let gates: [Gate]
        /// Who passed over which gates, and why.
        let override: String
        /// When the gates may stand differently although nothing happens.
        let nextChange: Timestamp?
    }

    static func judge(_ input: Input, now: Timestamp) -> Judgement {
        let spec = input.environment.spec
        let verdict = spec.approvals.map { policy in
            ApprovalEvaluation.evaluate(
                ApprovalInput(
                    policy: policy, planDigest: input.change.digest, claims: input.evidence.approvals,
                    requester: input.evidence.requester, firstRequester: input.evidence.firstRequester,
                    changeAuthors: input.changeAuthors,
                    operatorUsers: [SystemUser.automatic, spec.source.push.author.email] + input.operatorUsers),
                now: now)
        }
        let override = input.promotion.spec.override
        let decision = OverrideDecision.decide(
            override, policy: spec.windows.override, requester: input.evidence.overrideBy.identity,
            since: input.evidence.overrideBy.at ?? now, now: now)
        let gates = GateEvaluation.evaluate(
            GateInput(
                work: .promotion, environment: spec, calendar: input.calendar, apps: input.change.apps,
                versions: CandidateVersion.versions(of: input.change.items), holds: input.restraints.holds,
                vetoes: input.restraints.vetoes,
                notBefore: input.promotion.spec.notBefore,
                upstream: UpstreamReader(environments: input.environments, promotions: input.promotions)
                    .observations(of: input.change.items, in: spec.upstream),
                approvals: verdict,
                environmentOverride: input.environmentOverride, override: override,
                overrideDecision: decision, clockSkew: input.clockSkew,
                committedInOpening: input.committedInOpening),
            now: now)
        return Judgement(
            approvals: verdict?.state ?? PromotionStatus.ApprovalState(), gates: gates.gates,
            override: OverrideRecord.text(
                override, decision, by: input.evidence.overrideBy.identity, environment: input.environment,
                input.environmentOverride, by: input.overrideAuthor), nextChange: gates.nextChange)
    }
}
