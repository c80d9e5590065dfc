package import Core
package import Git
package import KubernetesModel
package import Logging
package import SluiceAPI
internal import Synchronization

/// The sources that Environments follow: one for each repository, credentials and reference, shared by whoever names
/// the same.
package final class SourceRegistry: Sendable {
    private struct Key: Hashable {
        let url: String
        let credentials: String
        let reference: GitReference
    }

    private struct State {
        var sources: [Key: Source] = [:]
        var followed: [NamespacedName: Key] = [:]
    }

    private let repositories: GitRepositories
    private let clock: any WallClock
    private let logger: Logger
    private let changed: @Sendable (NamespacedName) -> Void
    private let rewritten: @Sendable (NamespacedName, FetchResult) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - rewritten: told of each Environment whose source was moved in a way that dropped commits.
    ///   - changed: told of each Environment whose source has moved or failed. Neither may block.
    package init(
        repositories: GitRepositories, clock: any WallClock, logger: Logger,
        rewritten: @escaping @Sendable (NamespacedName, FetchResult) -> Void,
        changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.repositories = repositories
        self.clock = clock
        self.logger = logger
        self.rewritten = rewritten
        self.changed = changed
    }

    /// The source of an Environment, followed from now on in place of the one it followed before.
    package func follow(_ environment: Environment, credentials: GitCredentials) async throws(GitError) -> Source {
        let name = environment.namespacedName
        let spec = environment.spec.source
        let repository = try repositories.repository(spec.repository, credentials: credentials)
        let reference = try spec.reference()
        let key = Key(url: repository.url.text, credentials: credentials.identity, reference: reference)
        let (source, left) = state.withLock { state -> (Source, Source?) in
            let source =
                state.sources[key]
                ?? Source(
                    repository: repository, reference: reference, clock: clock, logger: logger, rewritten: rewritten,
                    changed: changed)
            state.sources[key] = source
            let old = state.followed.updateValue(key, forKey: name)
            return (source, old == key ? nil : old.flatMap { state.sources[$0] })
        }
        await source.follow(name, every: spec.interval.duration)
        if let left { await leave(left, name) }
        return source
    }

    /// The source that an Environment follows, if it follows one.
    package func source(of environment: NamespacedName) -> Source? {
        state.withLock { state in state.followed[environment].flatMap { state.sources[$0] } }
    }

    /// Ends what ``follow(_:credentials:)`` began.
    package func unfollow(_ environment: NamespacedName) async {
        let source = state.withLock { state in
            state.followed.removeValue(forKey: environment).flatMap { state.sources[$0] }
        }
        if let source { await leave(source, environment) }
    }

    /// Ends a source that nobody follows any more, and gives up its mirror with the last source of it: credentials that
    /// are replaced every hour must not leave a mirror each.
    private func leave(_ source: Source, _ environment: NamespacedName) async {
        await source.unfollow(environment)
        let last = state.withLock { state -> GitRepository? in
            let mine = state.sources.filter { $0.value === source }.map(\.key)
            guard let key = mine.first, !state.followed.values.contains(key) else { return nil }
            state.sources[key] = nil
            return state.sources.values.contains { $0.repository === source.repository } ? nil : source.repository
        }
        if let last { await repositories.forget(last) }
    }
}

extension EnvironmentSpec.Source {
    /// What is followed: the most specific of commit, version range, tag and branch.
    package func reference() throws(GitError) -> GitReference {
        if !commit.isEmpty {
            guard let id = CommitID(hex: commit) else {
                throw GitError(.invalidInput, "spec.source.commit: write all 40 hexadecimal digits")
            }
            return .commit(id)
        }
        if !semver.isEmpty {
            guard let range = VersionRange(semver) else {
                throw GitError(.invalidInput, "spec.source.semver: \(semver.bounded(to: 80)) is no version range")
            }
            return .semver(range)
        }
        return tag.isEmpty ? .branch(branch) : .tag(tag)
    }
}
