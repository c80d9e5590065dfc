internal import Core
internal import KubernetesClient
internal import KubernetesModel

extension SyncExecutor {
    func send<Value: Sendable>(
        _ object: DesiredObject, _ work: (KubernetesClient) async throws(KubernetesError) -> Value
    ) async throws(SyncError) -> Value {
        do throws(KubernetesError) {
            return try await attempt(work)
        } catch {
            if error.isNotFound { index.forgetExpected(object.key) }
            throw SyncFailure.error(error, key: object.key, origin: object.origin, code: .applyFailed)
        }
    }

    func send<Value: Sendable>(
        _ key: ObjectKey, _ origin: String, _ work: (KubernetesClient) async throws(KubernetesError) -> Value?
    ) async throws(SyncError) -> Value? {
        try await send(key, origin, absentIsFine: false, work)
    }

    func send<Value: Sendable>(
        _ key: ObjectKey, _ origin: String, absentIsFine: Bool,
        _ work: (KubernetesClient) async throws(KubernetesError) -> Value?
    ) async throws(SyncError) -> Value? {
        do throws(KubernetesError) {
            return try await attempt(work)
        } catch {
            // Gone, or another object took the name since: the one that was meant is no more.
            if absentIsFine, error.isNotFound || SyncFailure.isAnotherObject(error) { return nil }
            throw SyncFailure.error(error, key: key, origin: origin, code: .pruneFailed)
        }
    }

    /// Sends a request when there is room for it, and again where that may help: 0.2 s doubling, with jitter, or as
    /// the server says.
    func attempt<Value: Sendable>(
        retriesConflicts: Bool = true, _ work: (KubernetesClient) async throws(KubernetesError) -> Value
    ) async throws(KubernetesError) -> Value {
        var attempt = 1
        var refusals = 0
        while true {
            let failure: KubernetesError
            do {
                let value = try await limiter.run { () throws(KubernetesError) in try await work(client) }
                limiter.succeeded()
                return value
            } catch let error as KubernetesError {
                failure = error
            } catch {
                throw KubernetesError(.cancelled, "the sync was stopped")
            }
            guard attempt < SyncExecutor.attempts, refusals < SyncExecutor.refusals,
                SyncFailure.isWorthAnotherTry(failure), retriesConflicts || !failure.isConflict
            else { throw failure }
            var delay =
                Duration.milliseconds(200 << min(attempt + refusals - 1, 5)) * (0.5 + 0.5 * min(max(random(), 0), 1))
            if case .waitUntil(let moment) = failure.disposition {
                delay = max(delay, min(moment - SystemClock().now(), .seconds(30)))
            }
            if failure.isTooManyRequests {
                counters.add { $0.throttled += 1 }
                limiter.refused(wait: delay)
            }
            do { try await clock.sleep(until: clock.now() + delay) } catch { throw failure }
            if failure.isTooManyRequests { refusals += 1 } else { attempt += 1 }
        }
    }
}

extension DesiredObject {
    /// The resource that serves it.
    var apiResource: APIResource {
        APIResource(gvk: gvk, plural: resource.resource, namespaced: !key.namespace.isEmpty)
    }
}
