/// How long to wait after a number of failures in a row: it doubles up to a limit, and half of it is random so that
/// what failed together does not come back together.
package struct Backoff: Sendable, Hashable {
    /// The wait after the first failure, before jitter.
    package var base: Duration
    /// The longest wait.
    package var limit: Duration

    package init(base: Duration = .milliseconds(500), limit: Duration = .seconds(300)) {
        self.base = max(base, .milliseconds(1))
        self.limit = max(limit, self.base)
    }

    /// The wait after `failures` failures in a row, for a random number in `0..<1`.
    ///
    /// With a base of 500 ms and a limit of 5 min, the wait lies in
    ///
    /// | failures | from | below |
    /// |---|---|---|
    /// | 1 | 250 ms | 500 ms |
    /// | 2 | 500 ms | 1 s |
    /// | 5 | 4 s | 8 s |
    /// | 11 and more | 150 s | 300 s |
    package func delay(failures: Int, random: Double) -> Duration {
        var full = base
        for _ in 1..<max(failures, 1) {
            guard full < limit else { break }
            full *= 2
        }
        full = min(full, limit)
        return full / 2 + full / 2 * min(max(random, 0), 1)
    }
}
