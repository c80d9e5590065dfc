package import Core
internal import KubernetesModel
package import SluiceAPI

/// When an app may be synced again after tries that failed, and how often it was healed against somebody's will.
///
/// A failed version is retried with the backoff of `spec.sync.retry`; another version starts afresh at once. Healing
/// starts at once too, and slows down while somebody keeps undoing it:
///
/// | heal in a row | waits  |
/// |---------------|--------|
/// | 1             | 0      |
/// | 2             | 2 s    |
/// | 3             | 6 s    |
/// | 4             | 18 s   |
/// | 7 and later   | 5 min  |
package struct RetryState: Sendable {
    /// After this long without drift the next one is healed at once again.
    private static let calm = Duration.seconds(600)
    private static let healBase = Duration.seconds(2)
    private static let healCap = Duration.seconds(300)

    /// What was tried: a digest of everything that the app wants.
    private var version = ""
    private var failures = 0
    private var failedAt: Timestamp?
    /// Why the last try failed.
    private var failure = ""
    /// The version that was last synced whole.
    private var settled = ""
    private var heals = 0
    private var healedAt: Timestamp?
    /// What was undone at the last heal, for messages.
    private var healedLast = ""
    /// Which version waits for its health, and since when.
    private var waiting: (version: String, since: Timestamp)?

    package init() {}

    /// Whether the limit of tries is reached for this version.
    package func isExhausted(_ version: String, policy: EnvironmentSpec.Retry) -> Bool {
        version == self.version && failures > policy.limit
    }

    /// When this version may be tried, or nil for never again.
    ///
    /// - Parameter jitter: between 0 and 1, spreads retries over the last tenth of each wait.
    package func nextTry(_ version: String, policy: EnvironmentSpec.Retry, jitter: Double) -> Timestamp? {
        guard version == self.version, failures > 0, let failedAt else { return .some(Timestamp(seconds: 0)) }
        guard failures <= policy.limit else { return nil }
        let base = policy.backoff.duration.duration
        var wait = base
        for _ in 1..<max(1, failures) {
            wait = min(wait * policy.backoff.factor, policy.backoff.maxDuration.duration)
        }
        return failedAt + min(wait, policy.backoff.maxDuration.duration) * (0.9 + 0.1 * jitter)
    }

    package mutating func failed(_ version: String, at now: Timestamp, because failure: String = "") {
        self.failure = failure
        failures = version == self.version ? failures + 1 : 1
        self.version = version
        failedAt = now
    }

    package mutating func succeeded(_ version: String, isSynced: Bool) {
        failures = 0
        failedAt = nil
        if isSynced { settled = version }
    }

    /// Why this version could not be synced at the last try; nil if it could, or was not tried.
    package func failure(of version: String) -> String? {
        version == self.version && failures > 0 && !failure.isEmpty ? failure : nil
    }

    /// How often in a row this version could not be synced.
    package func failures(of version: String) -> Int { version == self.version ? failures : 0 }

    /// Whether this version was synced whole before: what is left to do for it can only be healing.
    package func isSettled(_ version: String) -> Bool { version == settled }

    /// Whether any version was synced whole by this process.
    package var knowsSettled: Bool { !settled.isEmpty }

    /// When drift may be healed: at once, unless it was healed lately.
    package func nextHeal(now: Timestamp) -> Timestamp {
        guard let healedAt, heals > 0, now - healedAt < Self.calm else { return now }
        return healedAt + healWait
    }

    private var healWait: Duration {
        var wait = Self.healBase
        for _ in 1..<max(heals, 1) { wait = min(wait * 3, Self.healCap) }
        return wait
    }

    /// - Parameter what: who changed what, as people should read it.
    package mutating func healed(at now: Timestamp, _ what: String = "") {
        if let healedAt, now - healedAt >= Self.calm { heals = 0 }
        heals += 1
        healedAt = now
        healedLast = what
    }

    /// Who keeps undoing what is healed; nil where nobody does.
    package func contest(now: Timestamp) -> Contest? {
        guard isFighting(now: now), let healedAt else { return nil }
        return Contest(
            what: healedLast, heals: heals, resumesAt: healedAt + healWait, endsAt: healedAt + Self.calm)
    }

    /// A fight over fields, which slows healing down.
    package struct Contest: Sendable, Hashable {
        /// Who changed what the last time.
        package let what: String
        /// How often it was undone in a row.
        package let heals: Int
        /// When it is undone again at the earliest.
        package let resumesAt: Timestamp
        /// When it is over, unless something has to be undone until then.
        package let endsAt: Timestamp

        /// `Deployment.apps prod/web: kubectl changed spec.replicas; undone 4 times in a row, again at … at the earliest`
        package var message: String {
            "\(what); undone \(heals) times in a row, again at \(resumesAt.wholeSeconds.rfc3339) at the earliest"
        }
    }

    // MARK: Waiting for health

    /// Takes note that a version waits for its health; returns since when it does.
    package mutating func waits(_ version: String, at now: Timestamp) -> Timestamp {
        if let waiting, waiting.version == version { return waiting.since }
        waiting = (version, now)
        return now
    }

    package mutating func waitsNoMore() { waiting = nil }

    /// Whether drift came back soon after it was healed: somebody fights.
    package func isFighting(now: Timestamp) -> Bool {
        guard let healedAt else { return false }
        return heals > 2 && now - healedAt < Self.calm
    }
}
