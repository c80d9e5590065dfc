internal import Core
internal import KubernetesModel

/// What a replica knows of the roster, what it asks for next, and what it may work on: pure, a step at a time.
///
/// A *session* is an unbroken time during which the API server has heard of us. It holds shards; when it breaks, all of
/// them are lost at once, and we come back under a new name.
///
/// Why no two replicas ever work on one shard: a shard is entered in the roster under one session, and only on condition
/// that the roster is still as it was read, with the shard free. We enter another's as free only after its session has said
/// nothing for ``ElectionTiming/duration`` before our eyes. It, in turn, has stopped by then: what it holds is its own
/// until ``ElectionTiming/renewDeadline`` after it *began* its last request that was answered. Only one clock is read at a
/// time, and what a wall clock shows is never compared.
struct ElectionState {
    enum Request: Sendable, Hashable {
        /// Says that we are there, whatever else has changed.
        case beat(JSONValue)
        /// Changes the roster, if it is still the one that was read.
        case change(JSONValue)
        /// Begins a roster, if there is none.
        case create(JSONValue)
    }

    enum Step: Sendable, Hashable {
        case send(Request)
        case rest(until: Duration)
        /// We have left; there is nothing more to do.
        case gone
    }

    enum Answer: Sendable {
        case roster(Roster)
        case missing
        /// Somebody else was first.
        case conflict
        case unknown
    }

    /// What is to happen to the work on a shard.
    enum Event: Sendable, Hashable {
        /// It may begin, and go on until that time unless it is extended.
        case begin(Shard, term: Int, until: Duration)
        case extend(until: Duration)
        /// It is to come to its end; ``ElectionState/workEnded(term:now:)`` is to be called when it has.
        case end(term: Int)
        /// It must not go on: the shard may be somebody else's.
        case lose(term: Int)
    }

    private struct Work {
        let term: Int
        var isEnding = false
        /// It has come to its end; the shard is to be given up.
        var hasEnded = false
    }

    let timing: ElectionTiming
    private let newSession: @Sendable () -> String
    private(set) var session: String
    private(set) var own: Roster.Member
    /// The roster as the server last told it to this session.
    private(set) var roster: Roster?
    /// Until when what we hold is our own; nil for a session that has not been heard of.
    private(set) var validUntil: Duration?
    /// By the index of the shard, all of one count.
    private var work: [Int: Work] = [:]
    private var terms = 0
    private var beats: Int64 = 0
    private var due = Duration.zero
    private var pending: Request?
    /// Tries since the last beat that somebody else was faster in.
    private var conflicts = 0
    /// Sessions of ours that are over.
    private var former: Set<String> = []
    /// What sessions last said, and since when on our clock.
    private var seen: [String: (text: String, since: Duration)] = [:]
    private var isGone = false

    init(name: String, shards: Int, timing: ElectionTiming, newSession: @escaping @Sendable () -> String) {
        own = Roster.Member(name: name, shards: min(max(shards, 1), Shard.limit))
        self.timing = timing
        self.newSession = newSession
        session = newSession()
    }

    // MARK: Steps

    /// What comes next. ``elapse(_:)`` is to be called before, at the same time.
    mutating func next(now: Duration, at time: Timestamp) -> Step {
        // A session that nobody has heard of leaves nothing behind.
        if isGone || own.isLeaving && validUntil == nil { return .gone }
        if let pending { return .send(pending) }
        guard now < due else { return .send(beat(at: time)) }
        return .rest(until: min(due, validUntil ?? due))
    }

    /// Ends the session where the API server has not answered for too long.
    mutating func elapse(_ now: Duration) -> [Event] {
        guard let validUntil, now >= validUntil else { return [] }
        let events = work.values.map { Event.lose(term: $0.term) }
        work = [:]
        former.insert(session)
        session = newSession()
        self.validUntil = nil
        roster = nil
        pending = nil
        due = now
        return events
    }

    /// - Parameters:
    ///   - began: when the request was begun: the server saw it later than that.
    ///   - now: when its answer was there.
    mutating func received(_ answer: Answer, began: Duration, now: Duration, at time: Timestamp) -> [Event] {
        let asked = session
        var events = elapse(now)
        pending = nil
        switch answer {
        case .roster(let roster):
            // Where it was too long on its way, what it says of us holds no more.
            guard session == asked, now < began + timing.renewDeadline else {
                due = now
                break
            }
            self.roster = roster
            validUntil = began + timing.renewDeadline
            isGone = own.isLeaving && roster.members[session] == nil && !roster.holders.values.contains(session)
            observe(roster, now: now)
            events += settle(roster)
            events += plan(roster, began: began, now: now, at: time)
        case .missing:
            pending = .create(first(at: time))
        case .conflict:
            conflicts += 1
            due = conflicts < 5 ? now : now + timing.briefPeriod
        case .unknown:
            due = now + timing.period / 2
        }
        return events
    }

    /// The work of a term that ``Event/end(term:)`` was said of has come to its end.
    mutating func workEnded(term: Int, now: Duration) {
        guard let index = work.first(where: { $0.value.term == term && $0.value.isEnding })?.key else { return }
        work[index]?.hasEnded = true
        due = now
    }

