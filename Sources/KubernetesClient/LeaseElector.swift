package import Core
internal import KubernetesModel

/// Holds a Lease when nobody else does, and says so (coordination.k8s.io/v1).
///
/// Flow: ``run(_:)`` tries to take the lease, reports `true`, renews it, and reports `false` the moment it cannot be sure
/// any more that nobody else holds it. Cancelling the task gives the lease up (the holder is cleared), so that the next
/// one takes over at its next try. Guarantees: as long as clocks run at about the same speed, at most one holder at a
/// time believes it holds the lease; a remote clock's reading is never compared with ours. No fence: what a holder
/// began before it lost the lease may still arrive after.
package struct LeaseElector: Sendable {
    /// Times of an election. The default is that of Kubernetes' own controllers.
    package struct Timing: Sendable, Hashable {
        /// How long a lease stands without renewal.
        package var duration: Duration
        /// How long a holder tries to renew before it steps down; less than `duration`.
        package var renewDeadline: Duration
        /// Between two tries.
        package var retryPeriod: Duration

        package init(
            duration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
            retryPeriod: Duration = .seconds(2)
        ) {
            self.duration = duration
            self.renewDeadline = renewDeadline
            self.retryPeriod = retryPeriod
        }
    }

    private let client: KubernetesClient
    private let namespace: String
    private let name: String
    private let identity: String
    private let timing: Timing
    private let clock: any MonotonicClock
    private let wallClock: any WallClock
    private let random: UnitRandom

    /// - Parameter identity: unique to this process, for example Pod name and a random suffix.
    package init(
        client: KubernetesClient, namespace: String, name: String, identity: String, timing: Timing = Timing(),
        clock: any MonotonicClock = UptimeClock(), wallClock: any WallClock = SystemClock(),
        random: @escaping UnitRandom = systemRandom
    ) {
        // A request that hangs must not make a holder of us for longer than the lease stands.
        self.client = client.withTimeout(timing.renewDeadline / 2)
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self.timing = timing
        self.clock = clock
        self.wallClock = wallClock
        self.random = random
    }

    /// Takes part until the task is cancelled. `changed` is told each time we begin or cease to hold the lease, from
    /// this task; the last word is always `false` if there was a `true`.
    package func run(_ changed: @Sendable (Bool) -> Void) async {
        var state = LeaseState(identity: identity, timing: timing)
        var announced = false
        var uncertain = false
        while !Task.isCancelled {
            let started = clock.now()
            let result = await attempt(&state)
            switch result {
            case .held:
                // Noted before it is told: whoever hears it may cancel us in the same moment.
                if !state.holding {
                    announced = !Task.isCancelled
                    state.holding = true
                    if announced { changed(true) }
                }
                // Counted from before the request: the server saw it later than that.
                state.renewed = started
            case .lost:
                if state.holding { changed(false) }
                state.holding = false
            case .unknown:
                // A request that was cancelled on its way may have taken the lease.
                uncertain = Task.isCancelled
            }
            await pause(&state, changed)
        }
        if state.holding, announced { changed(false) }
        if state.holding || uncertain { await release(state) }
    }

    private enum Attempt {
        case held, lost, unknown
    }

    /// Reads and writes the lease once. No answer within the renew deadline counts as unknown.
    private func attempt(_ state: inout LeaseState) async -> Attempt {
        do throws(KubernetesError) {
            if state.holding, let known = state.lease {
                // While we hold it, our last answer is the newest version: one request instead of two.
                state.lease = try await client.update(.leases, state.renewal(of: known, now: wallClock.now()))
                return .held
            }
            guard let lease = try await client.getIfPresent(.leases, namespace: namespace, name: name) else {
                state.lease = try await client.create(
                    .leases, state.first(namespace: namespace, name: name, now: wallClock.now()))
                return .held
            }
            guard state.mayTake(lease, now: clock.now()) else { return .lost }
            state.lease = try await client.update(.leases, state.renewal(of: lease, now: wallClock.now()))
            return .held
        } catch {
            state.lease = nil
            if error.isConflict || error.isAlreadyExists || error.isNotFound {
                return await check(&state)
            }
            return .unknown
        }
    }

    /// After a conflict: whoever wrote, is it still ours?
    private func check(_ state: inout LeaseState) async -> Attempt {
        do throws(KubernetesError) {
            let lease = try await client.get(.leases, namespace: namespace, name: name)
            let ours = state.observe(lease, now: clock.now()) == identity
            if ours { state.lease = lease }
            return ours && state.holding ? .unknown : .lost
        } catch {
            return error.isNotFound ? .lost : .unknown
        }
    }

    /// Waits for the next try, and steps down at the renew deadline if that comes first.
    private func pause(_ state: inout LeaseState, _ changed: (Bool) -> Void) async {
        let now = clock.now()
        // Candidates spread out, holders keep time.
        let factor = state.holding ? 1.0 : 1.0 + 0.2 * random()
        let next = now + timing.retryPeriod * factor
        let deadline = state.renewed + timing.renewDeadline
        if state.holding, deadline <= next {
            try? await clock.sleep(until: deadline)
            guard !Task.isCancelled else { return }
            state.holding = false
            state.lease = nil
            changed(false)
            return
        }
        try? await clock.sleep(until: next)
    }

    /// Clears the holder, in a task of its own because ours is cancelled.
    private func release(_ state: LeaseState) async {
        await Task { await self.clearHolder(state) }.value
    }

    private func clearHolder(_ state: LeaseState) async {
        do throws(KubernetesError) {
            var current = state.lease
            if current == nil { current = try await client.getIfPresent(.leases, namespace: namespace, name: name) }
            guard let current, current.json["spec"]?["holderIdentity"]?.stringValue == identity else { return }
            _ = try await client.update(.leases, state.released(current, now: wallClock.now()))
        } catch {
            // Then the lease ends by itself.
            return
        }
    }
}
