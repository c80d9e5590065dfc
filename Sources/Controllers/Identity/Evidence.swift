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

    /// Who asked for this attempt: for the first whoever wrote the object, for a later one whoever raised `spec.attempt`.
    package var requester: Identity
    /// Who wrote the object, where a later attempt was asked for by somebody else.
    package var firstRequester: Identity
    /// One for each entry of `spec.approvals`, not judged by any policy yet.
    package var approvals: [ApprovalClaim]
    /// Who wrote `spec.override`.
    package let overrideBy: Authorship
    /// Who set `spec.abort`.
    package let abortedBy: Identity
    /// Who set a Rollback's `spec.release`.
    package let releasedBy: Identity

    /// What is known of an object whose requester has been written down, and that nobody approves any more.
    package init(requester: Identity) {
        self.requester = requester
        firstRequester = requester
        approvals = []
        overrideBy = Authorship()
        abortedBy = Identity()
        releasedBy = Identity()
    }

    /// The evidence for a Promotion or Rollback: in the history of the file that declares it, and in what the admission
    /// webhook stamped it with.
    ///
    /// A file that asks for something else than the object in the cluster proves nothing about it. Each part may be
    /// proved either way; a signed commit comes first, then a stamp, then an unsigned commit, which is a mere claim.
    package init<Object: AskedResource>(
        _ object: Object, file: FileVersions<Object>?, signers: SignerDirectory?, stamps: StampBook
    ) {
        let asked = object.asked
        let file = file?.current?.asked == asked ? file : nil
        let declared = file?.current
        /// Who wrote a part that the object has, by the file where that has it too.
        func author<Value: Equatable & Sendable>(
            of part: StampedPart, _ select: (Object) -> Value?
        ) -> Authorship {
            let isDeclared = declared.map { select($0) == select(object) } ?? false
            let commit = isDeclared ? file?.introduction(select) : nil
            return Evidence.strongest(Evidence.authorship(of: commit, signers: signers), stamps[part])
        }
        firstRequester = author(of: .request(asked)) { $0.asked }.identity
        let attempt = object.attempt
        requester =
            attempt > 1
            ? author(of: .attempt(attempt)) { $0.attempt == attempt ? attempt : nil }.identity : firstRequester
        approvals = object.approvals.map { entry in
            let isDeclared = declared?.approvals.contains(entry) ?? false
            let commit = isDeclared ? file?.introduction { $0.approvals.first { $0 == entry } } : nil
            return Evidence.claim(entry, commit: commit, signers: signers, stamps: stamps)
        }
        overrideBy = object.override.map { author(of: .override($0)) { $0.override } } ?? Authorship()
        abortedBy = object.wantsAbort ? author(of: .abort) { $0.wantsAbort ? true : nil }.identity : Identity()
        releasedBy =
            object.wantsRelease ? author(of: .release) { $0.wantsRelease ? true : nil }.identity : Identity()
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
        guard let override = environment.spec.override else { return Authorship() }
        let commit = file?.current?.spec.override == override ? file?.introduction { $0.spec.override } : nil
        return strongest(authorship(of: commit, signers: signers), stamps[.override(override)])
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
