package import KubernetesModel
internal import Synchronization

/// Who may commit to an environment: one at a time within this process, and a promotion that has committed keeps its
/// place until it has ended, even while the caches do not show yet that it has begun.
package final class CommitTurns: Sendable {
    private struct State {
        var committing: Set<NamespacedName> = []
        var active: [NamespacedName: Set<String>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// The promotions that have begun to commit and have not ended, as far as this process knows.
    package func active(in environment: NamespacedName) -> Set<String> {
        state.withLock { $0.active[environment] ?? [] }
    }

    /// Takes the turn of an environment if nobody has it.
    ///
    /// - Parameter promotion: nil for a rollback, which takes no place among the promotions.
    package func begin(_ environment: NamespacedName, promotion: String?, limit: Int) -> Bool {
        state.withLock { state in
            var active = state.active[environment] ?? []
            if let promotion {
                active.insert(promotion)
                guard active.count <= max(1, limit) else { return false }
            }
            guard state.committing.insert(environment).inserted else { return false }
            state.active[environment] = active
            return true
        }
    }

    /// Gives the turn back after the push, or after it failed; `pushed` keeps the promotion's place.
    package func end(_ environment: NamespacedName, promotion: String?, pushed: Bool) {
        state.withLock { state in
            state.committing.remove(environment)
            if let promotion, !pushed { state.active[environment]?.remove(promotion) }
        }
    }

    /// The promotion has ended; its place is free.
    package func finished(_ environment: NamespacedName, promotion: String) {
        state.withLock { state in
            guard var active = state.active[environment], active.remove(promotion) != nil else { return }
            state.active[environment] = active.isEmpty ? nil : active
        }
    }
}