    /// Gives up everything, as soon as its work has come to its end.
    mutating func leave(now: Duration) -> [Event] {
        guard !own.isLeaving else { return [] }
        own.isLeaving = true
        pending = nil
        due = now
        return end(Set(work.keys))
    }

    // MARK: What the roster tells

    private mutating func observe(_ roster: Roster, now: Duration) {
        let sessions = Set(roster.members.keys).union(roster.holders.values)
        seen = seen.filter { sessions.contains($0.key) }
        former.formIntersection(sessions)
        for session in sessions {
            let text = roster.members[session]?.text ?? ""
            if seen[session]?.text != text { seen[session] = (text, now) }
        }
    }

    private func dead(now: Duration) -> Set<String> {
        former.union(seen.filter { $0.key != session && now - $0.value.since >= timing.duration }.keys)
    }

    /// Brings what we work on in step with what is ours.
    private mutating func settle(_ roster: Roster) -> [Event] {
        let mine = roster.shards(of: session)
        var events = work.filter { !mine.contains($0.key) }
            // What has ended was given up by ourselves.
            .map { $0.value }.filter { !$0.hasEnded }.map { Event.lose(term: $0.term) }
        work = work.filter { mine.contains($0.key) }
        guard let count = roster.count, let validUntil else { return events }
        events.append(.extend(until: validUntil))
        guard !own.isLeaving else { return events }
        for index in mine.subtracting(work.keys).sorted() {
            terms += 1
            work[index] = Work(term: terms)
            events.append(.begin(Shard(index, of: count), term: terms, until: validUntil))
        }
        return events
    }

    private mutating func plan(_ roster: Roster, began: Duration, now: Duration, at time: Timestamp) -> [Event] {
        let dead = dead(now: now)
        let plan = RosterPlan(roster, session: session, own: own, dead: dead)
        let events = end(plan.yield)
        due = began + (plan.isWaiting || own.isLeaving ? timing.briefPeriod : timing.period)
        var next = roster
        next.holders = roster.holders.filter { index, holder in
            // One that leaves begins nothing any more, even where it learns only now that a shard was given to it.
            !dead.contains(holder) && !(holder == session && work[index]?.hasEnded ?? own.isLeaving)
        }
        for index in plan.take { next.holders[index] = session }
        if let count = plan.count { (next.count, next.holders) = (count, [:]) }
        for session in plan.expel { next.members[session] = nil }
        let leaves = own.isLeaving && work.values.allSatisfy(\.hasEnded)
        next.members[session] = leaves ? nil : own
        if next.holders != roster.holders || next.count != roster.count || !plan.expel.isEmpty || leaves {
            pending = .change(change(from: roster, to: next, at: time))
        } else {
            conflicts = 0
        }
        return events
    }

    private mutating func end(_ indices: Set<Int>) -> [Event] {
        var events: [Event] = []
        for index in indices.sorted() {
            guard let known = work[index], !known.isEnding else { continue }
            work[index]?.isEnding = true
            events.append(.end(term: known.term))
        }
        return events
    }

    // MARK: What is written

    private mutating func beat(at time: Timestamp) -> Request {
        .beat(["metadata": ["annotations": .object(JSONObject([word()]))], "spec": renewed(at: time)])
    }

    private mutating func first(at time: Timestamp) -> JSONValue {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": [
                "annotations": .object(JSONObject([word(), (Roster.countKey, .string("\(own.shards)"))]))
            ],
            "spec": renewed(at: time),
        ]
    }

    /// A merge patch that the server takes only where the roster has not changed.
    private mutating func change(from old: Roster, to new: Roster, at time: Timestamp) -> JSONValue {
        var annotations: [(String, JSONValue)] = []
        if let count = new.count, count != old.count { annotations.append((Roster.countKey, .string("\(count)"))) }
        for index in Set(old.holders.keys).union(new.holders.keys).sorted()
        where old.holders[index] != new.holders[index] {
            annotations.append((Roster.shardPrefix + "\(index)", new.holders[index].map(JSONValue.string) ?? .null))
        }
        for session in old.members.keys.sorted() where new.members[session] == nil {
            annotations.append((Roster.memberPrefix + session, .null))
        }
        if new.members[session] != nil { annotations.append(word()) }
        var spec = renewed(at: time)
        let taken = new.holders.count { old.holders[$0.key] != $0.value }
        if taken > 0 {
            spec["acquireTime"] = .string(time.rfc3339Micro)
            spec["leaseTransitions"] = .int(old.transitions &+ Int64(taken) > 0 ? old.transitions &+ Int64(taken) : 0)
        }
        let summary = new.summary
        spec["holderIdentity"] = summary.isEmpty ? .null : .string(summary)
        return [
            "metadata": [
                "resourceVersion": .string(old.resourceVersion), "annotations": .object(JSONObject(annotations)),
            ],
            "spec": spec,
        ]
    }

    /// Our own line, which differs each time.
    private mutating func word() -> (String, JSONValue) {
        beats &+= 1
        return (Roster.memberPrefix + session, .string(Roster.text(own, beat: beats)))
    }

    private func renewed(at time: Timestamp) -> JSONValue {
        [
            "leaseDurationSeconds": .int(max(1, timing.duration.components.seconds)),
            "renewTime": .string(time.rfc3339Micro),
        ]
    }
}
