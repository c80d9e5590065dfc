internal import Core
internal import HTTP
internal import KubernetesModel

/// The events of one watch, decoded as they arrive; for one consumer.
///
/// It ends when the server ends the watch. A 410 in the stream is thrown as `gone`, other error events as what they are.
package struct WatchStream: AsyncSequence, Sendable {
    package typealias Element = WatchEvent
    package typealias Failure = KubernetesError

    let stream: HTTPStream
    let decoder: WatchDecoder

    package struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: HTTPChunks.AsyncIterator
        var decoder: WatchDecoder

        package mutating func next() async throws(KubernetesError) -> WatchEvent? {
            while true {
                if let event = try decoder.next() { return event }
                do throws(HTTPError) {
                    guard let chunk = try await chunks.next() else { return nil }
                    decoder.append(chunk)
                } catch {
                    throw KubernetesError(error, subject: decoder.subject)
                }
            }
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(KubernetesError) -> WatchEvent? {
            try await next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(chunks: stream.chunks.makeAsyncIterator(), decoder: decoder)
    }
}

extension KubernetesClient {
    /// Opens a watch; returns when the server has accepted it.
    ///
    /// - Parameter isKnown: events of versions that are known come as bookmarks.
    package func watch(
        _ resource: APIResource, _ options: WatchOptions, isKnown: Reflector.KnownVersions? = nil
    ) async throws(KubernetesError) -> WatchStream {
        var query = options.selector.query
        query.append(("watch", "true"))
        if options.sendsInitialEvents {
            query.append(("sendInitialEvents", "true"))
            query.append(("resourceVersionMatch", "NotOlderThan"))
        } else {
            query.append(("resourceVersion", options.resourceVersion))
        }
        query.append(("timeoutSeconds", String(options.timeoutSeconds)))
        if options.bookmarks { query.append(("allowWatchBookmarks", "true")) }
        var call = call("watch", resource, "GET", namespace: options.selector.namespace, query: query)
        call.deadlines = HTTPDeadlines(connect: .seconds(10), stall: options.stall, total: nil)
        let stream = try await core.stream(call)
        let decoder = WatchDecoder(
            resource: resource, subject: call.subject, clock: core.clock, isKnown: isKnown)
        return WatchStream(stream: stream, decoder: decoder)
    }
}
