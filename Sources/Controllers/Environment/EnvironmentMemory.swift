package import Git
package import KubernetesModel
internal import SluiceAPI
internal import Sync
internal import Synchronization

/// What is remembered of an Environment between two reconciles, to do no work twice. Losing it costs time only.
package final class EnvironmentMemory: Sendable {
    /// What the desired state was computed from: equal inputs give equal results.
    package struct Inputs: Hashable, Sendable {
        package let revision: CommitID
        /// The Environment's generation, for everything in its spec.
        package let generation: Int64

        package init(revision: CommitID, generation: Int64) {
            self.revision = revision
            self.generation = generation
        }
    }

    /// What the apps of an environment want at one commit.
    package struct Desired: Sendable {
        package var versions: [String: EnvironmentObservation.AppVersion] = [:]
        package var failures: [String: String] = [:]
        /// Submodules where apps would be.
        package var submodules: [String] = []

        package init() {}
    }

    private struct State {
        var desired: [Inputs: Desired] = [:]
        var order: [Inputs] = []
        var retries: [String: RetryState] = [:]
        var orphans: OrphanWatch.Finding?
        var told: Set<String> = []
        var pace = StatusPace()
    }

    /// How many commits' desired states are kept: the head, the last synced, and one that is on its way.
    private static let kept = 4

    private let state = Mutex(State())

    package init() {}

    package func desired(_ inputs: Inputs) -> Desired? { state.withLock { $0.desired[inputs] } }

    package func remember(_ desired: Desired, for inputs: Inputs) {
        state.withLock { state in
            if state.desired.updateValue(desired, forKey: inputs) == nil { state.order.append(inputs) }
            while state.order.count > Self.kept { state.desired[state.order.removeFirst()] = nil }
        }
    }

    /// What the last look for orphans found.
    var orphans: OrphanWatch.Finding? {
        get { state.withLock { $0.orphans } }
        set { state.withLock { $0.orphans = newValue } }
    }

    /// When the status was written last, and how long that took.
    package var pace: StatusPace {
        get { state.withLock { $0.pace } }
        set { state.withLock { $0.pace = newValue } }
    }

    /// Which of these were not told of yet; they are from now on.
    package func news(_ subjects: [String]) -> [String] {
        state.withLock { state in subjects.filter { state.told.insert($0).inserted } }
    }

    package func retry(_ app: String) -> RetryState { state.withLock { $0.retries[app] ?? RetryState() } }

    package func updateRetry(_ app: String, _ change: (inout RetryState) -> Void) {
        state.withLock { change(&$0.retries[app, default: RetryState()]) }
    }
}

/// The memories of all Environments of this replica.
package final class EnvironmentMemories: Sendable {
    private let memories = Mutex<[NamespacedName: EnvironmentMemory]>([:])

    package init() {}

    package subscript(name: NamespacedName) -> EnvironmentMemory {
        memories.withLock { memories in
            if let known = memories[name] { return known }
            let made = EnvironmentMemory()
            memories[name] = made
            return made
        }
    }

    package func forget(_ name: NamespacedName) { memories.withLock { $0[name] = nil } }
}
