internal import Core

/// Whose signatures make a commit count.
package struct CommitVerifier: Sendable, Hashable {
    private let signers: AllowedSigners
    /// Fingerprints of keys that count beside the list: the operator's own.
    private let ownKeys: Set<String>

    package init(signers: AllowedSigners, ownKeys: Set<String> = []) {
        self.signers = signers
        self.ownKeys = ownKeys
    }

    /// Judges one commit, as of the time that it names.
    package func verdict(_ commit: CommitInfo) -> SSHSignature.Verdict {
        let verdict = SSHSignature.verify(commit, signers: signers, at: commit.time)
        guard verdict.signer == nil, !ownKeys.isEmpty, let fingerprint = commit.signingKey,
            ownKeys.contains(fingerprint)
        else { return verdict }
        return .good(SSHSignature.Signer(principal: fingerprint, principals: [fingerprint], fingerprint: fingerprint))
    }
}

/// What verifying a stretch of history found.
package enum HistoryVerdict: Sendable, Hashable {
    /// Every commit counts; how many there were.
    case trusted(commits: Int)
    /// The newest commit that does not count, and why.
    case untrusted(CommitID, SSHSignature.Reason, String)
    /// There are more commits than were to be looked at.
    case tooMany(limit: Int)
}

extension CommitInfo {
    /// The fingerprint of the key that made the commit's SSH signature; nil if there is none, or one that was made over
    /// something else. Says nothing about whose key that is.
    package var signingKey: String? {
        guard let signature, let made = try? SSHSignature(armoured: signature.armoured),
            made.namespace == SSHSignature.gitNamespace, made.isValid(for: signature.payload)
        else { return nil }
        return made.key.fingerprint
    }
}

extension GitRepository {
    /// Verifies the commits that `tip` reaches and `trusted` does not, those of merged branches included; the tip itself
    /// always.
    ///
    /// Without `trusted` only the tip is verified: whoever signed it vouches for what it was made of. A `trusted` commit
    /// that the mirror does not hold cuts nothing off: history is verified to its beginning, up to `limit` commits.
    package func verify(
        from tip: CommitID, since trusted: CommitID?, by verifier: CommitVerifier, limit: Int = 10_000
    ) async throws(GitError) -> HistoryVerdict {
        let head = try await commitInfo(tip)
        if case .bad(let reason, let text) = verifier.verdict(head) { return .untrusted(tip, reason, text) }
        guard let trusted, trusted != tip else { return .trusted(commits: 1) }
        let commits = try await history(from: tip, limit: limit + 1, until: trusted)
        guard commits.count <= limit else { return .tooMany(limit: limit) }
        for commit in commits where commit.id != tip {
            if case .bad(let reason, let text) = verifier.verdict(commit) {
                return .untrusted(commit.id, reason, text)
            }
        }
        return .trusted(commits: max(1, commits.count))
    }
}
