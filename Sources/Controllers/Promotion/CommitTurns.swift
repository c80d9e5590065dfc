package import KubernetesModel
internal import Synchronization

/// Who may commit to an environment: one at a time within this process, and a promotion that has committed keeps its
/// place until it has ended, even while the caches do not show yet that it has begun.
package final class CommitTurns: Sendable {
    private struct State {
        var committing: Set<NamespacedName> = []
        var active: [NamespacedName: Set<String>] = [:]
        var ending: Set<NamespacedName> = []
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

    /// Forgets what this process knows of some environments: it takes them over, and others may have gone on meanwhile.
    package func forget(where isMeant: (NamespacedName) -> Bool) {
        state.withLock { state in
            state.active = state.active.filter { !isMeant($0.key) }
            state.ending = state.ending.filter { !isMeant($0) }
        }
    }

    /// The promotion is about to end. Others see that once the caches do, and are to look again then.
    package func willEnd(_ promotion: NamespacedName) {
        state.withLock { _ = $0.ending.insert(promotion) }
    }

    /// The promotion has ended, as the caches show, or is gone; its place is free.
    ///
    /// - Returns: whether that is news, so that others may have waited for it.
    package func finished(_ promotion: NamespacedName) -> Bool {
        state.withLock { state in
            var isNews = state.ending.remove(promotion) != nil
            for (environment, active) in state.active
            where environment.namespace == promotion.namespace && active.contains(promotion.name) {
                let left = active.subtracting([promotion.name])
                state.active[environment] = left.isEmpty ? nil : left
                isNews = true
            }
            return isNews
        }
    }
}
