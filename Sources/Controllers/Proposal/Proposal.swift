package import Core
package import Forge
package import Git
package import KubernetesModel
package import SluiceAPI

/// The pull request of one attempt and the branch behind it, as they were last seen.
package struct Proposal: Sendable, Hashable {
    /// What is on the branch.
    package enum Content: Sendable, Hashable {
        /// There is no branch.
        case none
        /// Our own commit; `isCurrent` where it is the one that would be made now.
        case ours(CommitID, isCurrent: Bool)
        /// What somebody else has put there.
        case foreign(CommitID, by: String)
    }

    package var branch: String
    package var content: Content
    /// Nil where none was opened for this attempt.
    package var pullRequest: PullRequest?
    /// When it is looked at again by itself.
    package var nextLook: Timestamp

    package init(branch: String, content: Content, pullRequest: PullRequest?, nextLook: Timestamp) {
        self.branch = branch
        self.content = content
        self.pullRequest = pullRequest
        self.nextLook = nextLook
    }

    /// The commit at the branch's tip.
    package var commit: CommitID? {
        switch content {
        case .none: nil
        case .ours(let commit, _), .foreign(let commit, _): commit
        }
    }

    /// The pull request while it can still be merged.
    package var open: PullRequest? { pullRequest.flatMap { $0.state == .open ? $0 : nil } }

    /// How a status tells it; nil where there is no pull request. What somebody else put on the branch is not ours to
    /// vouch for, so the commit stays the one that is known.
    package func state(known: PullRequestState?) -> PullRequestState? {
        guard let pullRequest else { return nil }
        let phase: PullRequestPhase =
            switch pullRequest.state {
            case .open: .open
            case .merged: .merged
            case .closed: .closed
            }
        var commit = known?.commit ?? ""
        if case .ours(let mine, _) = content { commit = mine.hex }
        return PullRequestState(number: pullRequest.number, url: pullRequest.url, phase: phase, commit: commit)
    }
}

/// Whose pull request it is: one attempt of a Promotion or Rollback, or the release of a Rollback.
package struct ProposalSubject: Sendable, Hashable {
    package let kind: LedgerEntry.Kind
    package let name: NamespacedName
    package let attempt: Int
    /// What the status says of it; nil for an attempt that has just begun, and after the loss of the status.
    package let recorded: PullRequestState?

    package init(_ promotion: Promotion) {
        kind = .promotion
        name = promotion.namespacedName
        attempt = promotion.spec.attempt
        recorded = promotion.status.attempt == attempt ? promotion.status.pullRequest : nil
    }

    package init(_ rollback: Rollback) {
        kind = .rollback
        name = rollback.namespacedName
        attempt = rollback.spec.attempt
        recorded = rollback.status.attempt == attempt ? rollback.status.pullRequest : nil
    }

    /// The commit that lifts what a Rollback holds and vetoes. No status remembers its pull request: its branch does.
    package init(releaseOf rollback: Rollback) {
        kind = .release
        name = rollback.namespacedName
        attempt = rollback.spec.attempt
        recorded = nil
    }

    /// The longest name of a branch, in bytes; Git's own files allow no more.
    private static let nameLimit = 200

    /// `sluice/<namespace>/<name>`, and `sluice-rollback/…` for a Rollback, which may have a Promotion's name, and
    /// `sluice-release/…` for its release.
    package var branch: String {
        let folder =
            switch kind {
            case .promotion: "sluice"
            case .rollback: "sluice-rollback"
            case .release: "sluice-release"
            }
        var last = name.name
        // No branch may be called so, and no object may be called as this one is then.
        if last.hasSuffix(".lock") { last += "-" }
        if last.utf8.count > Self.nameLimit - 80 {
            last = String(last.prefix(80)) + "-" + String(SHA256Digest(of: name.name).hex.prefix(16))
        }
        return "\(folder)/\(name.namespace)/\(last)"
    }

    /// `Promotion shop/cart-v2`, `Rollback shop/undo` or `Release of Rollback shop/undo`.
    package var title: String {
        switch kind {
        case .promotion: "Promotion \(name)"
        case .rollback: "Rollback \(name)"
        case .release: "Release of Rollback \(name)"
        }
    }

    /// Whether a commit's or a description's trailers name this object; the attempt is another matter.
    package func isNamed(in trailers: CommitTrailers) -> Bool {
        let trailer =
            switch kind {
            case .promotion: Trailer.promotion
            case .rollback: Trailer.rollback
            case .release: Trailer.release
            }
        return trailers[trailer] == "\(name)"
    }

    /// The attempt that trailers name.
    package func attempt(in trailers: CommitTrailers) -> Int? {
        trailers[kind == .promotion ? Trailer.promotionAttempt : Trailer.rollbackAttempt].flatMap { Int($0) }
    }
}
