package import Core
package import Git
package import KubernetesModel
package import Kustomize
package import Logging
internal import Synchronization

/// Fetches the bases that kustomizations name in other repositories, and keeps them in mirrors.
///
/// Flow: whoever renders does so within ``rendering(for:beside:_:)``. What a render comes across and is not here is
/// fetched, and it is rendered again. A reconciler waits for that a few seconds; then it goes on without, and is called
/// again once the base is there.
///
/// Guarantees: only what is on the operator's list is fetched. A base is fetched once for each commit, by the
/// credentials of the Environment's own repository where it lies on the same server, else without any; what came with
/// some credentials is for renders with the same ones only. Assumes that a commit's id fixes its content, as Git does.
package final class RemoteBaseStore: Sendable {
    /// One base that somebody wants: a repository, by whose credentials, and a commit or a name there.
    struct Want: Hashable, Sendable {
        let repository: String
        let credentials: String
        let ref: String
    }

    package let allowed: RemoteAllowList
    private let repositories: any BaseRepositories
    private let limits: GitLimits
    private let clock: any MonotonicClock
    private let logger: Logger
    /// How long a render waits for a fetch; nil for as long as that takes.
    private let patience: Duration?
    private let metrics = GitMetrics()
    private let arrived: @Sendable (NamespacedName) -> Void
    private let state = Mutex(State())

    private struct State {
        var efforts: [Want: Effort] = [:]
        /// The repositories that are open, by URL and credentials, and when each was last asked for something.
        var uses: [[String]: (repository: any BaseRepository, at: Duration)] = [:]
    }

    /// After how long a mirror goes that nothing was asked of: an overlay names another base, credentials were replaced.
    private static let idleLimit = Duration.seconds(86_400)

    /// - Parameters:
    ///   - limits: of the operator's mirrors; see ``limits(_:)``.
    ///   - patience: how long a render waits for a fetch; nil for as long as that takes.
    ///   - repositories: where the mirrors are; nobody else may use them.
    ///   - arrived: told of each Environment that went on without a base, when it is worth another try. May not block.
    package init(
        allowed: RemoteAllowList, repositories: any BaseRepositories, limits: GitLimits, clock: any MonotonicClock,
        logger: Logger, patience: Duration?, arrived: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.allowed = allowed
        self.repositories = repositories
        self.limits = Self.limits(limits)
        self.clock = clock
        self.logger = logger
        self.patience = patience
        self.arrived = arrived
    }

    /// The limits of mirrors of bases: those of other mirrors, but never a file of this machine, and no other repository
    /// than the one that is on the list.
    package static func limits(_ limits: GitLimits) -> GitLimits {
        var limits = limits
        limits.allowFile = false
        limits.followMoves = false
        return limits
    }

    /// How many kustomizations of other repositories may lead to each other: each round finds those one step further.
    private static let rounds = 64

    /// Runs `body`, which renders, and runs it again while there are bases to fetch that it came across.
    ///
    /// - Parameters:
    ///   - environment: who is called again when something arrives that was not waited for; nil for commands.
    ///   - repository: the Environment's own, for its credentials.
    /// - Returns: what the last run gave; where a base is not here, it failed for that reason.
    package func rendering<R>(
        for environment: NamespacedName?, beside repository: GitRepository?,
        _ body: (any RemoteBases) async throws -> R
    ) async throws -> R {
        guard !allowed.isEmpty else { return try await body(NoRemoteBases()) }
        var round = 0
        while true {
            round += 1
            let view = RemoteBaseView(store: self, repository: repository)
            let result: Result<R, any Error>
            do { result = .success(try await body(view)) } catch { result = .failure(error) }
            let wanted = view.wanted
            let isWorthAnother = wanted.isEmpty ? view.foundDamage : await fetch(wanted, for: environment)
            guard isWorthAnother, round < Self.rounds else { return try result.get() }
        }
    }

    // MARK: What is here

    func answer(to reference: RemoteReference, _ view: RemoteBaseView) -> RemoteAnswer {
        let repository: any BaseRepository
        let want: Want
        do throws(GitError) {
            guard allowed.allows(reference) else {
                throw GitError(.invalidURL, "\(reference.address) is not on the operator's list")
            }
            let url = try GitURL(reference.repository, limits: limits)
            let credentials = view.repository?.credentials(for: url) ?? .anonymous
            repository = try repositories.base(url, credentials: credentials)
            want = Want(
                repository: url.text, credentials: credentials.identity, ref: reference.commit ?? reference.ref)
            let now = clock.now()
            state.withLock { $0.uses[[want.repository, want.credentials]] = (repository, now) }
            if let commit = reference.commit.flatMap(CommitID.init(hex:)),
                let tree = try repository.tree(of: commit, onDamage: { view.noteDamage() })
            {
                return .tree(tree)
            }
        } catch {
            return .failed(error)
        }
        let effort = state.withLock { $0.efforts[want] }
        switch effort?.outcome(at: clock.now()) {
        case .failed(let error): return .failed(error)
        case .found(let commit) where reference.commit == nil: return .movable(commit: commit.hex)
        default:
            view.want(want, of: repository)
            return .awaited
        }
    }

    // MARK: Fetching

    /// Fetches what is wanted, or joins those who do.
    ///
    /// - Returns: whether another run may find something that it did not find before.
    private func fetch(_ wanted: [Want: any BaseRepository], for environment: NamespacedName?) async -> Bool {
        let attempts = wanted.map { begin($0.key, of: $0.value) }
        guard let patience else {
            for attempt in attempts { await attempt.task.value }
            return true
        }
        // Who comes while it is under way waits no longer than who began it.
        let deadline = (attempts.map(\.began).max() ?? .zero) + patience
        let (ending, end) = AsyncStream.makeStream(of: Never.self)
        Task {
            for attempt in attempts { await attempt.task.value }
            end.finish()
        }
        let alarm = Task { [clock] in
            try? await clock.sleep(until: deadline)
            end.finish()
        }
        for await _ in ending {}
        alarm.cancel()
        return note(environment, wanted.keys)
    }

    /// Has an Environment called when what it wants arrives, or is worth another try.
    ///
    /// - Returns: whether any of it is settled.
    private func note(_ environment: NamespacedName?, _ wants: some Collection<Want>) -> Bool {
        let now = clock.now()
        return state.withLock { state in
            var isAnySettled = false
            for want in wants {
                // What there are no efforts for any more has come.
                let isUnderWay = state.efforts[want].map { $0.outcome(at: now) == nil } ?? false
                if !isUnderWay { isAnySettled = true }
                if let environment { state.efforts[want]?.waiting.insert(environment) }
            }
            return isAnySettled
        }
    }

    /// The fetch of a base that is under way, or else a new one.
    private func begin(
        _ want: Want, of repository: any BaseRepository
    ) -> (task: Task<Void, Never>, began: Duration) {
        let now = clock.now()
        return state.withLock { state in
            if let effort = state.efforts[want], let task = effort.task { return (task, effort.began) }
            let task = Task { await self.run(want, repository) }
            state.efforts[want, default: Effort()].begin(task, at: now)
            return (task, now)
        }
    }

    private func run(_ want: Want, _ repository: any BaseRepository) async {
        let result: Result<CommitID, GitError>
        let began = clock.now()
        do throws(GitError) {
            if let commit = CommitID(hex: want.ref) {
                try await repository.fetch(commit)
                result = .success(commit)
            } else {
                result = .success(try await repository.commit(of: want.ref))
            }
        } catch {
            result = .failure(error)
            logger.info(
                "Remote base cannot be fetched",
                metadata: .init([.repository: want.repository, .revision: want.ref, .error: error.message]))
        }
        let now = clock.now()
        metrics.finished(.fetch, (try? result.get()) == nil ? .error : .success, took: now - began)
        let (waiting, retryAt, idle) = state.withLock { state in
            var effort = state.efforts.removeValue(forKey: want) ?? Effort()
            let waiting = effort.waiting
            effort.finish(result, at: now)
            // A commit that came is found in its mirror.
            if effort.isWorthKeeping(of: want) { state.efforts[want] = effort }
            state.efforts = state.efforts.filter { !$0.value.isForgotten(at: now) }
            let idle = state.uses.filter { $0.value.at + Self.idleLimit < now }
            for key in idle.keys { state.uses[key] = nil }
            return (waiting, effort.retryAt, idle.values.map(\.repository))
        }
        waiting.forEach(arrived)
        for repository in idle { await repositories.forget(repository) }
        if let retryAt, patience != nil { Task { await self.wake(want, at: retryAt) } }
    }

    /// Calls those who want something that could not be had, when it is tried again.
    private func wake(_ want: Want, at moment: Duration) async {
        try? await clock.sleep(until: moment)
        let waiting = state.withLock { state in
            let waiting = state.efforts[want]?.waiting ?? []
            state.efforts[want]?.waiting = []
            return waiting
        }
        waiting.forEach(arrived)
    }
}
