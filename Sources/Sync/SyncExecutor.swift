internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Performs the steps of one app's plan.
struct SyncExecutor: Sendable {
    /// As whom objects are read and written.
    let client: KubernetesClient
    let index: LiveIndex
    let limiter: FlightLimiter
    let counters: SyncCounters
    let options: ApplyOptions
    let manager: String
    let clock: any MonotonicClock
    let random: UnitRandom

    /// What came of one action.
    struct Result: Sendable {
        var error: SyncError?
        var healed: ObjectDrift?
        var wrote = false
        var pruned = false
    }

    /// What came of a whole plan.
    struct Outcome: Sendable {
        var errors: [SyncError] = []
        var healed: [ObjectDrift] = []
        var drifted: [ObjectDrift] = []
        var applied = 0
        var pruned = 0
    }

    /// How often a request is sent in all, where another try may help.
    static let attempts = 5
    /// How often a request that a busy server puts off (429) is sent again: it never began, so patience costs nothing.
    static let refusals = 20
    /// Reads before healing, for the sake of a message, are made for so many objects of a step at most.
    static let explainLimit = 8

    /// Runs the steps in order; the first step in which something fails is the last.
    func run(_ plan: AppPlan, validated: inout Set<ContentHash>) async -> Outcome {
        var outcome = Outcome()
        var proven: [ObjectKey: Fingerprint] = [:]
        var steps = plan.steps
        if options.validate, plan.outgoing.count > 1, plan.appliesVerified {
            var fresh = plan.outgoing.filter { !validated.contains($0.digest) && canDryRun($0, plan) }
            // What is written first proves itself: where the server refuses it, nothing has been written yet.
            let first = plan.firstApply.flatMap { first in fresh.firstIndex { $0.key == first } }
                .map { fresh.remove(at: $0) }
            let (fingerprints, errors) = await validate(fresh, unsure: plan.unsure)
            guard errors.isEmpty else {
                // People are told of everything that is wrong with an app.
                let rest = await validate(first.map { [$0] } ?? [], unsure: [])
                outcome.errors = (errors + rest.errors).sorted { $0.message < $1.message }
                return outcome
            }
            proven = fingerprints
            validated.formUnion(fresh.map(\.digest))
            if let first { validated.insert(first.digest) }
            steps = first == nil ? steps : plan.stepsFirstAlone
        }
        for step in steps {
            let results = await perform(step, plan: plan, proven: proven)
            for result in results {
                if let error = result.error { outcome.errors.append(error) }
                if let healed = result.healed { outcome.healed.append(healed) }
                if result.wrote { outcome.applied += 1 }
                if result.pruned { outcome.pruned += 1 }
            }
            guard outcome.errors.isEmpty else { break }
        }
        return outcome
    }

    /// Starts hooks whose outcome nobody waits for.
    func runHooks(_ hooks: [SyncAction]) async -> [SyncError] {
        var errors: [SyncError] = []
        for case .hook(let object, let run) in hooks {
            do throws(SyncError) { _ = try await start(object, run) } catch { errors.append(error) }
        }
        return errors
    }

    private func perform(_ step: SyncStep, plan: AppPlan, proven: [ObjectKey: Fingerprint]) async -> [Result] {
        let explains = step.actions.count <= SyncExecutor.explainLimit
        if step.actions.count == 1, let action = step.actions.first {
            return [await perform(action, plan, proven, explains: explains)]
        }
        return await withTaskGroup(of: Result.self) { group in
            for action in step.actions {
                group.addTask { await perform(action, plan, proven, explains: explains) }
            }
            var results: [Result] = []
            for await result in group { results.append(result) }
            return results
        }
    }

    private func perform(
        _ action: SyncAction, _ plan: AppPlan, _ proven: [ObjectKey: Fingerprint], explains: Bool
    ) async -> Result {
        do throws(SyncError) {
            switch action {
            case .apply(let object, let reason):
                return try await apply(object, reason, explains: explains && reason == .drifted)
            case .verify(let object):
                return try await verify(object, applies: plan.appliesVerified, known: proven[object.key])
            case .createIfAbsent(let object): return try await createIfAbsent(object)
            case .hook(let object, let run): return try await start(object, run)
            case .deleteHook(let record): return try await delete(record, propagation: .background)
            case .prune(let record): return try await prune(record)
            }
        } catch {
            counters.add { $0.failed += 1 }
            return Result(error: error)
        }
    }
}
