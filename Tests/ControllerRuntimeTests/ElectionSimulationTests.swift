internal import Core
internal import KubernetesModel
internal import Synchronization
internal import Testing

@testable internal import ControllerRuntime

/// Many replicas on one roster, while requests are slow, get lost or lose their answers, processes stop and go on, crash
/// and come back, clocks run at different speeds, and the number of shards is changed.
@Suite("An election among unreliable replicas")
struct ElectionSimulationTests {
    @Test("no shard is ever worked on by two, and in the end everything by somebody", arguments: 0..<12)
    func simulation(seed: UInt64) throws {
        var world = Simulation(seed: seed)
        for _ in 0..<4000 {
            world.disturb()
            world.step()
            let fault = world.fault
            try #require(fault == nil, "after \(world.time): \(fault ?? "")")
        }
        world.calm()
        for _ in 0..<1200 {
            world.step()
            let fault = world.fault
            try #require(fault == nil, "after \(world.time): \(fault ?? "")")
        }
        #expect(world.shares.reduce(0, +) == world.count, "all shards are held: \(world.shares)")
        #expect((world.shares.max() ?? 0) - (world.shares.min() ?? 0) <= 1, "fairly: \(world.shares)")
        #expect(world.handOvers > 5, "the simulation is no still life")
    }
}

/// Time goes on in steps of 50 ms.
private struct Simulation {
    static let pace = Duration.milliseconds(50)

    private(set) var time = Duration.zero
    private(set) var fault: String?
    private(set) var handOvers = 0
    private var random: SplitMix
    private var server = RosterServer()
    private var replicas: [SimulatedReplica] = []
    private var wish = 5
    private var names = 0

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        for _ in 0..<3 { join() }
    }

    var count: Int { server.roster?.count ?? 0 }
    /// How many shards each has.
    var shares: [Int] { replicas.map(\.terms.count) }

    private mutating func join() {
        names += 1
        replicas.append(SimulatedReplica(name: "r\(names)", shards: wish, random: SplitMix(state: random.next())))
    }

    /// Lets something go wrong, now and then.
    mutating func disturb() {
        guard random.chance(1, in: 30), let index = replicas.indices.randomElement(using: &random) else { return }
        switch random.next() % 10 {
        case 0: replicas.remove(at: index)
        case 1: replicas[index].leave()
        case 2, 3, 4: if replicas.count < 5 { join() }
        case 5, 6: replicas[index].frozenUntil = time + .milliseconds(Int64(random.next() % 30_000))
        case 7, 8: replicas[index].cutOffUntil = time + .milliseconds(Int64(random.next() % 30_000))
        case 9 where random.chance(1, in: 6):
            // A new version with another number of shards: all replicas are replaced, one after the other.
            wish = [1, 3, 5, 8].randomElement(using: &random) ?? 1
            join()
        default: break
        }
        if replicas.isEmpty { join() }
    }

    /// Ends all trouble: everybody is of the last version.
    mutating func calm() {
        for index in replicas.indices {
            replicas[index].frozenUntil = .zero
            replicas[index].cutOffUntil = .zero
            replicas[index].isReliable = true
            if replicas[index].state.own.shards != wish { replicas[index].leave() }
        }
        join()
        replicas[replicas.count - 1].isReliable = true
    }

    mutating func step() {
        time += Self.pace
        for index in replicas.indices where replicas[index].frozenUntil <= time {
            // One that goes on after a stop does so in the middle of its work.
            replicas[index].work(time)
            handOvers += replicas[index].step(time, &server)
        }
        replicas.removeAll(where: \.isGone)
        // Shards of different divisions have namespaces in common.
        let open = replicas.filter { $0.frozenUntil <= time }.flatMap { $0.open(time) }
        if Set(open).count < open.count || Set(open.map(\.count)).count > 1 { fault = "two work on \(open)" }
    }
}

private struct SimulatedReplica {
    struct Term {
        let shard: Shard
        var until: Duration
        /// When its work has come to its end, once it is to.
        var endsAt: Duration?
    }

    struct Flight {
        var request: ElectionState.Request?
        let began: Duration
        let arrives: Duration
        let answers: Duration
        var answer = ElectionState.Answer.unknown
    }

    var state: ElectionState
    var terms: [Int: Term] = [:]
    var frozenUntil = Duration.zero
    var cutOffUntil = Duration.zero
    /// Whether no request is lost or slow.
    var isReliable = false
    private(set) var isGone = false
    private var flight: Flight?
    private var random: SplitMix
    private let drift: Double
    private let offset: Duration

