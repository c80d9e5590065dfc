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
        var calendar: WindowCalendar
        /// How far the operator's clock is from the API server's.
        var clockSkew: Duration?
        /// Whom the API server takes the operator for, which never count as a person.
        var operatorUsers: [String] = []
    }

    static func judge(_ input: Input, now: Timestamp) -> (approvals: PromotionStatus.ApprovalState, gates: [Gate]) {
        let spec = input.environment.spec
        let verdict = spec.approvals.map { policy in
            ApprovalEvaluation.evaluate(
                ApprovalInput(
                    policy: policy, planDigest: input.change.digest, claims: input.evidence.approvals,
                    requester: input.evidence.requester, changeAuthors: input.changeAuthors,
                    operatorUsers: [SystemUser.automatic, spec.source.push.author.email] + input.operatorUsers),
                now: now)
        }
        let override = input.promotion.spec.override
        let gates = GateEvaluation.evaluate(
            GateInput(
                work: .promotion, environment: spec, calendar: input.calendar, apps: input.change.apps,
                versions: versions(input.change), holds: input.restraints.holds, vetoes: input.restraints.vetoes,
                notBefore: input.promotion.spec.notBefore, upstream: upstream(input), approvals: verdict,
                environmentOverride: input.environmentOverride, override: override,
                overrideDecision: OverrideDecision.decide(
                    override, policy: spec.windows.override, requester: input.evidence.overrideBy.identity,
                    since: input.evidence.overrideBy.at ?? now, now: now),
                clockSkew: input.clockSkew),
            now: now)
        return (verdict?.state ?? PromotionStatus.ApprovalState(), gates.gates)
    }

    private static func versions(_ change: Change) -> [CandidateVersion] {
        change.items.map { item in
            item.to.hasPrefix("sha256:")
                ? CandidateVersion(app: item.app, image: item.image, digest: item.to)
                : CandidateVersion(app: item.app, image: item.image, tag: item.to)
        }
    }

    /// How the promoted versions stand in each environment that must have proved them.
    private static func upstream(_ input: Input) -> [UpstreamObservation] {
        (input.environment.spec.upstream?.environments ?? []).map { name in
            guard let environment = input.environments.first(where: { $0.metadata.name == name }) else {
                return UpstreamObservation(environment: name, exists: false)
            }
            let apps = input.change.items.filter { !$0.noop }.map { item in
                app(item, in: environment, input.promotions)
            }
            return UpstreamObservation(environment: name, apps: apps)
        }
    }

    private static func app(
        _ item: PromotionStatus.ItemState, in environment: Environment, _ promotions: [Promotion]
    ) -> UpstreamObservation.App {
        let live = environment.status.apps.first { $0.name == item.app }
        let images = live?.images.map(ImageReference.init) ?? []
        let isLive = images.contains { $0.name == item.image && ($0.version == item.to || $0.tag == item.to) }
        // A version that reached an environment by a plain commit is proved by its health alone.
        let verified = promotions.filter { $0.spec.environment == environment.metadata.name }.filter { promotion in
            promotion.status.items.contains { $0.app == item.app && $0.image == item.image && $0.to == item.to }
        }
        let isVerified =
            verified.isEmpty ? live?.health == .healthy : verified.contains { $0.status.phase == .succeeded }
        return UpstreamObservation.App(
            name: item.app, version: item.to, isLive: isLive && live?.sync == .synced,
            health: live?.health ?? .unknown, isVerified: isVerified, healthySince: soakStart(live))
    }

    /// Since when this very version is live and healthy: health from before it came does not count.
    private static func soakStart(_ app: EnvironmentStatus.App?) -> Timestamp? {
        guard let since = app?.since, let healthy = app?.healthySince else { return nil }
        return max(since, healthy)
    }
}
