internal import DequeModule
internal import HeapModule

/// The rules of a work queue, without time, threads or waiting: every call says what the time is.
///
/// A key is in at most one of these states, and none of it is remembered when it is in none:
///
/// - *delayed*: it becomes ready at its deadline. May become ready (time, or an addition) or be forgotten.
/// - *ready*: it waits in line, first come, first served. Becomes active.
/// - *active*: one worker has it. Additions meanwhile are remembered, once, as *again*. Becomes ready, delayed or nothing.
///
/// All operations are O(log n) amortised in the number of delayed keys. Memory is proportional to the keys in a state;
/// a key's count of failures lives as long as it keeps failing or is forgotten.
package struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    /// How the work on a key ended.
    package enum Outcome: Sendable, Hashable {
        /// It is done; the key's failures are forgotten.
        case done
        /// It is done for now and wants to go on at this time; the key's failures are forgotten.
        case again(at: Duration)
        /// It failed and is tried again after a backoff.
        case failed
        /// It failed and is tried again at this time; the failures neither grow nor shrink.
        case held(until: Duration)
    }

    /// A key that was handed to a worker.
    package struct Taken: Sendable, Hashable {
        package let key: Key
        /// How long it stood in line.
        package let waited: Duration
        /// How often in a row it has failed before.
        package let failures: Int

        package init(key: Key, waited: Duration, failures: Int) {
            self.key = key
            self.waited = waited
            self.failures = failures
        }
    }

    private enum Phase: Sendable {
        case delayed(deadline: Duration, ticket: UInt64)
        case ready(since: Duration)
        case active(again: Bool, deadline: Duration?)
    }

    private struct Delay: Sendable, Comparable {
        let deadline: Duration
        let ticket: UInt64
        let key: Key

        static func < (a: Delay, b: Delay) -> Bool { (a.deadline, a.ticket) < (b.deadline, b.ticket) }
        static func == (a: Delay, b: Delay) -> Bool { a.ticket == b.ticket }
    }

    /// How a key's wait grows while it fails.
    private let backoff: Backoff
    /// The longest wait of a key that failed although something changed while it was worked on: the change may have
    /// mended it, but work that changes its own object and fails must not spin.
    private let changeDelay: Duration
    private var phases: [Key: Phase] = [:]
    private var failures: [Key: Int] = [:]
    private var line: Deque<Key> = []
    /// Holds every delayed key once, and entries whose ticket is no longer the key's, which are skipped.
    private var delays = Heap<Delay>()
    private var delayed = 0
    private var tickets: UInt64 = 0
    private var active = 0
    /// Set when nothing is accepted any more.
    package private(set) var isClosed = false

    package init(backoff: Backoff = Backoff(), changeDelay: Duration = .seconds(1)) {
        self.backoff = backoff
        self.changeDelay = changeDelay
    }

    /// How many keys stand in line.
    package var depth: Int { line.count }
    /// How many keys are being worked on.
    package var activeCount: Int { active }
    /// How many keys wait for their time.
    package var delayedCount: Int { delayed }
    /// Whether the queue was closed and no work is left or under way.
    package var isFinished: Bool { isClosed && line.isEmpty && active == 0 }

    /// Asks for work on a key as soon as possible.
    ///
    /// A key that is in line already stays where it is.
    package mutating func add(_ key: Key, now: Duration) {
        guard !isClosed else { return }
        switch phases[key] {
        case .ready: break
        case .active: phases[key] = .active(again: true, deadline: nil)
        case .delayed:
            delayed -= 1
            enqueue(key, now: now)
        case nil: enqueue(key, now: now)
        }
    }

    /// Asks for work on a key at a time; of several times the earliest counts, and work in between answers them all.
    package mutating func add(_ key: Key, at deadline: Duration, now: Duration) {
        guard !isClosed else { return }
        guard deadline > now else { return add(key, now: now) }
        switch phases[key] {
        case .ready, .active(again: true, _): break
        case .active(again: false, let other):
            phases[key] = .active(again: false, deadline: min(deadline, other ?? deadline))
        case .delayed(let other, _):
            guard deadline < other else { break }
            delayed -= 1
            delay(key, until: deadline)
        case nil: delay(key, until: deadline)
        }
    }

    /// Hands out the key that has stood in line longest, or nil when the line is empty.
    package mutating func take(now: Duration) -> Taken? {
        guard let key = line.popFirst() else { return nil }
        var waited = Duration.zero
        if case .ready(let since) = phases[key] { waited = max(now - since, .zero) }
        phases[key] = .active(again: false, deadline: nil)
        active += 1
        return Taken(key: key, waited: waited, failures: failures[key] ?? 0)
    }

    /// Says how the work on a key that was handed out ended.
    ///
    /// `random` lies in `0..<1`.
    package mutating func finish(_ key: Key, _ outcome: Outcome, now: Duration, random: Double) {
        guard case .active(let again, let asked) = phases[key] else { return }
        active -= 1
        phases[key] = nil
        guard !isClosed else {
            failures[key] = nil
            return
        }
        var deadline = asked
        switch outcome {
        case .done:
            failures[key] = nil
        case .again(let at):
            failures[key] = nil
            deadline = min(at, asked ?? at)
        case .failed:
            let count = min((failures[key] ?? 0) + 1, 1 << 20)
            failures[key] = count
            var wait = backoff.delay(failures: count, random: random)
            if again { wait = min(wait, changeDelay) }
            deadline = min(now + wait, asked ?? now + wait)
        case .held(let until):
            deadline = min(until, asked ?? until)
        }
        if again, outcome != .failed {
            enqueue(key, now: now)
        } else if let deadline {
            add(key, at: deadline, now: now)
        }
    }

    /// Drops a key's failures and its deadline, for an object that is gone; work in line or under way goes on.
    package mutating func forget(_ key: Key) {
        failures[key] = nil
        if case .delayed = phases[key] {
            phases[key] = nil
            delayed -= 1
            compact()
        }
    }

    /// Puts the keys whose time has come in line, the earliest first.
    package mutating func wake(now: Duration) {
        while let next = delays.min, next.deadline <= now || !isCurrent(next) {
            delays.removeMin()
            guard isCurrent(next) else { continue }
            delayed -= 1
            enqueue(next.key, now: now)
        }
    }

    /// The time at which ``wake(now:)`` has something to do next.
    package mutating func nextDeadline() -> Duration? {
        while let next = delays.min {
            if isCurrent(next) { return next.deadline }
            delays.removeMin()
        }
        return nil
    }

    /// Accepts nothing more and forgets what is delayed.
    ///
    /// With `drain`, what stands in line is still handed out.
    package mutating func close(drain: Bool) {
        isClosed = true
        if !drain { line.removeAll() }
        delays = Heap()
        delayed = 0
        phases = phases.filter { key, phase in
            switch phase {
            case .delayed: false
            case .ready: drain
            case .active: true
            }
        }
    }

    private func isCurrent(_ delay: Delay) -> Bool {
        if case .delayed(_, let ticket) = phases[delay.key] { ticket == delay.ticket } else { false }
    }

    private mutating func enqueue(_ key: Key, now: Duration) {
        phases[key] = .ready(since: now)
        line.append(key)
    }

    private mutating func delay(_ key: Key, until deadline: Duration) {
        tickets &+= 1
        phases[key] = .delayed(deadline: deadline, ticket: tickets)
        delays.insert(Delay(deadline: deadline, ticket: tickets, key: key))
        delayed += 1
        compact()
    }

    /// Drops outdated entries when they outnumber the current ones; the cost is paid by the insertions before.
    private mutating func compact() {
        guard delays.count > 64, delays.count > 2 * delayed else { return }
        delays = Heap(delays.unordered.filter(isCurrent))
    }
}