    init(name: String, shards: Int, random: SplitMix) {
        var random = random
        self.random = random
        // Clocks of machines differ by far less than one in a hundred.
        drift = 0.99 + Double(random.next() % 20) / 1000
        offset = .seconds(Int64(random.next() % 1000))
        let sessions = Sessions(name)
        state = ElectionState(name: name, shards: shards, timing: ElectionTiming()) { sessions.next() }
    }

    private func local(_ time: Duration) -> Duration { offset + time * drift }

    /// The shards whose fences are open.
    func open(_ time: Duration) -> [Shard] {
        terms.values.filter { local(time) < $0.until }.map(\.shard)
    }

    mutating func leave() { leaves = true }
    private var leaves = false

    /// Work that was told to end does so at its time.
    mutating func work(_ time: Duration) {
        for (number, term) in terms where term.endsAt.map({ $0 <= time }) ?? false {
            terms[number] = nil
            state.workEnded(term: number, now: local(time))
        }
    }

    /// - Returns: how many terms began.
    mutating func step(_ time: Duration, _ server: inout RosterServer) -> Int {
        var begun = 0
        if leaves { begun += handle(state.leave(now: local(time)), time) }
        if var current = flight {
            if let request = current.request, current.arrives <= time {
                let answer = server.receive(request)
                current.request = nil
                // Some answers get lost.
                if isReliable || cutOffUntil <= time && !random.chance(1, in: 40) { current.answer = answer }
            }
            flight = current
            guard current.answers <= time else { return begun }
            flight = nil
            begun += handle(
                state.received(
                    current.answer, began: current.began, now: local(time), at: Timestamp(seconds: 0)), time)
        }
        begun += handle(state.elapse(local(time)), time)
        switch state.next(now: local(time), at: Timestamp(seconds: 0)) {
        case .gone: isGone = true
        case .rest: break
        case .send(let request):
            let isLost = !isReliable && (cutOffUntil > time || random.chance(1, in: 40))
            let isSlow = !isReliable && random.chance(1, in: 10)
            let way = Duration.milliseconds(Int64(random.next() % (isSlow ? 3000 : 100)))
            flight = Flight(
                request: isLost ? nil : request, began: local(time), arrives: time + way,
                answers: time + (isLost ? .seconds(5) : way * 2))
        }
        return begun
    }

    private mutating func handle(_ events: [ElectionState.Event], _ time: Duration) -> Int {
        var begun = 0
        for event in events {
            switch event {
            case .begin(let shard, let number, let until):
                terms[number] = Term(shard: shard, until: until)
                begun += 1
            case .extend(let until):
                for number in terms.keys { terms[number]?.until = until }
            case .end(let number):
                terms[number]?.endsAt = time + .milliseconds(Int64(random.next() % 3000))
            case .lose(let number): terms[number] = nil
            }
        }
        return begun
    }
}

/// One Lease, and what an API server makes of requests for it.
private struct RosterServer {
    private var lease: JSONValue?
    private var version = 0

    var roster: Roster? { lease.map { Roster(Manifest($0)) } }

    mutating func receive(_ request: ElectionState.Request) -> ElectionState.Answer {
        switch request {
        case .create(let body):
            guard lease == nil else { return .conflict }
            return store(body)
        case .beat(let patch), .change(let patch):
            guard let lease else { return .missing }
            if let wanted = patch["metadata"]?["resourceVersion"]?.stringValue, wanted != "\(version)" {
                return .conflict
            }
            return store(lease.merging(patch))
        }
    }

    private mutating func store(_ body: JSONValue) -> ElectionState.Answer {
        version += 1
        var body = body
        body["metadata"]?["resourceVersion"] = .string("\(version)")
        lease = body
        return .roster(Roster(Manifest(body)))
    }
}

extension JSONValue {
    /// A JSON merge patch (RFC 7386) applied.
    fileprivate func merging(_ patch: JSONValue) -> JSONValue {
        guard case .object(let members) = patch else { return patch }
        var out = objectValue ?? JSONObject()
        for index in members.indices {
            let (key, value) = members[index]
            out[key] = value == .null ? nil : (out[key] ?? .null).merging(value)
        }
        return .object(out)
    }
}

extension SplitMix {
    fileprivate mutating func chance(_ part: UInt64, in whole: UInt64) -> Bool { next() % whole < part }
}

/// Names of sessions, each new.
private final class Sessions: Sendable {
    private let name: String
    private let count = Mutex(0)

    init(_ name: String) { self.name = name }

    func next() -> String {
        count.withLock { count in
            count += 1
            return "\(name)-\(count)"
        }
    }
}
