import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git
@testable import Policy

/// A generator with a seed, so that a failure can be repeated (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A promotion and everything that can happen to it, in random order: gates open and shut, approvals come and run out,
/// pushes are refused or taken, the process dies before or after a write, statuses are lost, apps fall ill, the clock
/// jumps. After each event the rules that never bend must hold.
private struct Saga {
    var story: PromotionStory
    var now: Timestamp
    /// Commits with this attempt's trailers on the branch, in the order of their pushes.
    var commits: [(attempt: Int, commit: LedgerEntry)] = []
    var revert: LedgerEntry?
    /// The gates as the world has them.
    var closed: Set<GateName> = []
    var rejected = false
    var health = HealthState.healthy
    var isSynced = false
    var isGone = false
    /// Rollbacks that were asked for, by name.
    var rollbacks: [String] = []
    var log: [String] = []

    init() throws {
        story = try PromotionStory()
        now = story.now
    }

    private var gates: [Gate] {
        [GateName.window, .approval, .upstream, .vetoed].map { name in
            if name == .approval, rejected {
                return Gate(name: name, state: .closed, reason: .rejected, message: "rejected")
            }
            return closed.contains(name)
                ? Gate(name: name, state: .waiting, reason: .windowClosed, message: "\(name)")
                : Gate(name: name, state: .open)
        }
    }

    private var observation: PromotionObservation {
        var observation = PromotionObservation(
            promotion: story.promotion, target: isGone ? .missing : .present(story.environment))
        guard !isGone else { return observation }
        observation.commit = commits.first { $0.attempt == story.promotion.spec.attempt }?.commit
        if observation.commit == nil {
            observation.change = .success(story.change)
            observation.gates = gates
        } else {
            observation.revertedBy = revert
            observation.apps = [
                story.progress(sync: isSynced ? .synced : .outOfSync, health: health, hasCommit: isSynced)
            ]
        }
        return observation
    }

