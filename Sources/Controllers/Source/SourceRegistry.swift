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
    private let state = Mutex(State())

    /// - Parameter changed: told of each Environment whose source has moved or failed. Must not block.
    package init(
        repositories: GitRepositories, clock: any WallClock, logger: Logger,
        changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.repositories = repositories
        self.clock = clock
        self.logger = logger
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
                ?? Source(repository: repository, reference: reference, clock: clock, logger: logger, changed: changed)
            state.sources[key] = source
            let old = state.followed.updateValue(key, forKey: name)
            return (source, old == key ? nil : old.flatMap { state.sources[$0] })
        }
        await left?.unfollow(name)
        await source.follow(name, every: spec.interval.duration)
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
        await source?.unfollow(environment)
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
