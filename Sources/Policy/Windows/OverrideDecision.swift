package import Core
import KubernetesModel
package import SluiceAPI

/// Whether an override is in force: who may override, for how long, and with which reason is what `windows.override` says.
package enum OverrideDecision: Sendable, Hashable {
    /// Nobody asked for one, or it is over.
    case none
    /// It does not count; the text says why and what to do.
    case refused(String)
    case granted(until: Timestamp)

    /// The end of an override that is in force.
    package var until: Timestamp? {
        if case .granted(let until) = self { until } else { nil }
    }

    /// Decides about `spec.override` of an Environment, which opens windows and freezes.
    ///
    /// - Parameters:
    ///   - requester: Who wrote the override; only a vouched-for identity counts.
    ///   - since: When it was written; nil where that is not known, and then it may not reach further than now allows.
    package static func decide(
        _ override: EnvironmentOverride?, policy: EnvironmentSpec.Override?, requester: Identity, since: Timestamp?,
        now: Timestamp
    ) -> OverrideDecision {
        guard let override, override.until > now else { return .none }
        if let refusal = refusal(reason: override.reason, policy: policy, requester: requester) { return refusal }
        guard let policy else { return .none }
        let latest = (since ?? now) + policy.maxDuration.duration
        if since == nil, override.until > latest {
            return .refused("the override may last \(policy.maxDuration) at most; set an earlier until")
        }
        let until = min(override.until, latest)
        return until > now ? .granted(until: until) : .none
    }

    /// Decides about the override of a Promotion or Rollback, which lasts for `windows.override.maxDuration`.
    package static func decide(
        _ override: GateOverride?, policy: EnvironmentSpec.Override?, requester: Identity, since: Timestamp,
        now: Timestamp
    ) -> OverrideDecision {
        guard let override, !override.gates.isEmpty else { return .none }
        if let refusal = refusal(reason: override.reason, policy: policy, requester: requester) { return refusal }
        guard let policy else { return .none }
        let until = since + policy.maxDuration.duration
        return until > now ? .granted(until: until) : .refused("the override is over; write a new one")
    }

    private static func refusal(
        reason: String, policy: EnvironmentSpec.Override?, requester: Identity
    ) -> OverrideDecision? {
        guard let policy else { return .refused("nobody may override: windows.override is not set") }
        guard requester.source == .admissionWebhook || requester.source == .signedCommit, !requester.user.isEmpty else {
            return .refused("no signed commit or API user stands behind the override")
        }
        if policy.requireReason, !reason.contains(where: { !$0.isWhitespace }) {
            return .refused("the override needs a reason")
        }
        if !policy.groups.isEmpty, Set(policy.groups).isDisjoint(with: requester.groups) {
            return .refused("\(requester.user) is in none of the groups \(policy.groups.joined(separator: ", "))")
        }
        return nil
    }
}
