package import Core
package import Git
package import KubernetesModel
package import Logging

/// One branch (or tag, or commit) of one repository, followed for the Environments that deploy from it.
///
/// One task polls the remote's refs and fetches on change; nothing else talks to the Git server unasked. Reconcilers
/// read ``observation`` and never wait for the network, so a stalled Git server delays no self-heal.
package actor Source {
    /// What is known of the source now.
    package struct Observation: Sendable {
        /// The newest commit that was fetched; nil before the first fetch.
        package var head: CommitID?
        /// Why the last look at the remote failed; nil after one that succeeded.
        package var failure: GitError?
        /// When the remote was last looked at, successfully or not; nil before the first look.
        package var checkedAt: Timestamp?
        /// What the history of ``head`` says of promotions and rollbacks.
        package var ledger = Ledger()
    }

    package nonisolated let repository: GitRepository
    package nonisolated let reference: GitReference
    private let clock: any WallClock
    private let logger: Logger
    private let changed: @Sendable (NamespacedName) -> Void
    private let metrics: GitMetrics
    private let rewritten: @Sendable (NamespacedName, FetchResult) -> Void

    private var current = Observation()
    /// Environments and how often each wants the remote looked at.
    private var intervals: [NamespacedName: Duration] = [:]
    private var poller: Task<Void, Never>?
    /// The look that is under way, and the one that follows it, where one was asked for.
    private var look: Task<Void, Never>?
    private var next: Task<Void, Never>?
    /// How old the server's word was that the last look went by.
    private var age = Duration.zero
    private var failures = 0
    /// Whether a look is due because somebody heard that the remote changed.
    private var isNudged = false
    private var nudgedAt: ContinuousClock.Instant?
    /// The time from one look that was asked for from outside to the next.
    private static let nudgePause = Duration.seconds(1)
    /// How many commits this process has pushed.
    private var pushes = 0
    /// For each Environment the newest commit that counted, and by which rules.
    private var verified: [NamespacedName: (rules: CommitTrust.Rules, commit: CommitID)] = [:]
    /// How many looks in a row must fail before a passing fault is told.
    private static let patience = 2

    /// - Parameters:
    ///   - rewritten: called for each subscriber when the reference moved in a way that dropped commits.
    ///   - changed: called for each subscriber after the head, or the failure, has changed. Neither may block.
    package init(
        repository: GitRepository, reference: GitReference, clock: any WallClock, logger: Logger,
        metrics: GitMetrics = GitMetrics(),
        rewritten: @escaping @Sendable (NamespacedName, FetchResult) -> Void,
        changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.metrics = metrics
        self.repository = repository
        self.reference = reference
        self.clock = clock
        self.logger = logger
        self.rewritten = rewritten
        self.changed = changed
    }

    package var observation: Observation { current }

    /// Whether anybody still follows this source.
    package var isFollowed: Bool { !intervals.isEmpty }

    /// Follows the source for an Environment; the first follower starts the poll.
    package func follow(_ environment: NamespacedName, every interval: Duration) {
        guard intervals.updateValue(interval, forKey: environment) != interval else { return }
        poller?.cancel()
        // It outlasts the reconcile that asks for it, and so bears no trace of that.
        poller = TraceContext.$current.withValue(nil) { Task { await self.poll() } }
    }

    /// Ends what ``follow(_:every:)`` began; the last one stops the poll.
    package func unfollow(_ environment: NamespacedName) {
        intervals[environment] = nil
        verified[environment] = nil
        if intervals.isEmpty {
            poller?.cancel()
            poller = nil
        }
    }

    /// Looks at the remote now and returns when that is done.
    ///
    /// A look that is under way may have asked before whatever made the caller call, so another follows it; calls that
    /// come meanwhile share that one.
    @discardableResult
    package func refresh() async -> Observation {
        let task =
            next
            ?? look.map { current in
                Task {
                    await current.value
                    await self.look(listedWithin: .zero)
                }
            }
        if let task {
            next = task
            await task.value
        } else {
            await look(listedWithin: .zero)
        }
        return current
    }

    /// One look, alone.
    private func look(listedWithin age: Duration) async {
        next = nil
        let task = Task { await self.lookAtRemote(listedWithin: age) }
        look = task
        await task.value
        if look == task { look = nil }
    }

    /// The last commit that was noted for an Environment under the same rules.
    package func verified(for environment: NamespacedName, _ rules: CommitTrust.Rules) -> CommitID? {
        verified[environment].flatMap { $0.rules == rules ? $0.commit : nil }
    }

    /// Remembers that a commit counts for an Environment, with all that it was built on.
    package func noteVerified(_ commit: CommitID, for environment: NamespacedName, _ rules: CommitTrust.Rules) {
        verified[environment] = (rules, commit)
    }

    /// Looks at the remote because somebody heard that it changed: now, or a second after the last such look. However
    /// often it is called, one look at most is due.
    package func nudge() {
        guard !isNudged, isFollowed else { return }
        isNudged = true
        Task { await self.answerNudge() }
    }

    private func answerNudge() async {
        // One that is under way may have asked the server before the change.
        if let look { await look.value }
        if let nudgedAt { try? await Task.sleep(until: nudgedAt + Self.nudgePause, clock: .continuous) }
        isNudged = false
        nudgedAt = .now
        await refresh()
    }

    /// Takes note of a commit that this process has pushed itself, without asking the server for it again.
    package func pushed(_ commit: CommitID) async throws(GitError) {
        pushes += 1
        if let head = current.head, try await repository.isAncestor(commit, of: head) { return }
        try await advance(to: commit, unlessPushedAfter: pushes)
        notify()
    }

    /// Takes in what a forge told of a commit that does not tell it itself.
    package func adopt(_ entry: LedgerEntry) {
        current.ledger.adopt(entry)
    }

    /// Moves the head and brings the ledger with it. After a rewritten history the ledger begins anew.
    ///
    /// - Parameter count: how many pushes there were when `commit` was what the server had. Where there is one more by
    ///   now, nothing is done.
    /// - Returns: whether it was done.
    @discardableResult
    private func advance(to commit: CommitID, unlessPushedAfter count: Int) async throws(GitError) -> Bool {
        while true {
            let known = current.ledger.head
            guard known != commit else {
                current.head = commit
                return true
            }
            var ledger = current.ledger
            if let known, try await !repository.isAncestor(known, of: commit) { ledger = Ledger() }
            let commits = try await repository.history(from: commit, limit: Ledger.depth, until: ledger.head)
            guard count == pushes else { return false }
            // Something else moved it in the meantime: this begins where that ended.
            guard known == current.ledger.head else { continue }
            ledger.advance(to: commit, commits: commits)
            current.ledger = ledger
            current.head = commit
            return true
        }
    }

    /// Polls until cancelled: at the shortest interval that a follower wants, within 10 % of it, so that many sources
    /// do not ask at once; after failures at once, then more and more slowly up to the interval.
    ///
    /// Sources of one repository fall into step: one that finds the server's references listed for another a short
    /// while ago goes by them, and polls next when that one does.
    private func poll() async {
        while !Task.isCancelled {
            let interval = intervals.values.min() ?? .seconds(60)
            if let look {
                await look.value
            } else {
                await look(listedWithin: current.head == nil || failures > 0 ? .zero : interval / 2)
            }
            var pause = interval * Double.random(in: 0.9...1.1) - age
            if failures > 0 { pause = min(pause, .seconds(1 << min(failures, 6))) }
            try? await Task.sleep(for: max(pause, interval / 4))
        }
    }

    private func lookAtRemote(listedWithin limit: Duration) async {
        let before = current
        let began = ContinuousClock.now
        var result = GitMetrics.Result.success
        defer { metrics.finished(.fetch, result, took: ContinuousClock.now - began) }
        do throws(GitError) {
            age = .zero
            var fetched: FetchResult
            var isNews: Bool
            repeat {
                let count = pushes
                fetched = try await repository.fetch(reference, listedWithin: limit)
                if fetched.historyRewritten {
                    for environment in intervals.keys { rewritten(environment, fetched) }
                }
                // What the server said before a push of ours is no news after it.
                isNews = count == pushes
                if isNews { isNews = try await advance(to: fetched.commit, unlessPushedAfter: count) }
            } while !isNews
            age = fetched.age
            current.failure = nil
            failures = 0
        } catch {
            result = .error
            failures += 1
            // One lost connection is no news while a commit is known; the next look follows in two seconds.
            if error.disposition == .terminal || current.head == nil || failures >= Self.patience {
                current.failure = error
            }
        }
        current.checkedAt = clock.now()
        if before.head != current.head || before.failure?.message != current.failure?.message || before.checkedAt == nil
        {
            if let failure = current.failure {
                logger.info(
                    "Source cannot be read",
                    metadata: .init([.repository: repository.url.text, .error: failure.message]))
            }
            if let head = current.head, head != before.head, current.failure == nil {
                // A span of its own: the poll began in whatever reconcile asked for it first.
                let trace = TraceContext.$current.withValue(nil) { TraceContext.following(head.hex) }
                TraceContext.$current.withValue(trace) {
                    logger.info(
                        "Commit was fetched",
                        metadata: .init([
                            .repository: repository.url.text, .revision: head.hex,
                            .duration: (ContinuousClock.now - began).microseconds / 1000,
                        ]))
                }
            }
            notify()
        }
    }

    private func notify() {
        for environment in intervals.keys { changed(environment) }
    }
}
