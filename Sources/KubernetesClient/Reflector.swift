package import Core
internal import HTTP
internal import KubernetesModel

/// Follows all objects of one kind: lists them, then watches, and goes on whatever happens to server or network.
///
/// Flow: ``run(_:)`` lists in pages (or lets the watch begin with all objects, where that is wanted and the server can),
/// watches from there, resumes after the last event when a watch ends, and lists anew
/// when the server has forgotten that version (410). Guarantees: events of one object come in order; at most one page is
/// held in memory; failures back off exponentially up to 30 s with jitter or as `Retry-After` says; a watch that the
/// server ends in time is resumed at once; a watch that is silent for longer than the server may keep it open is taken
/// for dead.
package struct Reflector: Sendable {
    /// Says whether an object is known in a version, so that the event that tells of it need not be decoded.
    package typealias KnownVersions = @Sendable (ObjectVersion) -> Bool

    /// The server ends each watch after a time between these, chosen anew each time so that watches do not march in step.
    static let watchSeconds = 300...600

    private let client: KubernetesClient
    private let resource: APIResource
    private let selector: ObjectSelector
    private let pageSize: Int
    private let streamsLists: Bool
    private let clock: any MonotonicClock
    private let random: UnitRandom
    private let isKnown: KnownVersions?

    /// - Parameter streamsLists: take lists from the beginning of a watch, object by object, where the server can; it
    ///   needs no memory for pages on either side. Costs a look at the server's version, once for each client.
    /// - Parameter isKnown: what it knows is not told again. It is asked from the task of ``run(_:)``.
    package init(
        client: KubernetesClient, resource: APIResource, selector: ObjectSelector = ObjectSelector(),
        pageSize: Int = KubernetesClient.pageSize, streamsLists: Bool = false,
        clock: any MonotonicClock = UptimeClock(),
        random: @escaping UnitRandom = systemRandom, isKnown: KnownVersions? = nil
    ) {
        self.isKnown = isKnown
        self.client = client
        self.resource = resource
        self.selector = selector
        self.pageSize = pageSize
        self.streamsLists = streamsLists
        self.clock = clock
        self.random = random
    }

    /// Runs until the task is cancelled; `handler` is called from this task alone and must not block.
    package func run(_ handler: @Sendable (ReflectorEvent) -> Void) async {
        var position = Position()
        while !Task.isCancelled {
            do throws(KubernetesError) {
                let streams =
                    if position.version == nil, streamsLists { await client.discovery.streamsLists() } else { false }
                if position.version == nil, !streams {
                    position.version = try await list(handler)
                }
                try await watch(&position, handler)
            } catch {
                if error.isCancelled, Task.isCancelled { return }
                if position.version == nil, error.code == .invalid || error.code == .badRequest {
                    client.discovery.refusesStreamedLists()
                }
                if error.isGone { position.version = nil }
                // The first 410 after progress is the ordinary course of things: list at once.
                let ordinary = error.isGone && position.failures == 0
                position.failures += 1
                handler(.disconnected(error))
                if !ordinary { await pause(failures: position.failures, error: error) }
            }
        }
    }

    /// Where the next watch begins, and how many tries have failed since the last sign of life.
    private struct Position {
        var version: String?
        var failures = 0
    }

    private func list(_ handler: (ReflectorEvent) -> Void) async throws(KubernetesError) -> String {
        let version = try await client.listPages(resource, selector, pageSize: pageSize) {
            handler(.begin)
        } page: { objects in
            for object in objects { handler(.upsert(object)) }
        }
        handler(.finish)
        return version
    }

    /// One watch, to its end; without a version to begin at it begins with all objects.
    private func watch(
        _ position: inout Position, _ handler: (ReflectorEvent) -> Void
    ) async throws(KubernetesError) {
        let spread = Double(Reflector.watchSeconds.count - 1)
        let seconds = Reflector.watchSeconds.lowerBound + Int(spread * min(max(random(), 0), 1))
        let opened = clock.now()
        var options = WatchOptions(selector, resourceVersion: position.version ?? "", timeoutSeconds: seconds)
        options.sendsInitialEvents = position.version == nil
        let events = try await client.watch(resource, options, isKnown: isKnown)
        handler(options.sendsInitialEvents ? .begin : .connected)
        for try await event in events {
            position.failures = 0
            switch event {
            case .initialEventsEnd(let version):
                position.version = version
                handler(.finish)
                handler(.connected)
            case .added(let object), .modified(let object):
                advance(&position, object.resourceVersion)
                handler(.upsert(object))
            case .deleted(let object):
                advance(&position, object.resourceVersion)
                handler(.delete(object))
            case .bookmark(let version):
                advance(&position, version)
            }
        }
        guard clock.now() - opened < .seconds(1) else {
            position.failures = 0
            return
        }
        // An accepted watch that ends at once is a server in trouble, not the end of its time.
        position.failures += 1
        await pause(failures: position.failures)
    }

    /// A list that is cut in its middle is no place to go on from.
    private func advance(_ position: inout Position, _ version: String) {
        if !version.isEmpty, position.version != nil { position.version = version }
    }

    private func pause(failures: Int, error: KubernetesError? = nil) async {
        var delay = Reflector.backoff(failures: failures, random: random())
        if case .waitUntil(let moment) = error?.disposition {
            delay = max(delay, min(moment - client.core.clock.now(), .seconds(300)))
        }
        try? await clock.sleep(until: clock.now() + delay)
    }

    /// 0.5 s doubling to 30 s, of which a random half to whole: 1 -> 0.25...0.5 s, 2 -> 0.5...1 s, 7 and above ->
    /// 15...30 s.
    static func backoff(failures: Int, random: Double) -> Duration {
        let whole = min(30.0, 0.5 * Double(1 << min(max(failures - 1, 0), 10)))
        return .milliseconds(Int(whole * 1000 * (0.5 + 0.5 * min(max(random, 0), 1))))
    }
}
