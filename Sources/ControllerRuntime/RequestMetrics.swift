package import CoreMetrics
package import KubernetesClient
internal import Metrics
internal import Synchronization

/// Counts and times the requests to API servers: `sluice_api_requests_total` by verb, resource and status code,
/// `sluice_api_request_duration_seconds` by verb.
///
/// The code is `error` where there was no answer. Resources are as many as kinds are managed; the registry caps them.
package final class RequestMetrics: RequestObserver {
    private struct Key: Hashable {
        let verb: String
        let resource: String
        let status: Int
    }

    private struct Handles {
        var counters: [Key: Counter] = [:]
        var timers: [String: CoreMetrics.Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let next: (any RequestObserver)?
    /// Making a metric is a look-up under the registry's lock; once for each is enough.
    private let handles = Mutex(Handles())

    /// - Parameter next: told of every request as well.
    package init(factory: any MetricsFactory = MetricsSystem.factory, next: (any RequestObserver)? = nil) {
        self.factory = factory
        self.next = next
    }

    package func requestFinished(_ record: RequestRecord) {
        let key = Key(verb: record.verb, resource: resource(record), status: record.status)
        let (counter, timer) = handles.withLock { handles in
            (madeCounter(key, &handles), madeTimer(record.verb, &handles))
        }
        counter.increment()
        timer.record(duration: record.duration)
        next?.requestFinished(record)
    }

    /// A request to a path of its own has the path as its resource, which may hold names.
    private func resource(_ record: RequestRecord) -> String {
        record.resource.hasPrefix("/") ? "other" : record.resource
    }

    private func madeCounter(_ key: Key, _ handles: inout Handles) -> Counter {
        if let known = handles.counters[key] { return known }
        let made = Counter(
            label: "sluice_api_requests_total",
            dimensions: [
                ("verb", key.verb), ("resource", key.resource),
                ("code", key.status == 0 ? "error" : String(key.status)),
            ],
            factory: factory)
        handles.counters[key] = made
        return made
    }

    private func madeTimer(_ verb: String, _ handles: inout Handles) -> CoreMetrics.Timer {
        if let known = handles.timers[verb] { return known }
        let made = Timer(
            label: "sluice_api_request_duration_seconds", dimensions: [("verb", verb)], factory: factory)
        handles.timers[verb] = made
        return made
    }
}
