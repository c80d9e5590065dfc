package import Core
package import SluiceAPI

/// A version that is to go into an app, in the forms in which a veto may name it.
package struct CandidateVersion: Sendable, Hashable {
    package let app: String
    /// The image's name, `company/cart`.
    package let image: String
    package let tag: String
    /// `sha256:…`, or empty.
    package let digest: String

    /// - Parameter tag: The tag; one that carries a digest, `v1.2.5@sha256:…`, is taken apart.
    package init(app: String, image: String, tag: String = "", digest: String = "") {
        self.app = app
        self.image = image
        let parts = tag.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self.tag = parts.first ?? ""
        self.digest = digest.isEmpty && parts.count == 2 ? parts[1] : digest
    }

    /// Whether a veto means this version: by its tag, its digest, or the whole reference.
    package func matches(_ version: String) -> Bool {
        guard !version.isEmpty else { return false }
        if version == tag || version == digest { return true }
        var references: [String] = []
        if !tag.isEmpty { references.append("\(image):\(tag)") }
        if !digest.isEmpty { references.append("\(image)@\(digest)") }
        if !tag.isEmpty, !digest.isEmpty { references.append("\(image):\(tag)@\(digest)") }
        return references.contains(version)
    }
}

/// All that the gates of one promotion or rollback look at.
package struct GateInput: Sendable {
    package enum Work: Sendable, Hashable {
        case promotion
        case rollback
    }

    package var work: Work
    package var environment: EnvironmentSpec
    package var calendar: WindowCalendar
    /// The apps that change.
    package var apps: [String]
    package var versions: [CandidateVersion]
    /// Holds and vetoes of rollbacks, beside those of the spec.
    package var holds: [EnvironmentStatus.HoldState]
    package var vetoes: [EnvironmentStatus.VetoState]
    package var notBefore: Timestamp?
    /// One for each environment of `upstream.environments`.
    package var upstream: [UpstreamObservation]
    /// Nil where the environment asks for no approvals.
    package var approvals: ApprovalVerdict?
    /// The environment's own override.
    package var environmentOverride: OverrideDecision
    /// The gates that this promotion or rollback passes over, and whether it may.
    package var override: GateOverride?
    package var overrideDecision: OverrideDecision
    /// How far the operator's clock is from the API server's; nil where that is not known yet.
    package var clockSkew: Duration?
    /// How many promotions were committed since the windows opened; looked at where `promotion.maxPerWindow` is set.
    package var committedInOpening: Int

    package init(
        work: Work, environment: EnvironmentSpec, calendar: WindowCalendar, apps: [String],
        versions: [CandidateVersion] = [], holds: [EnvironmentStatus.HoldState] = [],
        vetoes: [EnvironmentStatus.VetoState] = [], notBefore: Timestamp? = nil, upstream: [UpstreamObservation] = [],
        approvals: ApprovalVerdict? = nil, environmentOverride: OverrideDecision = .none,
        override: GateOverride? = nil, overrideDecision: OverrideDecision = .none, clockSkew: Duration? = nil,
        committedInOpening: Int = 0
    ) {
        self.work = work
        self.environment = environment
        self.calendar = calendar
        self.apps = apps
        self.versions = versions
        self.holds = holds
        self.vetoes = vetoes
        self.notBefore = notBefore
        self.upstream = upstream
        self.approvals = approvals
        self.environmentOverride = environmentOverride
        self.override = override
        self.overrideDecision = overrideDecision
        self.clockSkew = clockSkew
        self.committedInOpening = committedInOpening
    }
}
