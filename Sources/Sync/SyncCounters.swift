internal import Synchronization

/// Counts what a cluster was asked, for metrics and for the proof that nothing was asked in vain.
package final class SyncCounters: Sendable {
    /// A reading at one moment.
    package struct Snapshot: Sendable, Hashable {
        package var applied = 0
        /// Objects of a plan that stood and were not sent.
        package var skipped = 0
        package var pruned = 0
        package var dryRuns = 0
        package var reads = 0
        package var failed = 0
        /// Requests that the server put off (429).
        package var throttled = 0

        package init() {}
    }

    private let counts = Mutex(Snapshot())

    package init() {}

    package var snapshot: Snapshot { counts.withLock { $0 } }

    package func add(_ change: (inout Snapshot) -> Void) {
        counts.withLock { change(&$0) }
    }
}
