package import ControllerRuntime
package import Core
internal import Forge
package import KubernetesModel
package import Notifications
package import SluiceAPI
internal import Synchronization

/// Takes what is to be told and returns at once, whatever those who are to be told do.
///
/// Flow: reconcilers ``post(_:_:of:)`` after they have written a status; a ``NotificationReconciler`` delivers, one
/// letter at a time for each recipient. Guarantees: memory is bounded by ``Outbox``, and what is lost is counted.
package final class NotificationDesk: Sendable {
    /// Deliveries to one host at a time: a host that hangs must leave room for the others.
    private static let perHost = 2
    /// How long a pending report waits for a better one, which mostly follows within a second.
    private static let pendingDelay = Duration.seconds(2)

    private struct State {
        var outbox = Outbox()
        /// Who could not be told, and why.
        var failures: [RecipientKey: String] = [:]
        var hosts: [String: Int] = [:]
    }

    package let queue = WorkQueue<RecipientKey>()
    private let metrics: NotificationMetrics
    private let clock: any WallClock
    private let changed: @Sendable (NamespacedName) -> Void
    private let state = Mutex(State())

    /// - Parameter changed: told of each Environment that has another recipient that cannot be told, or one less.
    package init(
        metrics: NotificationMetrics = NotificationMetrics(), clock: any WallClock,
        changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        self.metrics = metrics
        self.clock = clock
        self.changed = changed
    }

    /// Whether nothing waits to be told.
    package var isEmpty: Bool { state.withLock { $0.outbox.isEmpty } }

    /// Puts into line what an Environment's recipients want to hear of this.
    package func post(_ notices: [Notice], _ report: CommitReport? = nil, of environment: Environment) {
        for recipient in environment.spec.notifications {
            let key = RecipientKey(environment: environment.namespacedName, name: recipient.name)
            if recipient.type == .commitStatus {
                guard let report else { continue }
                put([.report(report)], for: key, recipient.type)
                queue.add(key, after: report.status.state == .pending ? Self.pendingDelay : .zero)
            } else {
                let globs = GlobList(recipient.apps)
                let wanted = notices.filter { recipient.events.isEmpty || recipient.events.contains($0.event) }
                    .compactMap { $0.narrowed(to: globs) }
                guard !wanted.isEmpty else { continue }
                put(wanted.map(Letter.Content.notice), for: key, recipient.type)
                queue.add(key)
            }
        }
    }

    private func put(_ contents: [Letter.Content], for key: RecipientKey, _ type: NotificationType) {
        let now = clock.now()
        let lost = state.withLock { state in
            contents.reduce(0) { $0 + state.outbox.add(Letter($1, at: now), for: key) }
        }
        if lost > 0 { metrics.note(type, .dropped, count: lost) }
    }

    // MARK: For the one that delivers

    func take(_ key: RecipientKey, now: Timestamp) -> Outbox.Taken {
        state.withLock { $0.outbox.take(for: key, now: now) }
    }

    /// Whether there is room for another delivery to a host; then ``leave(_:)`` must follow.
    func enter(_ host: String) -> Bool {
        state.withLock { state in
            guard state.hosts[host, default: 0] < Self.perHost else { return false }
            state.hosts[host, default: 0] += 1
            return true
        }
    }

    func leave(_ host: String) {
        state.withLock { state in
            let left = state.hosts[host, default: 1] - 1
            state.hosts[host] = left > 0 ? left : nil
        }
    }

    /// The letter that was taken stays first in line.
    func putBack(_ key: RecipientKey, _ type: NotificationType, failed: Bool, notBefore: Timestamp? = nil) {
        state.withLock { $0.outbox.putBack(key, failed: failed, notBefore: notBefore) }
        if failed { metrics.note(type, .retried) }
    }

    /// The letter that was taken is done with; returns whether more wait.
    func finish(_ key: RecipientKey, _ type: NotificationType, _ result: NotificationMetrics.Result) -> Bool {
        metrics.note(type, result)
        return state.withLock { $0.outbox.finish(key) }
    }

    func took(_ duration: Duration) { metrics.took(duration) }

    /// Drops what waits for a recipient that is there no more.
    func drop(_ key: RecipientKey) {
        note(key, failure: nil)
        _ = state.withLock { $0.outbox.drop(key) }
    }

    // MARK: Who cannot be told

    /// Takes note of how a delivery went; returns whether that is news.
    @discardableResult
    func note(_ key: RecipientKey, failure: String?) -> Bool {
        let isNews = state.withLock { state in
            guard state.failures[key] != failure else { return false }
            state.failures[key] = failure
            return true
        }
        if isNews { changed(key.environment) }
        return isNews
    }

    /// An Environment's recipients that could not be told, by name, and why.
    package func failures(of environment: Environment) -> [String: String] {
        let name = environment.namespacedName
        return state.withLock { state in
            var found: [String: String] = [:]
            for recipient in environment.spec.notifications {
                found[recipient.name] = state.failures[RecipientKey(environment: name, name: recipient.name)]
            }
            return found
        }
    }

    /// Drops all that waits for the recipients of an Environment that is gone.
    package func forget(_ environment: NamespacedName) {
        state.withLock { state in
            for key in state.outbox.recipients where key.environment == environment { _ = state.outbox.drop(key) }
            state.failures = state.failures.filter { $0.key.environment != environment }
        }
    }
}