    /// One reconcile: plan, write the status, act; the process may die after each.
    mutating func reconcile(_ generator: inout SeededGenerator) throws {
        let before = story.promotion.status
        let plan = PromotionPlanner.plan(observation, now: now)
        try check(before, plan)
        guard Int.random(in: 0..<8, using: &generator) > 0 else { return log.append("died before the status") }
        if case .rollBack(let name, _)? = plan.action, !rollbacks.contains(name) { rollbacks.append(name) }
        story.advance(plan)
        guard Int.random(in: 0..<8, using: &generator) > 0 else { return log.append("died before the action") }
        if case .commit? = plan.action {
            // Right before the push everything is asked again.
            #expect(
                observation.gates.allSatisfy { $0.state == .open }
                    || story.environment.spec.windows.onClose == .complete)
            if Bool.random(using: &generator) {
                commits.append((story.promotion.spec.attempt, try story.record()))
                log.append("pushed attempt \(story.promotion.spec.attempt)")
            } else {
                log.append("push refused")
            }
        }
    }

    private func check(_ before: PromotionStatus, _ plan: PromotionPlan) throws {
        let told = "\(log.suffix(12))"
        let attempt = story.promotion.spec.attempt
        let isPushed = commits.contains { $0.attempt == attempt }
        // One commit of an attempt, ever.
        #expect(Set(commits.map(\.attempt)).count == commits.count, "\(told)")
        if isPushed, !isGone {
            if case .commit? = plan.action { Issue.record("a second commit: \(told)") }
            // The push is the point of no return: what was asked since does not undo it.
            let neverAfter: Set<PromotionPhase> = [.aborted, .expired, .rejected, .superseded, .planned]
            let ended = before.attempt == attempt && (before.phase?.isTerminal ?? false)
            if !ended, let phase = plan.status.phase { #expect(!neverAfter.contains(phase), "\(phase) \(told)") }
        }
        // A gate that waits is never passed, but for a window of which onClose says so.
        if case .commit? = plan.action {
            #expect(!rejected && closed.subtracting([.window]).isEmpty, "\(told)")
            if closed.contains(.window) { #expect(story.environment.spec.windows.onClose == .complete, "\(told)") }
            #expect(!story.promotion.spec.abort && !story.promotion.spec.dryRun, "\(told)")
        }
        // An end stays an end, but that a revert is noted.
        if before.attempt == attempt, let phase = before.phase, phase.isTerminal {
            #expect(plan.status.phase == phase || plan.status.phase == .rolledBack, "\(phase) \(told)")
        }
        // One automatic rollback for an attempt, and none without a healthy past.
        if case .rollBack(let name, let cause)? = plan.action {
            #expect(name == "cart-v2-auto-\(attempt)" && !cause.isEmpty)
            #expect(before.attempt != attempt || before.rollback.isEmpty, "\(told)")
        }
        #expect(plan.status.message.utf8.count <= Condition.messageLimit)
        for type in [ConditionType.ready, ConditionType.reconciling, ConditionType.stalled] {
            #expect(plan.status.conditions[type] != nil, "\(type) \(told)")
        }
    }

    mutating func happen(_ generator: inout SeededGenerator) {
        let gates: [GateName] = [.window, .approval, .upstream, .vetoed]
        switch Int.random(in: 0..<14, using: &generator) {
        case 0, 1:
            let gate = gates[Int.random(in: 0..<4, using: &generator)]
            if closed.remove(gate) == nil { closed.insert(gate) }
            log.append("\(gate) \(closed.contains(gate) ? "shuts" : "opens")")
        case 2:
            closed = []
            log.append("all gates open")
        case 3:
            now = now + .seconds(Int64.random(in: 1...90_000, using: &generator))
            log.append("time passes")
        case 4:
            now = now - .seconds(Int64.random(in: 1...600, using: &generator))
            log.append("the clock goes back")
        case 5, 6:
            isSynced = !commits.isEmpty
            log.append("synced")
        case 7:
            health = [.healthy, .healthy, .progressing, .degraded][Int.random(in: 0..<4, using: &generator)]
            log.append("\(health)")
        case 8:
            story.promotion.spec.abort.toggle()
            log.append("abort \(story.promotion.spec.abort)")
        case 9:
            story.promotion.spec.attempt += 1
            isSynced = false
            log.append("attempt \(story.promotion.spec.attempt)")
        case 10:
            // The cluster is rebuilt from Git: every status is gone, what was committed is not.
            story.promotion.status = PromotionStatus()
            log.append("status lost")
        case 11:
            rejected = Int.random(in: 0..<5, using: &generator) == 0
            log.append("rejected \(rejected)")
        case 12:
            isGone = Int.random(in: 0..<4, using: &generator) == 0
            log.append("environment gone \(isGone)")
        default:
            let all = WindowCloseAction.allCases
            story.environment.spec.windows.onClose = all[Int.random(in: 0..<all.count, using: &generator)]
        }
    }
}

@Suite("Rules that never bend")
struct PromotionPropertyTests {
    @Test("hold in every history", arguments: 0..<300)
    func histories(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        var saga = try Saga()
        for _ in 0..<120 {
            saga.happen(&generator)
            try saga.reconcile(&generator)
        }
        // For each attempt at most one rollback by itself, by a name of its own.
        #expect(Set(saga.rollbacks).count == saga.rollbacks.count)
        #expect(saga.rollbacks.count <= saga.story.promotion.spec.attempt)
    }

    @Test("are put to the test: most histories come to a push, and some to a rollback")
    func reach() throws {
        var pushed = 0
        var rolledBack = 0
        for seed in 0..<100 {
            var generator = SeededGenerator(state: UInt64(seed))
            var saga = try Saga()
            for _ in 0..<120 {
                saga.happen(&generator)
                try saga.reconcile(&generator)
            }
            if !saga.commits.isEmpty { pushed += 1 }
            if !saga.rollbacks.isEmpty { rolledBack += 1 }
        }
        #expect(pushed > 80)
        #expect(rolledBack > 20)
    }
}
