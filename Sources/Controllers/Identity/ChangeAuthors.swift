internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI

/// Who wrote the change that a promotion carries on: those may not approve it where duties are separated.
///
/// They are the authors of all commits to the app's folder upstream since the app was last promoted into the target (of
/// the newest one alone, where it never was), and whoever asked for those of them that were promotions themselves. What
/// such a promotion carried on is looked for further upstream, so that the authors do not get lost on the way through
/// stages that promote by themselves.
struct ChangeAuthors: Sendable {
    let context: OperatorContext

    /// How many commits of one folder are looked at.
    private static let depth = 200

    /// Names and addresses, as approvers are named.
    func authors(
        of promotion: Promotion, _ change: Change, into target: Environment
    ) async throws(GitError) -> [String] {
        var authors: Set<String> = []
        var named = Set(promotion.spec.items.flatMap { [$0.fromEnvironment, $0.path?.from ?? ""] })
        named.formUnion(target.spec.upstream?.environments ?? [])
        let ledger = await context.sources.source(of: target.namespacedName)?.observation.ledger
        for app in change.apps {
            let last = ledger?.entries.first {
                $0.kind == .promotion && $0.environment == "\(target.namespacedName)" && $0.apps.contains(app)
            }
            var visited: Set<String> = [target.metadata.name, ""]
            try await collect(
                app, from: named.sorted(), namespace: target.metadata.namespace, since: last?.commit, &visited,
                &authors)
        }
        return authors.subtracting([""]).sorted()
    }

    private func collect(
        _ app: String, from environments: [String], namespace: String, since last: CommitID?,
        _ visited: inout Set<String>, _ authors: inout Set<String>
    ) async throws(GitError) {
        for name in environments where visited.insert(name).inserted {
            let key = NamespacedName(namespace: namespace, name: name)
            guard let environment = context.environment(key), let source = context.sources.source(of: key),
                let head = await source.observation.head
            else { continue }
            let path = AppPath(environment.spec.source.path).path(of: app)
            // Another repository does not know the commit, and then as much is looked at as there is.
            var known = false
            if let last { known = try await source.repository.contains(last) }
            let commits = try await source.repository.history(
                from: head, path: path, limit: last == nil ? 1 : Self.depth, until: known ? last : nil)
            // A commit that only claims to be the operator's is its author's.
            let keys = try? await EnvironmentReferences.read(of: environment, context.references).ownKeys
            var carriesOn = false
            for commit in commits {
                if let entry = LedgerEntry(commit), keys?.contains(entry.signedBy) ?? true {
                    carriesOn = carriesOn || entry.kind == .promotion
                    let requester = String(entry.requestedBy.prefix { $0 != " " })
                    if requester != SystemUser.automatic { authors.insert(requester) }
                } else {
                    authors.formUnion([commit.author.email, commit.author.name])
                }
            }
            if carriesOn {
                try await collect(
                    app, from: environment.spec.upstream?.environments ?? [], namespace: namespace, since: last,
                    &visited, &authors)
            }
        }
    }
}
