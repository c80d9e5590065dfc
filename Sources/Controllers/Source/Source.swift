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
        /// When the branch last moved in a way that dropped commits it had before.
        package var rewrittenAt: Timestamp?
    }

    package nonisolated let repository: GitRepository
    package nonisolated let reference: GitReference
    private let clock: any WallClock
    private let logger: Logger
    private let changed: @Sendable (NamespacedName) -> Void
    private let metrics: GitMetrics

    private var current = Observation()
    /// Environments and how often each wants the remote looked at.
    private var intervals: [NamespacedName: Duration] = [:]
    private var poller: Task<Void, Never>?
    private var look: Task<Void, Never>?
    private var failures = 0
    /// Whether a look is due because somebody heard that the remote changed.
    private var isNudged = false
    private var nudgedAt: ContinuousClock.Instant?
    /// The time from one look that was asked for from outside to the next.
    private static let nudgePause = Duration.seconds(1)
    /// How many looks in a row must fail before a passing fault is told.
    private static let patience = 2

    /// - Parameter changed: called for each subscriber after the head, or the failure, has changed. Must not block.
    package init(
        repository: GitRepository, reference: GitReference, clock: any WallClock, logger: Logger,
        metrics: GitMetrics = GitMetrics(), changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.metrics = metrics
        self.repository = repository
        self.reference = reference
        self.clock = clock
        self.logger = logger
        self.changed = changed
    }

    package var observation: Observation { current }

    /// Whether anybody still follows this source.
    package var isFollowed: Bool { !intervals.isEmpty }

    /// Follows the source for an Environment; the first follower starts the poll.
    package func follow(_ environment: NamespacedName, every interval: Duration) {
        guard intervals.updateValue(interval, forKey: environment) != interval else { return }
        poller?.cancel()
        poller = Task { await self.poll() }
    }

    /// Ends what ``follow(_:every:)`` began; the last one stops the poll.
    package func unfollow(_ environment: NamespacedName) {
        intervals[environment] = nil
        if intervals.isEmpty {
            poller?.cancel()
            poller = nil
        }
    }

    /// Looks at the remote now and returns when that is done. Calls at the same time share one look.
    @discardableResult
    package func refresh() async -> Observation {
        if let look {
            await look.value
            return current
        }
        let task = Task { await self.lookAtRemote() }
        look = task
        await task.value
        return current
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
        guard current.head != commit else { return }
        try await advance(to: commit)
        notify()
    }

    /// Takes in what a forge told of a commit that does not tell it itself.
    package func adopt(_ entry: LedgerEntry) {
        current.ledger.adopt(entry)
    }

    /// Moves the head and brings the ledger with it. After a rewritten history the ledger begins anew.
    private func advance(to commit: CommitID) async throws(GitError) {
        guard current.ledger.head != commit else {
            current.head = commit
            return
        }
        var ledger = current.ledger
        if let known = ledger.head, try await !repository.isAncestor(known, of: commit) { ledger = Ledger() }
        let commits = try await repository.history(from: commit, limit: Ledger.depth, until: ledger.head)
        ledger.advance(to: commit, commits: commits)
        current.ledger = ledger
        current.head = commit
    }

    /// Polls until cancelled: at the shortest interval that a follower wants, within 10 % of it, so that many sources
    /// do not ask at once; after failures at once, then more and more slowly up to the interval.
    private func poll() async {
        while !Task.isCancelled {
            await refresh()
            let interval = intervals.values.min() ?? .seconds(60)
            var pause = interval * Double.random(in: 0.9...1.1)
            if failures > 0 { pause = min(pause, .seconds(1 << min(failures, 6))) }
            try? await Task.sleep(for: pause)
        }
    }

    private func lookAtRemote() async {
        defer { look = nil }
        let before = current
        let began = ContinuousClock.now
        var result = GitMetrics.Result.success
        defer { metrics.finished(.fetch, result, took: ContinuousClock.now - began) }
        do throws(GitError) {
            let fetched = try await repository.fetch(reference)
            try await advance(to: fetched.commit)
            current.failure = nil
            failures = 0
            if fetched.historyRewritten { current.rewrittenAt = clock.now() }
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
            notify()
        }
    }

    private func notify() {
        for environment in intervals.keys { changed(environment) }
    }
}
