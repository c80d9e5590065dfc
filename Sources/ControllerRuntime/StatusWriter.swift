internal import Core
package import KubernetesModel
package import Logging
internal import Synchronization

/// The only way to an object's status.
///
/// Flow: a reconcile takes ``freshest(_:)`` of the object that its cache shows, plans, and calls ``write(_:to:)``.
/// Guarantees: nothing is sent when nothing changed; a write is conditional on the version it was computed from, so it
/// never undoes what another writer did; a cache that has not seen our own last write yet does not bring back what was
/// before it. Assumption: one writer per object within the process, which a ``Controller`` gives.
package final class StatusWriter: Sendable {
    /// Called with an object and what is wrong with a status that was written to it.
    package typealias ViolationHandler = @Sendable (_ object: Manifest, _ violations: [String]) -> Void

    /// What is remembered of the last write to an object.
    private struct Last {
        let uid: String
        /// Versions that are older than `result`; while the cache shows one of them, `result` is the truth.
        var bases: [String]
        /// Nil once the cache has moved on.
        var result: Manifest?
        /// What was asked for and what became of it, if the server changed it: it would do so again.
        var settled: (asked: JSONValue, became: JSONValue?)?
    }

    /// How often a write is tried again after a conflict that does not concern the status.
    private static let retries = 4
    /// How many old versions are remembered; a cache that lags behind by more is caught by the conditional write.
    private static let baseLimit = 16

    private let store: any ObjectStore
    private let onViolation: ViolationHandler
    private let lasts = Mutex<[NamespacedName: Last]>([:])

    /// - Parameter onViolation: by default an error in the log; tests fail there.
    package init(store: any ObjectStore, logger: Logger, onViolation: ViolationHandler? = nil) {
        self.store = store
        self.onViolation =
            onViolation ?? { object, violations in
                logger.error(
                    "A status breaks the conventions",
                    metadata: .init([
                        .kind: object.kind, .namespace: object.namespace, .name: object.name,
                        .error: violations.joined(separator: "; "),
                    ]))
            }
    }

    /// The newest that is known of an object: what the cache shows, or the result of our own last write if the cache
    /// has not seen it yet.
    package func freshest(_ cached: Manifest) -> Manifest {
        lasts.withLock { lasts in
            if let newer = Self.newer(lasts[cached.namespacedName], than: cached) { return newer }
            // The cache has caught up, or shows another object of that name.
            lasts[cached.namespacedName]?.result = nil
            if lasts[cached.namespacedName]?.settled == nil { lasts[cached.namespacedName] = nil }
            return cached
        }
    }

    private static func newer(_ last: Last?, than object: Manifest) -> Manifest? {
        guard let last, last.uid == object.uid, last.bases.contains(object.resourceVersion) else { return nil }
        return last.result
    }

    /// Forgets an object that is gone.
    package func forget(_ name: NamespacedName) {
        lasts.withLock { $0[name] = nil }
    }

    /// Makes an object's status this one, and returns the object as it is then; nil if it is gone.
    ///
    /// Transition times, order and sizes are seen to by ``StatusForm``. Throws ``StatusError``, whose conflicts are
    /// transient, and what the store throws.
    @discardableResult
    package func write(_ desired: JSONValue, to observed: Manifest) async throws -> Manifest? {
        var base = lasts.withLock { Self.newer($0[observed.namespacedName], than: observed) } ?? observed
        var bases = [observed.resourceVersion]
        for _ in 0...Self.retries {
            let status = base.json["status"]
            guard let prepared = StatusForm.prepare(desired, over: status) else {
                throw StatusError(
                    .tooLarge, object: base.namespacedName.description, size: desired.withoutNulls().jsonBytes.count)
            }
            if isSettled(base, prepared) { return base }
            guard let patch = (status ?? [:]).mergePatch(to: prepared) else { return base }
            bases.append(base.resourceVersion)
            switch try await store.merge(Self.conditional(patch, base), into: base.namespacedName, status: true) {
            case .written(let result):
                remember(result, bases: bases, asked: prepared)
                let violations = StatusConformance.violations(
                    of: prepared, generation: result.generation, previous: status)
                if !violations.isEmpty { onViolation(result, violations) }
                return result
            case .gone:
                return nil
            case .conflict:
                guard let now = try await store.read(base.namespacedName), now.uid == base.uid else { return nil }
                let theirs = now.json["status"]
                guard theirs == status || theirs == prepared else {
                    throw StatusError(.conflict, object: base.namespacedName.description)
                }
                base = now
            }
        }
        throw StatusError(.conflict, object: base.namespacedName.description)
    }

    private static func conditional(_ patch: JSONValue, _ base: Manifest) -> JSONValue {
        [
            "metadata": ["resourceVersion": .string(base.resourceVersion), "uid": .string(base.uid)],
            "status": patch,
        ]
    }

    private func isSettled(_ base: Manifest, _ prepared: JSONValue) -> Bool {
        lasts.withLock { lasts in
            guard let last = lasts[base.namespacedName], last.uid == base.uid, let settled = last.settled else {
                return false
            }
            return settled.asked == prepared && settled.became == base.json["status"]
        }
    }

    private func remember(_ result: Manifest, bases: [String], asked: JSONValue) {
        let became = result.json["status"]
        lasts.withLock { lasts in
            let old = lasts[result.namespacedName]
            let known = old?.uid == result.uid && old?.result != nil ? old?.bases ?? [] : []
            lasts[result.namespacedName] = Last(
                uid: result.uid,
                bases: (known + bases.filter { !known.contains($0) && $0 != result.resourceVersion })
                    .suffix(Self.baseLimit),
                result: result, settled: became == asked ? nil : (asked, became))
        }
    }
}
