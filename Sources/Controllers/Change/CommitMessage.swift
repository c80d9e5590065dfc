internal import Core
internal import Git
internal import KubernetesModel
package import SluiceAPI

/// The messages of the commits that this project makes: a subject for people, trailers for the ledger.
package enum CommitMessage {
    /// `Promote cart to production: v1.2.4 -> v1.2.5`, the reason, and the trailers of a promotion.
    package static func promotion(_ promotion: Promotion, into environment: Environment, _ change: Change) -> String {
        let spec = promotion.spec
        var trailers = CommitTrailers()
        trailers.append(Trailer.promotion, "\(promotion.namespacedName)")
        trailers.append(Trailer.promotionAttempt, String(spec.attempt))
        trailers.append(Trailer.promotionSpec, SHA256Digest(of: promotion.specJSON.jsonBytes).description)
        trailers.append(Trailer.environment, "\(environment.namespacedName)")
        for app in change.apps { trailers.append(Trailer.app, app) }
        trailers.append(Trailer.planDigest, change.digest)
        trailers.append(Trailer.requestedBy, text(of: promotion.status.requester, in: environment))
        for record in promotion.status.approvals.records where record.valid && record.decision == .approve {
            trailers.append(Trailer.approvedBy, record.user)
        }
        if !promotion.status.override.isEmpty { trailers.append(Trailer.override, promotion.status.override) }
        if !spec.reason.isEmpty { trailers.append(Trailer.reason, spec.reason) }
        return trailers.message(subject: subject(change, environment.metadata.name), body: body(change))
    }

    /// The message of a revert, with what it holds and vetoes.
    package static func rollback(_ rollback: Rollback, in environment: Environment, _ change: RollbackChange) -> String
    {
        let spec = rollback.spec
        var trailers = CommitTrailers()
        trailers.append(Trailer.rollback, "\(rollback.namespacedName)")
        trailers.append(Trailer.rollbackAttempt, String(spec.attempt))
        trailers.append(Trailer.environment, "\(environment.namespacedName)")
        for app in change.apps { trailers.append(Trailer.app, app) }
        for commit in change.commits { trailers.append(Trailer.reverts, commit.hex) }
        for app in rollback.status.holds { trailers.append(Trailer.hold, app) }
        for version in rollback.status.vetoes { trailers.append(Trailer.veto, version) }
        trailers.append(Trailer.requestedBy, text(of: rollback.status.requester, in: environment))
        if !rollback.status.planDigest.isEmpty { trailers.append(Trailer.planDigest, rollback.status.planDigest) }
        for record in rollback.status.approvals.records where record.valid && record.decision == .approve {
            trailers.append(Trailer.approvedBy, record.user)
        }
        if !rollback.status.override.isEmpty { trailers.append(Trailer.override, rollback.status.override) }
        if !spec.reason.isEmpty { trailers.append(Trailer.reason, spec.reason) }
        let apps = change.apps.count == 1 ? change.apps[0] : "\(change.apps.count) apps"
        return trailers.message(
            subject: "Roll back \(apps) in \(environment.metadata.name): \(change.what)".bounded(to: 120))
    }

    /// The message of the commit by which a rollback's holds and vetoes are lifted for good.
    package static func release(_ rollback: Rollback, in environment: Environment, by releaser: Identity) -> String {
        var trailers = CommitTrailers()
        trailers.append(Trailer.release, "\(rollback.namespacedName)")
        trailers.append(Trailer.rollbackAttempt, String(rollback.spec.attempt))
        trailers.append(Trailer.environment, "\(environment.namespacedName)")
        trailers.append(Trailer.requestedBy, text(of: releaser, in: environment))
        return trailers.message(
            subject: "Release rollback \(rollback.metadata.name) in \(environment.metadata.name)".bounded(to: 120))
    }

    private static func subject(_ change: Change, _ environment: String) -> String {
        let moved = change.items.filter { !$0.noop }
        guard let first = moved.first, change.apps.count == 1 else {
            return "Promote \(change.apps.count) apps to \(environment)"
        }
        let versions =
            moved.count > 1
            ? "" : first.image.isEmpty ? ": files" : ": \(first.from.isEmpty ? "none" : first.from) -> \(first.to)"
        return "Promote \(first.app) to \(environment)\(versions)".bounded(to: 120)
    }

    /// One line for each app and image, where the subject cannot say it all.
    private static func body(_ change: Change) -> String {
        let moved = change.items.filter { !$0.noop }
        guard moved.count > 1 else { return "" }
        return moved.map(\.text).joined(separator: "\n")
    }

    /// An identity as a trailer tells it; one that nobody has proved says so: not signed by any of the signers, or, where
    /// the environment names none, not looked at.
    private static func text(of identity: Identity, in environment: Environment) -> String {
        switch identity.source {
        case .unsignedCommit where !environment.spec.namesSigners: "\(identity.user) (not verified)"
        case .signedCommit, .admissionWebhook, .automatic: identity.user
        case .unsignedCommit: "\(identity.user) (not signed)"
        case .unknown, nil: "unknown"
        }
    }
}

extension EnvironmentSpec {
    /// Whether there is a list of signers by which a commit could be verified.
    fileprivate var namesSigners: Bool { approvals?.signersRef != nil || source.verify.signersRef != nil }
}

extension PromotionStatus.ItemState {
    /// `cart: company/cart v1 -> v2`, or `cart: files 12ab34cd -> 56ef78ab`.
    var text: String {
        guard !image.isEmpty else { return "\(app): files \(Self.short(from)) -> \(Self.short(to))" }
        return "\(app): \(image) \(from.isEmpty ? "none" : from) -> \(to)"
    }

    private static func short(_ digest: String) -> String {
        digest.isEmpty ? "none" : String(digest.drop { $0 != ":" }.dropFirst().prefix(8))
    }
}
