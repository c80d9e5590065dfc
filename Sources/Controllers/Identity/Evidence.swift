package import Admission
package import Core
package import Git
package import Policy
package import SluiceAPI

/// Who asked for an object and who approved it, as the commits that introduced its entries prove it, or the admission
/// webhook's stamps.
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

    package var requester: Identity
    /// One for each entry of `spec.approvals`, not judged by any policy yet.
    package var approvals: [ApprovalClaim]
    /// Who wrote `spec.override`.
    package let overrideBy: Authorship
    /// Who set a Rollback's `spec.release`, as its file tells it.
    package let releasedBy: Authorship

    package init(
        requester: Identity, approvals: [ApprovalClaim], overrideBy: Authorship = Authorship(),
        releasedBy: Authorship = Authorship()
    ) {
        self.requester = requester
        self.approvals = approvals
        self.overrideBy = overrideBy
        self.releasedBy = releasedBy
    }

    /// The evidence for a Promotion or a Rollback: in the history of the file that declares it, and in what the admission
    /// webhook stamped it with.
    ///
    /// A file that asks for something else than the object in the cluster proves nothing about it. Each part may be
    /// proved either way; a signed commit comes first, then a stamp, then an unsigned commit, which is a mere claim.
    package init<R: AskedResource>(
        _ object: R, file: FileVersions<R>?, signers: SignerDirectory?, stamps: StampBook
    ) {
        let asked = object.asked
        let file = file?.current?.asked == asked ? file : nil
        requester =
            Evidence.strongest(
                Evidence.authorship(of: file?.introduction { $0.asked }, signers: signers),
                stamps.request(of: asked)
            ).identity
        approvals = object.approvals.map { entry in
            let declared = file?.current?.approvals.contains(entry) ?? false
            let commit = declared ? file?.introduction { $0.approvals.first { $0 == entry } } : nil
            return Evidence.claim(entry, commit: commit, signers: signers, stamps: stamps)
        }
        overrideBy = Evidence.author(
            of: object.override, declared: file?.current?.override,
            commit: file?.introduction { $0.override }, signers: signers, stamps: stamps)
        releasedBy = Evidence.authorship(of: file?.introduction { $0.wantsRelease ? true : nil }, signers: signers)
    }

    private static func claim(
        _ entry: PromotionSpec.Approval, commit: CommitInfo?, signers: SignerDirectory?, stamps: StampBook
    ) -> ApprovalClaim {
        let signer = authorship(of: commit, signers: signers, as: entry.user)
        let stamp = stamps.approval(entry)
        // Somebody else's signature under the same words does not take the API user's own away.
        let author =
            signer.identity.user == entry.user || stamp == nil
            ? strongest(signer, stamp) : strongest(Authorship(), stamp)
        return ApprovalClaim(
            entry: entry, identity: author.identity, at: author.at, keyFingerprint: author.keyFingerprint)
    }

    /// Who wrote an Environment's `spec.override`.
    package static func overrideBy(
        of environment: Environment, file: FileVersions<Environment>?, signers: SignerDirectory?, stamps: StampBook
    ) -> Authorship {
        author(
            of: environment.spec.override, declared: file?.current?.spec.override,
            commit: file?.introduction { $0.spec.override }, signers: signers, stamps: stamps)
    }

    private static func author<Override: Equatable & Encodable>(
        of override: Override?, declared: Override?, commit: CommitInfo?, signers: SignerDirectory?, stamps: StampBook
    ) -> Authorship {
        guard let override else { return Authorship() }
        return strongest(
            authorship(of: declared == override ? commit : nil, signers: signers), stamps.override(of: override))
    }

    /// What is known from Git or, where no signature is, from the API.
    private static func strongest(_ git: Authorship, _ stamp: Stamp?) -> Authorship {
        guard git.identity.source != .signedCommit, let stamp else { return git }
        return Authorship(identity: stamp.identity, at: stamp.at)
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
