package import Core
package import Git
package import Policy
package import SluiceAPI

/// Who asked for an object and who approved it, as the commits that introduced its entries prove it.
package struct Evidence: Sendable, Hashable {
    /// Who wrote an entry, and when.
    package struct Authorship: Sendable, Hashable {
        package var identity: Identity
        package var at: Timestamp?
        /// Of the key that signed; empty without a signature that counts.
        package var keyFingerprint: String

        package init(identity: Identity = Identity(source: .unknown), at: Timestamp? = nil, keyFingerprint: String = "")
        {
            self.identity = identity
            self.at = at
            self.keyFingerprint = keyFingerprint
        }
    }

    package let requester: Identity
    /// One for each entry of `spec.approvals`, not judged by any policy yet.
    package let approvals: [ApprovalClaim]
    /// Who wrote `spec.override`.
    package let overrideBy: Authorship

    package init(requester: Identity, approvals: [ApprovalClaim], overrideBy: Authorship = Authorship()) {
        self.requester = requester
        self.approvals = approvals
        self.overrideBy = overrideBy
    }

    /// The evidence for a Promotion in the history of its file.
    ///
    /// An object in the cluster that says something else than its file has no evidence at all: nobody signed it.
    package init(_ promotion: Promotion, file: FileVersions<Promotion>, signers: SignerDirectory?) {
        guard let current = file.current, current.spec == promotion.spec else {
            self.init(
                requester: Identity(source: .unknown),
                approvals: promotion.spec.approvals.map {
                    ApprovalClaim(entry: $0, identity: Identity(source: .unknown), at: nil)
                })
            return
        }
        self.init(
            requester: Evidence.authorship(of: file.introduction { $0.spec.asked }, signers: signers).identity,
            approvals: current.spec.approvals.map { entry in
                let commit = file.introduction { object in object.spec.approvals.first { $0 == entry } }
                let author = Evidence.authorship(of: commit, signers: signers, as: entry.user)
                return ApprovalClaim(
                    entry: entry, identity: author.identity, at: author.at, keyFingerprint: author.keyFingerprint)
            },
            overrideBy: Evidence.authorship(of: file.introduction { $0.spec.override }, signers: signers))
    }

    /// The requester of a Rollback.
    package static func requester(
        of rollback: Rollback, file: FileVersions<Rollback>, signers: SignerDirectory?
    ) -> Identity {
        guard let current = file.current, current.spec == rollback.spec else { return Identity(source: .unknown) }
        let commit = file.introduction { object in
            var spec = object.spec
            spec.release = false
            spec.attempt = 1
            return spec
        }
        return authorship(of: commit, signers: signers).identity
    }

    /// Who wrote an Environment's `spec.override`.
    package static func overrideBy(
        of environment: Environment, file: FileVersions<Environment>, signers: SignerDirectory?
    ) -> Authorship {
        guard let current = file.current, current.spec.override == environment.spec.override else {
            return Authorship()
        }
        return authorship(of: file.introduction { $0.spec.override }, signers: signers)
    }

    /// The signer of a commit, or, as a mere claim, the author that it names.
    ///
    /// - Parameter user: the principal to prefer where a key stands for several.
    package static func authorship(
        of commit: CommitInfo?, signers: SignerDirectory?, as user: String? = nil
    ) -> Authorship {
        guard let commit else { return Authorship() }
        guard let signers, let signer = SSHSignature.verify(commit, signers: signers.allowed, at: commit.time).signer
        else {
            let claim = Identity(user: commit.author.email, source: .unsignedCommit, evidence: commit.id.hex)
            return Authorship(identity: claim, at: commit.time)
        }
        let name = user.flatMap { signer.principals.contains($0) ? $0 : nil } ?? signer.principal
        let identity = Identity(
            user: name, groups: signers.groups(of: name), source: .signedCommit, evidence: commit.id.hex)
        return Authorship(identity: identity, at: commit.time, keyFingerprint: signer.fingerprint)
    }
}

extension PromotionSpec {
    /// What was asked for: the spec without what may change after it was asked.
    fileprivate var asked: PromotionSpec {
        var spec = self
        spec.approvals = []
        spec.override = nil
        spec.abort = false
        spec.attempt = 1
        return spec
    }
}
