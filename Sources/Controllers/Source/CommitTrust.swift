internal import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// Which commits of an Environment's repository count: `spec.source.verify`.
///
/// | mode        | counts where                                                                              |
/// |-------------|-------------------------------------------------------------------------------------------|
/// | None        | always                                                                                    |
/// | Head        | the branch's tip is signed                                                                |
/// | EveryCommit | the tip is signed, and so is every commit since the last one that counted here            |
///
/// The last that counted is what this process verified before, else what the cluster was synced with. Without either
/// the tip's signer vouches for what came before.
package struct CommitTrust: Sendable {
    /// What is asked of commits.
    package struct Rules: Sendable, Hashable {
        let mode: VerifyMode
        let verifier: CommitVerifier
    }

    /// The reason that a refused commit is told by.
    package static let reason = "UntrustedCommit"

    private let environment: NamespacedName
    /// Nil where the list of signers cannot be read.
    private let rules: Rules?
    private let isAsked: Bool
    /// Why the operator cannot sign what it is to sign; nil where it can or need not.
    private let signingFault: ChangeError?
    /// What was live before this process began.
    private let synced: CommitID?

    package init(_ environment: Environment, _ references: EnvironmentReferences) {
        let mode = environment.spec.source.verify.mode
        self.environment = environment.namespacedName
        isAsked = mode != .none
        rules = references.verifiers.map {
            Rules(mode: mode, verifier: CommitVerifier(signers: $0.allowed, ownKeys: references.ownKeys ?? []))
        }
        synced = CommitID(hex: environment.status.revision.synced)
        signingFault = Self.signingFault(environment.spec.source, references)
    }

    /// Why a commit may be neither rendered nor built upon; nil if it may.
    package func objection(to head: CommitID, in source: Source) async -> ChangeError? {
        guard isAsked else { return nil }
        guard let rules else { return untrusted("spec.source.verify: the list of signers cannot be read") }
        let known = await source.verified(for: environment, rules)
        if known == head { return nil }
        let verdict: HistoryVerdict
        do throws(GitError) {
            verdict = try await source.repository.verify(
                from: head, since: rules.mode == .everyCommit ? known ?? synced : nil, by: rules.verifier)
        } catch {
            return ChangeError(error.reason, error.message, disposition: error.disposition)
        }
        switch verdict {
        case .trusted:
            await source.noteVerified(head, for: environment, rules)
            return nil
        case .untrusted(let commit, _, let why):
            let since = commit == head ? "" : ", and \(head.short) builds on it"
            return untrusted("commit \(commit.short) is not trusted: \(why)\(since)")
        case .tooMany(let limit):
            return untrusted("more than \(limit) commits came since the last that was verified")
        }
    }

    /// Why no commit may be made on top of one; nil if it may. A commit on top of one that does not count would lend it
    /// the operator's own signature.
    package func objection(toBuildingOn head: CommitID, in source: Source) async -> ChangeError? {
        if let signingFault { return signingFault }
        return await objection(to: head, in: source)
    }

    private static func signingFault(
        _ source: EnvironmentSpec.Source, _ references: EnvironmentReferences
    ) -> ChangeError? {
        let field = "spec.source.push.signingKeyRef"
        guard references.signingKey == nil else { return nil }
        if source.push.signingKeyRef != nil {
            let fault = references.promotionFaults.first { $0.path == field }
            return ChangeError(
                "InvalidReference", fault?.message ?? "\(field) cannot be read", disposition: .transient)
        }
        guard source.verify.mode != .none else { return nil }
        return ChangeError(
            "SigningKeyMissing", "spec.source.verify wants signed commits, so \(field) must name a key",
            disposition: .transient)
    }

    /// The commit that stands while a newer one is refused.
    package func lastTrusted(in source: Source) async -> CommitID? {
        guard let rules, let known = await source.verified(for: environment, rules) else { return synced }
        return known
    }

    private func untrusted(_ message: String) -> ChangeError {
        ChangeError(Self.reason, message, disposition: .transient)
    }
}
