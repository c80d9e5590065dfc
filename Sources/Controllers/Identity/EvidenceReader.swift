internal import Core
internal import Git
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Looks in Git for who stands behind an object that the operator applied from there.
struct EvidenceReader: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    /// The evidence for a Promotion. An object that was not applied from Git has none: without the admission webhook an
    /// API user's word counts for nothing.
    func evidence(for promotion: Promotion, signers: SignerDirectory?) async -> Evidence {
        if promotion.spec.approvals.isEmpty, let identity = automatic(promotion.metadata) {
            return Evidence(requester: identity, approvals: [])
        }
        let file: FileVersions<Promotion>? = await versions(promotion.metadata)
        return Evidence(promotion, file: file ?? FileVersions(versions: [], complete: false), signers: signers)
    }

    /// Who asked for a Rollback.
    func requester(of rollback: Rollback, signers: SignerDirectory?) async -> Identity {
        if let identity = automatic(rollback.metadata) { return identity }
        let file: FileVersions<Rollback>? = await versions(rollback.metadata)
        return Evidence.requester(
            of: rollback, file: file ?? FileVersions(versions: [], complete: false), signers: signers)
    }

    /// Whether an Environment's override counts, and until when: whoever wrote it must be one who may.
    func override(of environment: Environment, signers: SignerDirectory?, now: Timestamp) async -> OverrideDecision {
        guard environment.spec.override != nil else { return .none }
        let file: FileVersions<Environment>? = await versions(environment.metadata)
        let author =
            file.map { Evidence.overrideBy(of: environment, file: $0, signers: signers) } ?? Evidence.Authorship()
        return OverrideDecision.decide(
            environment.spec.override, policy: environment.spec.windows.override, requester: author.identity,
            since: author.at, now: now)
    }

    /// Objects that the operator makes itself carry a label and come from no file.
    private func automatic(_ metadata: ObjectMeta) -> Identity? {
        metadata.labels[Label.automatic] == nil || Origin(of: metadata.annotations) != nil
            ? nil : Identity(user: SystemUser.automatic, source: .automatic)
    }

    private func versions<R: CustomResource>(_ metadata: ObjectMeta) async -> FileVersions<R>? {
        // Only an environment of the same namespace can vouch: nobody points at a repository of their own.
        guard let origin = Origin(of: metadata.annotations), origin.environment.namespace == metadata.namespace,
            let source = context.sources.source(of: origin.environment), let head = await source.observation.head
        else { return nil }
        return try? await FileVersions<R>.read(metadata.name, from: origin.path, in: source.repository, at: head)
    }
}

/// Who wrote the change that a promotion carries on: those may not approve it where duties are separated.
struct ChangeAuthors: Sendable {
    let context: OperatorContext

    /// Names and addresses of the authors of the last change to each promoted app upstream, or, where that change was
    /// itself a promotion, of whoever asked for that.
    func authors(of promotion: Promotion, _ change: Change) async throws(GitError) -> [String] {
        var authors: Set<String> = []
        let upstream = Set(promotion.spec.items.map(\.fromEnvironment)).subtracting([""])
        for name in upstream {
            let key = NamespacedName(namespace: promotion.metadata.namespace, name: name)
            guard let environment = context.environment(key), let source = context.sources.source(of: key),
                let head = await source.observation.head
            else { continue }
            for app in change.apps {
                let path = AppPath(environment.spec.source.path).path(of: app)
                guard let commit = try await source.repository.history(from: head, path: path, limit: 1).first else {
                    continue
                }
                if let entry = LedgerEntry(commit) {
                    authors.insert(String(entry.requestedBy.prefix { $0 != " " }))
                } else {
                    authors.formUnion([commit.author.email, commit.author.name])
                }
            }
        }
        return authors.subtracting([""]).sorted()
    }
}
