/// What sends requests. ``CurlTransport`` is the real one; tests script theirs.
package protocol HTTPTransport: Sendable {
    /// Sends a request and collects the whole response. Cancelling the task ends the exchange at once.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// Sends a request and returns when the response's head is there; the body follows through the stream.
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream

    /// Starts an exchange for a caller that may block its thread. Never call it on the cooperative pool.
    func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange
}

/// Where the body of a blocking exchange's request comes from.
package enum HTTPUpload: Sendable, Hashable {
    /// The request's `body`.
    case body
    /// Pieces given to ``HTTPBlockingExchange/write(_:)``, of a total length if known, else chunked.
    case pieces(length: Int64?)
}

/// A response that arrives in pieces.
///
/// Flow: one consumer iterates ``chunks`` once. At most about 1 MiB waits unread; then the peer is held back.
/// Dropping the stream, or cancelling the task that awaits a chunk, ends the exchange.
package struct HTTPStream: Sendable {
    package let head: HTTPResponseHead
    package let chunks: HTTPChunks

    package var status: Int { head.status }
    package var headers: HTTPHeaders { head.headers }

    package init(head: HTTPResponseHead, source: any HTTPChunkSource) {
        self.head = head
        chunks = HTTPChunks(source: source)
    }

    /// All that is left, up to `limit` bytes; for error bodies. The rest is dropped with the stream.
    package func collect(limit: Int) async throws(HTTPError) -> [UInt8] {
        var body: [UInt8] = []
        while body.count < limit, let chunk = try await chunks.source.next() {
            body.append(contentsOf: chunk.prefix(limit - body.count))
        }
        return body
    }
}

/// Gives the pieces of a body; ends its exchange when it is released.
package protocol HTTPChunkSource: AnyObject, Sendable {
    /// What has arrived since the last call, waiting for at least one byte; nil at the end. For one caller at a time.
    func next() async throws(HTTPError) -> [UInt8]?
}

/// The body of an ``HTTPStream`` as a sequence of non-empty byte arrays, for one consumer.
package struct HTTPChunks: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    package typealias Failure = HTTPError

    let source: any HTTPChunkSource

    package struct AsyncIterator: AsyncIteratorProtocol {
        let source: any HTTPChunkSource

        package mutating func next() async throws(HTTPError) -> [UInt8]? {
            try await source.next()
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPError) -> [UInt8]? {
            try await source.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }
}

/// An exchange driven by blocking calls from one thread that its caller owns.
///
/// Flow: write all pieces, ``finishWriting()``, then ``head()`` and ``read(into:)`` until it gives 0. ``cancel()`` may
/// be called from any thread and makes pending and later calls throw. Releasing the exchange cancels it.
package protocol HTTPBlockingExchange: AnyObject, Sendable {
    /// Hands over one piece of the request's body, waiting while earlier pieces are unsent.
    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPError)
    /// Says that the request's body is complete; needed once when the upload is in pieces.
    func finishWriting() throws(HTTPError)
    /// Waits for the response's head.
    func head() throws(HTTPError) -> HTTPResponseHead
    /// Waits for bytes of the body and copies as many as fit; 0 means the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int
    func cancel()
}
