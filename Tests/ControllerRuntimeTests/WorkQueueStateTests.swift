internal import ControllerRuntime
internal import Testing

@Suite("The rules of the work queue")
struct WorkQueueStateTests {
    typealias Queue = WorkQueueState<String>

    func queue(_ keys: String..., backoff: Backoff = Backoff(base: .seconds(1), limit: .seconds(60))) -> Queue {
        var queue = Queue(backoff: backoff)
        for key in keys { queue.add(key, now: .zero) }
        return queue
    }

    func keys(_ queue: inout Queue, now: Duration = .zero) -> [String] {
        var keys: [String] = []
        while let taken = queue.take(now: now) { keys.append(taken.key) }
        return keys
    }

    @Test("hands keys out in the order of their addition, each once")
    func order() {
        var queue = queue("b", "a", "b", "c", "a")
        #expect(queue.depth == 3)
        #expect(keys(&queue) == ["b", "a", "c"])
    }

    @Test("never hands out a key that is being worked on, and hands it out once more after additions meanwhile")
    func readdition() {
        var queue = queue("a")
        _ = queue.take(now: .zero)
        queue.add("a", now: .zero)
        queue.add("a", now: .zero)
        queue.add("a", at: .seconds(5), now: .zero)
        #expect(queue.take(now: .zero) == nil)
        queue.finish("a", .done, now: .seconds(1), random: 0)
        #expect(queue.take(now: .seconds(3)) == .init(key: "a", waited: .seconds(2), failures: 0))
        queue.finish("a", .done, now: .seconds(3), random: 0)
        #expect(queue.take(now: .seconds(3)) == nil)
        #expect(queue.nextDeadline() == nil)
    }

    @Test("puts a key that was added during the work behind those already in line")
    func fairness() {
        var queue = queue("a", "b", "c")
        _ = queue.take(now: .zero)
        queue.add("a", now: .zero)
        queue.finish("a", .done, now: .zero, random: 0)
        #expect(keys(&queue) == ["b", "c", "a"])
    }

    @Test("keeps the earliest of several deadlines, whatever their order", arguments: [[3, 5], [5, 3], [3, 3, 9]])
    func deadlines(seconds: [Int]) {
        var queue = queue()
        for second in seconds { queue.add("a", at: .seconds(second), now: .zero) }
        #expect(queue.nextDeadline() == .seconds(3))
        #expect(queue.delayedCount == 1)
        queue.wake(now: .seconds(2))
        #expect(queue.take(now: .seconds(2)) == nil)
        queue.wake(now: .seconds(3))
        #expect(keys(&queue, now: .seconds(3)) == ["a"])
        queue.wake(now: .seconds(100))
        #expect(queue.take(now: .seconds(100)) == nil)
    }

    @Test("an immediate addition takes the place of a deadline")
    func immediate() {
        var queue = queue()
        queue.add("a", at: .seconds(5), now: .zero)
        queue.add("a", now: .seconds(1))
        #expect(queue.delayedCount == 0)
        #expect(queue.nextDeadline() == nil)
        #expect(keys(&queue, now: .seconds(1)) == ["a"])
        queue.finish("a", .done, now: .seconds(1), random: 0)
        queue.wake(now: .seconds(9))
        #expect(queue.depth == 0)
    }

    @Test("wakes keys in the order of their deadlines")
    func wakeOrder() {
        var queue = queue()
        queue.add("late", at: .seconds(3), now: .zero)
        queue.add("first", at: .seconds(1), now: .zero)
        queue.add("second", at: .seconds(1), now: .zero)
        queue.add("later", at: .seconds(9), now: .zero)
        queue.wake(now: .seconds(3))
        #expect(keys(&queue, now: .seconds(3)) == ["first", "second", "late"])
        #expect(queue.nextDeadline() == .seconds(9))
    }

    @Test("waits longer after each failure in a row, and forgets failures after a success")
    func backoff() {
        var queue = queue("a")
        var now = Duration.zero
        for (failure, wait) in [1, 2, 4, 8, 16, 32, 60, 60].enumerated() {
            #expect(queue.take(now: now)?.failures == failure)
            queue.finish("a", .failed, now: now, random: 0)
            #expect(queue.nextDeadline() == now + .seconds(wait) / 2)
            now += .seconds(wait) / 2
            queue.wake(now: now)
        }
        _ = queue.take(now: now)
        queue.finish("a", .done, now: now, random: 0)
        queue.add("a", now: now)
        #expect(queue.take(now: now)?.failures == 0)
    }

    @Test("spreads what failed together over half of the wait")
    func jitter() {
        let backoff = Backoff(base: .seconds(4), limit: .seconds(60))
        #expect(backoff.delay(failures: 1, random: 0) == .seconds(2))
        #expect(backoff.delay(failures: 1, random: 0.5) == .seconds(3))
        #expect(backoff.delay(failures: 3, random: 1) == .seconds(16))
        #expect(backoff.delay(failures: .max, random: 1) == .seconds(60))
        #expect(backoff.delay(failures: 0, random: -1) == .seconds(2))
    }

