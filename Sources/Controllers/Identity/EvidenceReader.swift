internal import Admission
internal import Core
internal import Git
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Finds out who stands behind an object: in Git, for one that the operator applied from there, and in the stamps that
/// the admission webhook gave API users.
struct EvidenceReader: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    /// The evidence for a Promotion or Rollback. Without the admission webhook an API user's word counts for nothing.
    ///
    /// - Throws: what keeps the API server from saying whether those who approved through it still may.
    func evidence<R: AskedResource>(
        for object: R, signers: SignerDirectory?
    ) async throws -> Evidence {
        let stamps = stamps(object)
        var evidence = Evidence(object, file: await versions(object.metadata), signers: signers, stamps: stamps)
        if isAutomatic(object, stamps) {
            evidence.firstRequester = Identity(user: SystemUser.automatic, source: .automatic)
            // Whoever has it run again answers for that.
            if object.attempt == 1 { evidence.requester = evidence.firstRequester }
        }
        return try await revalidated(evidence, object.environment, object.metadata.namespace)
    }

    /// Whether an Environment's override counts, and until when: whoever wrote it must be one who may.
    func override(of environment: Environment, signers: SignerDirectory?, now: Timestamp) async -> OverrideDecision {
        await overrideAndAuthor(of: environment, signers: signers, now: now).decision
    }

    /// The same, with who wrote it.
    func overrideAndAuthor(
        of environment: Environment, signers: SignerDirectory?, now: Timestamp
    ) async -> (decision: OverrideDecision, author: Identity) {
        guard environment.spec.override != nil else { return (.none, Identity()) }
        let author = Evidence.overrideBy(
            of: environment, file: await versions(environment.metadata), signers: signers, stamps: stamps(environment))
        let decision = OverrideDecision.decide(
            environment.spec.override, policy: environment.spec.windows.override, requester: author.identity,
            since: author.at, now: now)
        return (decision, author.identity)
    }

    /// Why an object cannot be gone on with: where the admission webhook is on, somebody must stand behind everything.
    func objection<Object: AskedResource>(to object: Object, by requester: Identity) -> ChangeError? {
        guard context.admission != nil, !requester.isKnown else { return nil }
        let what = object.attempt > 1 ? "attempt \(object.attempt) of this \(Object.kind)" : "this \(Object.kind)"
        return ChangeError(
            "RequesterUnknown",
            "nobody stands behind \(what): it was written past the admission webhook, by the operator's own user, "
                + "or differs from its file in Git; make it anew", disposition: .transient)
    }

    /// Why what a Rollback holds and vetoes is not lifted although its spec says so.
    func objection(toReleaseOf rollback: Rollback, by releaser: Identity) -> String? {
        guard context.admission != nil, rollback.spec.release, !releaser.isKnown else { return nil }
        return "nobody stands behind spec.release: it was written past the admission webhook, or differs from its file "
            + "in Git; set it to false and to true again"
    }

    /// Marks the approvals of API users who may not approve any more.
    private func revalidated(
        _ evidence: Evidence, _ environmentName: String, _ namespace: String
    ) async throws -> Evidence {
        let environment = NamespacedName(namespace: namespace, name: environmentName)
        guard let admission = context.admission,
            context.environment(environment)?.spec.approvals?.revalidateAtCommit ?? false
        else { return evidence }
        var claims: [ApprovalClaim] = []
        for claim in evidence.approvals {
            guard claim.identity.source == .admissionWebhook else {
                claims.append(claim)
                continue
            }
            let may = try await admission.mayStillApprove(claim.identity, in: environment)
            claims.append(
                ApprovalClaim(
                    entry: claim.entry, identity: claim.identity, at: claim.at, keyFingerprint: claim.keyFingerprint,
                    isRevoked: !may))
        }
        var evidence = evidence
        evidence.approvals = claims
        return evidence
    }

    /// Objects that the operator makes itself carry a label and come from no file. Where the webhook is on, it has
    /// stamped them as well: a label can be set by anybody who gets past it.
    private func isAutomatic<Object: AskedResource>(_ object: Object, _ stamps: StampBook) -> Bool {
        guard object.metadata.labels[Label.automatic] != nil, Origin(of: object.metadata.annotations) == nil else {
            return false
        }
        return context.admission == nil || stamps[.request(object.asked)]?.user == SystemUser.automatic
    }

    private func stamps<R: CustomResource>(_ object: R) -> StampBook {
        StampBook(of: R.kind, object.metadata, key: context.admission?.stampKey)
    }

    private func versions<R: CustomResource>(_ metadata: ObjectMeta) async -> FileVersions<R>? {
        // Only an environment of the same namespace can vouch: nobody points at a repository of their own.
        guard let origin = Origin(of: metadata.annotations), origin.environment.namespace == metadata.namespace,
            let source = context.sources.source(of: origin.environment), let head = await source.observation.head
        else { return nil }
        return try? await FileVersions<R>.read(metadata.name, from: origin.path, in: source.repository, at: head)
    }
}

extension Identity {
    /// Whether anybody stands behind it, be it by a mere claim.
    var isKnown: Bool { source != nil && source != .unknown }
}
