package import Core
internal import Git
internal import SluiceAPI
internal import Sync

/// Decides for each app which commit is wanted now and how far a sync may go. Pure.
///
/// | windows for Sync | promotion pushed | head differs from what is synced | then                             |
/// |------------------|------------------|----------------------------------|----------------------------------|
/// | open             |                  |                                  | sync the head                    |
/// | shut             | yes              |                                  | sync the promotion's commit      |
/// | shut             | no               | no                               | the head, healing only           |
/// | shut             | no               | yes                              | the last synced, healing only    |
///
/// Of a version that was synced whole only drift is left to undo: at once, then more and more slowly while somebody
/// keeps fighting, and not at all where `selfHeal` is false.
package enum EnvironmentPlanner {
    package static func plan(
        _ observation: EnvironmentObservation, jitter: Double, now: Timestamp
    ) -> EnvironmentPlan {
        var plan = EnvironmentPlan()
        var moments: [Timestamp] = []
        for app in observation.apps {
            let directive = directive(for: app, observation.environment, jitter: jitter, now: now, &moments)
            plan.directives.append(directive)
        }
        if let window = observation.window {
            moments += [window.nextOpen, window.nextClose, window.override?.until].compactMap { $0 }
        }
        plan.requeueAt = moments.filter { $0 > now }.min()
        return plan
    }

    private static func directive(
        for app: EnvironmentObservation.AppReading, _ environment: Environment, jitter: Double, now: Timestamp,
        _ moments: inout [Timestamp]
    ) -> EnvironmentPlan.Directive {
        let spec = environment.spec
        func decide(
            _ version: EnvironmentObservation.AppVersion?, _ mode: SyncMode, heldBack: String? = nil
        ) -> EnvironmentPlan.Directive {
            EnvironmentPlan.Directive(
                app: app.name, version: version, mode: spec.suspend ? .report : mode, heldBack: heldBack)
        }
        /// A version that failed is tried again when its backoff is over, and reported until then.
        func attempt(_ version: EnvironmentObservation.AppVersion) -> EnvironmentPlan.Directive {
            let digest = "\(version.digest)"
            guard let at = app.retry.nextTry(digest, policy: spec.sync.retry, jitter: jitter) else {
                return decide(version, .report)
            }
            if at > now {
                moments.append(at)
                return decide(version, .report)
            }
            let isSettled = app.retry.isSettled(digest) || app.wasSynced(version)
            return isSettled ? heal(version, .sync) : decide(version, .sync)
        }
        func heal(
            _ version: EnvironmentObservation.AppVersion?, _ mode: SyncMode, heldBack: String? = nil
        ) -> EnvironmentPlan.Directive {
            guard spec.sync.selfHeal, mode != .report else { return decide(version, .report, heldBack: heldBack) }
            let due = app.retry.nextHeal(now: now)
            if due > now { moments.append(due) }
            return decide(version, due > now ? .report : mode, heldBack: heldBack)
        }
        if let contest = app.retry.contest(now: now) { moments.append(contest.endsAt) }
        if app.syncGate.isOpen { return app.head.map(attempt) ?? heal(app.synced, .heal) }
        if let pushed = app.pushed { return attempt(pushed) }
        if let opens = app.syncGate.opensAt { moments.append(opens) }
        let mode: SyncMode = app.healGate.isOpen ? .heal : .report
        guard let head = app.head else { return heal(app.synced, mode) }
        guard let synced = app.synced, synced.digest != head.digest else {
            // Nothing newer is held back; or nothing was ever synced here, and then nothing is now.
            return app.synced == nil
                ? decide(head, .report, heldBack: "\(head.revision.short) waits: \(app.syncGate.message)")
                : heal(head, mode)
        }
        return heal(synced, mode, heldBack: "\(head.revision.short) waits: \(app.syncGate.message)")
    }
}