    @Test("tries a failed key again soon, but not at once, when something changed during the work")
    func failureWithChange() {
        var queue = queue("a", backoff: Backoff(base: .seconds(100), limit: .seconds(100)))
        _ = queue.take(now: .zero)
        queue.add("a", now: .zero)
        queue.finish("a", .failed, now: .zero, random: 0)
        #expect(queue.take(now: .zero) == nil)
        #expect(queue.nextDeadline() == .seconds(1))
    }

    @Test("a wish for later during the work is kept unless the outcome asks for something earlier")
    func wishDuringWork() {
        var queue = queue("a", "b")
        _ = queue.take(now: .zero)
        _ = queue.take(now: .zero)
        for key in ["a", "b"] { queue.add(key, at: .seconds(5), now: .zero) }
        queue.finish("a", .done, now: .zero, random: 0)
        queue.finish("b", .again(at: .seconds(2)), now: .zero, random: 0)
        queue.wake(now: .seconds(2))
        #expect(keys(&queue, now: .seconds(2)) == ["b"])
        #expect(queue.nextDeadline() == .seconds(5))
    }

    @Test("a held key waits for its moment and keeps its failures")
    func held() {
        var queue = queue("a")
        _ = queue.take(now: .zero)
        queue.finish("a", .failed, now: .zero, random: 0)
        queue.wake(now: .seconds(1))
        _ = queue.take(now: .seconds(1))
        queue.finish("a", .held(until: .seconds(30)), now: .seconds(1), random: 0)
        #expect(queue.nextDeadline() == .seconds(30))
        queue.wake(now: .seconds(30))
        #expect(queue.take(now: .seconds(30))?.failures == 1)
    }

    @Test("a forgotten key has neither failures nor a deadline")
    func forget() {
        var queue = queue("a")
        _ = queue.take(now: .zero)
        queue.finish("a", .failed, now: .zero, random: 0)
        queue.forget("a")
        #expect(queue.nextDeadline() == nil)
        queue.add("a", now: .zero)
        #expect(queue.take(now: .zero)?.failures == 0)
    }

    @Test("closed, it accepts nothing and hands out only what a drain leaves", arguments: [true, false])
    func close(drain: Bool) {
        var queue = queue("active", "ready")
        queue.add("delayed", at: .seconds(1), now: .zero)
        _ = queue.take(now: .zero)
        queue.add("active", now: .zero)
        queue.close(drain: drain)
        queue.add("new", now: .zero)
        queue.wake(now: .seconds(9))
        #expect(!queue.isFinished)
        #expect(keys(&queue) == (drain ? ["ready"] : []))
        queue.finish("active", .failed, now: .zero, random: 0)
        queue.finish("ready", .done, now: .zero, random: 0)
        #expect(queue.isFinished)
        #expect(queue.nextDeadline() == nil)
    }

    @Test("finishing a key that nobody has changes nothing")
    func strayFinish() {
        var queue = queue("a")
        queue.finish("a", .failed, now: .zero, random: 0)
        queue.finish("b", .failed, now: .zero, random: 0)
        #expect(queue.activeCount == 0)
        #expect(queue.nextDeadline() == nil)
        #expect(keys(&queue) == ["a"])
    }

    @Test("holds its rules against a simple model over long random runs", arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = queue()
        var active: Set<String> = []
        var wanted: [String: Duration] = [:]
        var now = Duration.zero
        for _ in 0..<3000 {
            let key = String(Int.random(in: 0..<8, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                queue.add(key, now: now)
                wanted[key] = now
            case 1:
                let at = now + .milliseconds(Int.random(in: 1..<2000, using: &random))
                queue.add(key, at: at, now: now)
                wanted[key] = min(wanted[key] ?? at, at)
            case 2, 3:
                queue.wake(now: now)
                if let taken = queue.take(now: now) {
                    #expect(!active.contains(taken.key), "one worker per key")
                    #expect((wanted[taken.key] ?? .seconds(1 << 40)) <= now, "only what was asked for, in its time")
                    wanted[taken.key] = nil
                    active.insert(taken.key)
                } else {
                    #expect(wanted.allSatisfy { $0.value > now || active.contains($0.key) }, "nothing is left lying")
                }
            case 4:
                if let done = active.sorted().randomElement(using: &random) {
                    active.remove(done)
                    queue.finish(done, .done, now: now, random: 0)
                }
            default:
                now += .milliseconds(Int.random(in: 0..<300, using: &random))
            }
            #expect(queue.activeCount == active.count)
            #expect(queue.depth + queue.delayedCount <= 8)
        }
    }
}

/// A small generator with a seed, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
