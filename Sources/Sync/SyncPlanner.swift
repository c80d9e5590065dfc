internal import Core
package import KubernetesModel

/// Decides, from what is wanted and what is there, what to do for one app. Pure: it asks nobody and changes nothing.
package struct SyncPlanner: Sendable {
    /// Who else wants an object.
    package enum Claim: Sendable, Hashable {
        case nobody
        case environment(NamespacedName)
        /// The environment that the object names exists, and has not said yet what it wants.
        case undecided(NamespacedName)
    }

    package let environment: NamespacedName
    package let mode: SyncMode
    package let policy: SyncPolicy
    /// The live object with a key as it is served in a version, whoever tracks it.
    package let live: @Sendable (ObjectKey, GroupVersionKind) -> LiveRecord?
    /// What was last applied.
    package let expected: @Sendable (ObjectKey) -> ExpectedState?
    /// Whether another environment wants an object.
    package let claim: @Sendable (ObjectKey) -> Claim
    /// The keys that any app of this environment wants: what moves between apps is handed over, not pruned.
    package let wanted: Set<ObjectKey>

    package init(
        environment: NamespacedName, mode: SyncMode, policy: SyncPolicy, wanted: Set<ObjectKey>,
        live: @escaping @Sendable (ObjectKey, GroupVersionKind) -> LiveRecord?,
        expected: @escaping @Sendable (ObjectKey) -> ExpectedState?,
        claim: @escaping @Sendable (ObjectKey) -> Claim = { _ in .nobody }
    ) {
        self.environment = environment
        self.mode = mode
        self.policy = policy
        self.wanted = wanted
        self.live = live
        self.expected = expected
        self.claim = claim
    }

    /// Plans one app.
    ///
    /// - Parameters:
    ///   - tracked: the live objects whose tracking names this environment and app.
    ///   - runHooks: whether the hooks of this revision are still to be run.
    ///   - removed: whether the app has left Git: then nothing of it is wanted, and `allowEmpty` is not asked.
    package func plan(
        _ app: DesiredApp, tracked: [LiveRecord], runHooks: Bool = false, removed: Bool = false
    ) -> AppPlan {
        guard app.violations.isEmpty else { return blocked(app, app.violations) }
        var draft = Draft()
        for object in app.objects { classify(object, &draft) }
        guard draft.errors.isEmpty else { return blocked(app, draft.errors) }
        let extras = extras(tracked, app, removed: removed, &draft)
        let steps = StepBuilder(
            app: app, actions: draft.actions, hooks: mode == .sync ? app.hooks : [], runHooks: runHooks,
            prunes: extras, pruneLast: policy.pruneLast, live: live,
            settled: Set(draft.objects.filter { $0.status == .synced }.map(\.key)))
        let order = steps.order()
        return AppPlan(
            app: app.name, revision: app.revision, steps: order.steps,
            outgoing: draft.actions.map(\.object), wait: order.wait, isLast: order.isOpen && draft.errors.isEmpty,
            appliesVerified: mode == .sync || (mode == .heal && policy.selfHeal), objects: draft.objects,
            failureHooks: steps.failureHooks, errors: draft.errors + order.errors, confirmed: draft.confirmed)
    }

    private struct Draft {
        var objects: [ObjectPlan] = []
        var actions: [(object: DesiredObject, action: SyncAction)] = []
        var confirmed: [ObjectKey: ExpectedState] = [:]
        var errors: [SyncError] = []
    }

    private func blocked(_ app: DesiredApp, _ errors: [SyncError]) -> AppPlan {
        AppPlan(
            app: app.name, revision: app.revision, steps: [], outgoing: [], wait: nil, isLast: false,
            appliesVerified: false,
            objects: [], failureHooks: [], errors: errors, confirmed: [:])
    }

    private func classify(_ object: DesiredObject, _ draft: inout Draft) {
        func line(_ status: ObjectSyncStatus, _ message: String = "", isDrift: Bool = false) {
            draft.objects.append(
                ObjectPlan(key: object.key, status: status, message: message, isDrift: isDrift))
        }
        func act(_ action: SyncAction) {
            if mode == .report {
                guard case .verify = action else { return }
            }
            draft.actions.append((object, action))
        }
        if object.options.unmanaged { return line(.unmanaged) }
        guard let record = live(object.key, object.gvk) else {
            line(.missing, "is not there")
            return act(object.options.createOnly ? .createIfAbsent(object) : .apply(object, .missing))
        }
        if let error = foreignOwner(of: object, record) {
            draft.errors.append(error)
            return
        }
        if record.isDeleting { return line(.outOfSync, "is being deleted") }
        if object.options.createOnly { return line(.synced) }
        guard record.isTracked, record.tracking == object.tracking, let fingerprint = record.fingerprint else {
            line(
                .outOfSync,
                record.tracking.map { "belongs to \($0.environment)/\($0.app) until now" } ?? "is not tracked")
            return act(.apply(object, .adopted))
        }
        if record.isHalfAdopted {
            line(.outOfSync, "has fields of kubectl apply that are not taken over yet")
            return act(.apply(object, .adopted))
        }
        let last = expected(object.key)
        if let last, last.digest == object.digest, last.fingerprint == fingerprint { return line(.synced) }
        let ignored = record.ignored ?? IgnoredFields()
        if Fingerprint(applied: object.manifest, ignoring: ignored) == fingerprint {
            draft.confirmed[object.key] = ExpectedState(digest: object.digest, fingerprint: fingerprint)
            return line(.synced)
        }
        guard let last else {
            // Nothing is remembered of it, and the server writes values in its own way: only it can tell.
            line(.unverified)
            return act(.verify(object))
        }
        guard last.digest == object.digest else {
            line(.outOfSync, "Git wants another state")
            return act(.apply(object, .changed))
        }
        if !ignored.owned.isEmpty {
            // Another manager may have taken over fields that are left to it; that is no drift.
            line(.unverified)
            return act(.verify(object))
        }
        if last.wasSeen {
            line(
                .outOfSync, record.lastManager.isEmpty ? "was changed" : "was changed by \(record.lastManager)",
                isDrift: true)
        } else {
            line(.outOfSync, "differs from Git", isDrift: true)
        }
        if mode == .sync || policy.selfHeal { act(.apply(object, last.wasSeen ? .drifted : .changed)) }
    }

    /// Why an object may not be touched that another environment tracks.
    private func foreignOwner(of object: DesiredObject, _ record: LiveRecord) -> SyncError? {
        guard record.isTracked, let owner = record.tracking, owner.environment != environment else { return nil }
        switch claim(object.key) {
        case .nobody: return nil
        case .environment(let other):
            return SyncError(
                .ownedElsewhere,
                "\(object.key) (\(object.origin)): environment \(other) has the same object; only one can")
        case .undecided(let other):
            return SyncError(
                .ownedElsewhere,
                "\(object.key) (\(object.origin)): it belongs to environment \(other), which has not said yet what it wants",
                disposition: .transient)
        }
    }

    /// The tracked objects that nobody wants any more; those that are to be pruned are returned.
    private func extras(
        _ tracked: [LiveRecord], _ app: DesiredApp, removed: Bool, _ draft: inout Draft
    ) -> [LiveRecord] {
        let extras = tracked.filter { record in
            record.isTracked && !record.isHook && !record.isControlled && !record.options.keep
                && !wanted.contains(record.key) && claim(record.key) == .nobody
        }
        guard !extras.isEmpty else { return [] }
        for record in extras {
            let message = record.isDeleting ? "is being deleted" : "is no longer in Git"
            draft.objects.append(ObjectPlan(key: record.key, status: .extra, message: message))
        }
        guard policy.prune, mode != .report else { return [] }
        if app.objects.isEmpty, !removed, !policy.allowEmpty {
            draft.errors.append(
                SyncError(
                    .pruneRefused,
                    "app \(app.name) renders to nothing, and pruning all its \(extras.count) objects needs sync.allowEmpty"
                ))
            return []
        }
        return extras.filter { !$0.isDeleting }
    }
}
