package import Core
package import Forge
package import Git
package import KubernetesModel
internal import Synchronization

/// What forges said of pull requests, for as long as it is not worth asking again. Losing it costs a question.
package final class ProposalBook: Sendable {
    package struct Key: Hashable, Sendable {
        package let kind: LedgerEntry.Kind
        package let name: NamespacedName
        package let attempt: Int

        package init(_ subject: ProposalSubject) {
            kind = subject.kind
            name = subject.name
            attempt = subject.attempt
        }
    }

    /// A pull request, if there is one, and the tip of its branch.
    package struct Sighting: Sendable, Hashable {
        package var pullRequest: PullRequest?
        package var tip: CommitID?
    }

    package struct Entry: Sendable {
        package let sighting: Result<Sighting, ChangeError>
        /// The tip of the branch that is merged into, as it was then.
        package let head: CommitID
        /// When the forge is worth asking again.
        package let until: Timestamp
    }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// What was said, unless its time is over, or the branch has moved since: perhaps because of the merge.
    package func entry(_ key: Key, head: CommitID, now: Timestamp) -> Entry? {
        guard let entry = entries.withLock({ $0[key] }), entry.until > now else { return nil }
        if case .success = entry.sighting, entry.head != head { return nil }
        return entry
    }

    package func note(_ key: Key, _ entry: Entry) {
        entries.withLock { $0[key] = entry }
    }

    /// The forge is to be asked at the next occasion.
    package func expire(_ key: Key) {
        entries.withLock { $0[key] = nil }
    }

    /// Something happened in the repository of this environment's namespace.
    package func expire(namespace: String) {
        entries.withLock { entries in
            entries = entries.filter { entry in
                // Who was told to come back later does so.
                if case .failure = entry.value.sighting { return true }
                return entry.key.name.namespace != namespace
            }
        }
    }
}
