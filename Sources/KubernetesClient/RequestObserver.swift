internal import Synchronization

/// One finished request, for counters and metrics.
package struct RequestRecord: Sendable, Hashable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete`, `discover`.
    package let verb: String
    /// `deployments.apps`; with a subresource `deployments.apps/status`.
    package let resource: String
    /// The HTTP status; 0 when there was no answer.
    package let status: Int
    /// To the last byte; for a watch to the head of the answer.
    package let duration: Duration

    package init(verb: String, resource: String, status: Int, duration: Duration) {
        self.verb = verb
        self.resource = resource
        self.status = status
        self.duration = duration
    }
}

/// Is told of every request to an API server, from any thread; it must be quick.
package protocol RequestObserver: Sendable {
    func requestFinished(_ record: RequestRecord)
}

/// Counts requests by verb, resource and status: proves that an idle minute is idle.
package final class RequestCounters: RequestObserver {
    package struct Key: Sendable, Hashable {
        package let verb: String
        package let resource: String
        package let status: Int
    }

    private let counts = Mutex<[Key: Int]>([:])

    package init() {}

    package func requestFinished(_ record: RequestRecord) {
        let key = Key(verb: record.verb, resource: record.resource, status: record.status)
        counts.withLock { $0[key, default: 0] += 1 }
    }

    package var snapshot: [Key: Int] { counts.withLock { $0 } }

    /// All requests, or those of one verb or resource.
    package func total(verb: String? = nil, resource: String? = nil) -> Int {
        snapshot.reduce(0) { sum, entry in
            let matches =
                (verb ?? entry.key.verb) == entry.key.verb
                && (resource ?? entry.key.resource) == entry.key.resource
            return matches ? sum + entry.value : sum
        }
    }
}
