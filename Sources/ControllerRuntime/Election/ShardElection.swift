package import Core
package import KubernetesClient
package import KubernetesModel
package import Logging
internal import Synchronization

/// Divides the work among the replicas of this operator, through one Lease that all of them know.
///
/// Flow: ``run(news:work:)`` joins the roster, takes its share of the shards and gives up what is another's share when
/// replicas come and go. For each shard that it holds, `work` is called with a term; when the shard is to go to another
/// replica, the work's task is cancelled, and the shard is given up when it has ended; when the shard may be another's
/// already, the term is lost. When ``run(news:work:)`` is cancelled, all work is ended, everything is given up, and it
/// returns. With one shard this is the election of a leader.
///
/// Guarantees: as long as clocks run at about the same speed, no two replicas have an open ``ShardTerm/fence`` of one
/// shard at a time. What was begun before a fence closed may still arrive after.
package final class ShardElection: Sendable {
    private struct Guarded {
        var state: ElectionState
        var view = ShardView()
        /// Our run was cancelled.
        var isLeaving = false
        /// Somebody wants the next step to be taken now.
        var isPoked = false
        var nap: Task<Void, Never>?
    }

    private let client: KubernetesClient
    private let lease: NamespacedName
    private let logger: Logger
    private let clock: any MonotonicClock
    private let wallClock: any WallClock
    private let guarded: Mutex<Guarded>

    /// - Parameters:
    ///   - name: of this replica, for people.
    ///   - shards: into how many shards the work is to be divided. Where others want another number, theirs stands until
    ///     the last of them has gone.
    ///   - newSession: makes up names of sessions, each unique among all replicas.
    package init(
        client: KubernetesClient, lease: NamespacedName, name: String, shards: Int = 1,
        timing: ElectionTiming = ElectionTiming(), logger: Logger, clock: any MonotonicClock = UptimeClock(),
        wallClock: any WallClock = SystemClock(), newSession: @escaping @Sendable () -> String = randomReconcileID
    ) {
        // A request that hangs must not use up the time in which others could be made.
        self.client = client.withTimeout(timing.renewDeadline / 2)
        self.lease = lease
        self.logger = logger
        self.clock = clock
        self.wallClock = wallClock
        guarded = Mutex(
            Guarded(state: ElectionState(name: name, shards: shards, timing: timing, newSession: newSession)))
    }

    /// What is known of the roster.
    package var view: ShardView { guarded.withLock { $0.view } }

    /// Takes part until the task is cancelled; returns when all work has ended and everything is given up.
    ///
    /// - Parameter news: told when the view has changed, after work has begun or ended accordingly. Must not block.
    package func run(
        news: @escaping @Sendable (ShardView) -> Void = { _ in },
        work: @escaping @Sendable (ShardTerm) async -> Void
    ) async {
        let terms = ShardTerms(clock: clock, work: work) { [self] number in
            guarded.withLock { $0.state.workEnded(term: number, now: clock.now()) }
            poke()
        }
        // No child task: it goes on while the work of a cancelled run comes to its end.
        let campaign = Task { await self.campaign(terms, news) }
        await withTaskCancellationHandler {
            await campaign.value
        } onCancel: {
            guarded.withLock { $0.isLeaving = true }
            poke()
        }
        await terms.idle()
    }

    private func campaign(_ terms: ShardTerms, _ news: @Sendable (ShardView) -> Void) async {
        var isSilent = false
        while true {
            let step = guarded.withLock { guarded in
                let now = clock.now()
                var events = guarded.state.elapse(now)
                if guarded.isLeaving { events += guarded.state.leave(now: now) }
                return (events, guarded.state.next(now: now, at: wallClock.now()))
            }
            tell(step.0, terms, news)
            switch step.1 {
            case .gone: return
            case .rest(let until): await nap(until: until)
            case .send(let request):
                let began = clock.now()
                let answer = await perform(request, &isSilent)
                let events = guarded.withLock {
                    $0.state.received(answer, began: began, now: clock.now(), at: wallClock.now())
                }
                tell(events, terms, news)
            }
        }
    }

    private func tell(_ events: [ElectionState.Event], _ terms: ShardTerms, _ news: (ShardView) -> Void) {
        for event in events { terms.handle(event) }
        let changed = guarded.withLock { guarded -> ShardView? in
            let view = guarded.state.view
            guard view != guarded.view else { return nil }
            guarded.view = view
            return view
        }
        if let changed { news(changed) }
    }

    private func perform(_ request: ElectionState.Request, _ isSilent: inout Bool) async -> ElectionState.Answer {
        do throws(KubernetesError) {
            let answer: Manifest
            switch request {
            case .beat(let patch), .change(let patch):
                answer = try await client.patch(
                    .leases, namespace: lease.namespace, name: lease.name, .merge(patch))
            case .create(var body):
                body["metadata"]?["namespace"] = .string(lease.namespace)
                body["metadata"]?["name"] = .string(lease.name)
                answer = try await client.create(.leases, Manifest(body))
            }
            isSilent = false
            return .roster(Roster(answer))
        } catch {
            if error.isNotFound { return .missing }
            if error.isConflict || error.isAlreadyExists { return .conflict }
            // Once for each time that it lasts.
            if !isSilent {
                logger.warning(
                    "The lease cannot be renewed",
                    metadata: .init([.namespace: lease.namespace, .name: lease.name, .error: error.message]))
            }
            isSilent = true
            return .unknown
        }
    }

    // MARK: Waiting

    private func poke() {
        let nap = guarded.withLock { guarded in
            guarded.isPoked = true
            return guarded.nap
        }
        nap?.cancel()
    }

    private func nap(until: Duration) async {
        let nap = guarded.withLock { guarded -> Task<Void, Never>? in
            guard !guarded.isPoked else {
                guarded.isPoked = false
                return nil
            }
            let nap = Task { [clock] in _ = try? await clock.sleep(until: until) }
            guarded.nap = nap
            return nap
        }
        await nap?.value
        guarded.withLock { $0.nap = nil }
    }
}
