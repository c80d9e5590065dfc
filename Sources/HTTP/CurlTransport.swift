internal import Synchronization

/// The transport over libcurl: one loop on one thread for all exchanges of the process.
///
/// Flow: any thread hands a request over; the loop's thread runs it and wakes the caller when the response, its head or
/// a piece of it is there. Exchanges of `send` and those of `stream` and `open` use separate connections, so that a slow
/// reader of a stream holds up no request. Guarantees: at most `maxConnectionsPerHost` connections for requests to one
/// host, HTTP/2 multiplexed over few of them; no state outlives ``shutdown()``.
package final class CurlTransport: HTTPTransport {
    /// Bounds of a transport.
    package struct Limits: Sendable {
        /// Connections for `send` to one host and port; with HTTP/2 one is in use until its streams are exhausted.
        package var maxConnectionsPerHost: Int
        /// Bytes of a stream that wait unread before the peer is held back.
        package var streamBufferBytes: Int

        package init(maxConnectionsPerHost: Int = 32, streamBufferBytes: Int = 1 << 20) {
            self.maxConnectionsPerHost = maxConnectionsPerHost
            self.streamBufferBytes = streamBufferBytes
        }
    }

    private let loop: CurlLoop
    private let limits: Limits

    /// Starts the loop's thread.
    package init(limits: Limits = Limits()) throws(HTTPError) {
        self.limits = limits
        loop = try CurlLoop(limits: limits)
    }

    deinit {
        loop.stop()
    }

    /// How many connections were opened so far, for metrics; those of streams count when they end.
    package var connectionsOpened: Int { loop.connectionsOpened.load(ordering: .relaxed) }

    /// Ends every exchange with ``HTTPError/Code/shutDown`` and the thread after them; later requests fail the same way.
    package func shutdown() {
        loop.stop()
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try request.validate()
        let sink = CollectingSink(limit: request.maxBodyBytes)
        let transfer = CurlTransfer(request: request, sink: sink, lane: .requests)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sink.continuation = continuation
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        try request.validate()
        let sink = StreamingSink(limit: request.maxBodyBytes, capacity: limits.streamBufferBytes)
        let transfer = CurlTransfer(request: request, sink: sink, lane: .streams)
        let source = CurlChunkSource(sink: sink, transfer: transfer, loop: loop)
        loop.start(transfer)
        let head = try await withTaskCancellationHandler {
            await sink.head()
        } onCancel: {
            loop.cancel(transfer)
        }.get()
        return HTTPStream(head: head, source: source)
    }

    package func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        try request.validate()
        let sink = BlockingSink(limit: request.maxBodyBytes, capacity: limits.streamBufferBytes, upload: upload)
        let transfer = CurlTransfer(request: request, sink: sink, lane: .streams, upload: upload)
        let exchange = CurlBlockingExchange(sink: sink, transfer: transfer, loop: loop)
        loop.start(transfer)
        return exchange
    }
}
