internal import Synchronization

/// Buffers a body between the loop and one asynchronous reader.
///
/// A state machine under a lock: the loop's side appends or pauses, the reader's side takes everything at once.
final class StreamingSink: TransferSink {
    private struct State {
        var head: HTTPResponseHead?
        var headWaiter: CheckedContinuation<Result<HTTPResponseHead, HTTPError>, Never>?
        var buffer: [UInt8] = []
        var received = 0
        var paused = false
        var chunkWaiter: CheckedContinuation<Result<[UInt8]?, HTTPError>, Never>?
        /// Set once: `.some(nil)` after a whole response.
        var end: HTTPError??
    }

    private let state = Mutex(State())
    private let limit: Int
    private let capacity: Int

    init(limit: Int?, capacity: Int) {
        self.limit = limit ?? .max
        self.capacity = capacity
    }

    func receive(_ head: HTTPResponseHead) {
        let waiter = state.withLock { state in
            state.head = head
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: .success(head))
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer {
        let limit = limit
        let capacity = capacity
        typealias Waiter = CheckedContinuation<Result<[UInt8]?, HTTPError>, Never>
        let (answer, waiter) = state.withLock { state -> (SinkAnswer, Waiter?) in
            guard bytes.count <= limit - state.received else { return (.tooLarge, nil) }
            if let waiter = state.chunkWaiter {
                state.received += bytes.count
                state.chunkWaiter = nil
                return (.taken, waiter)
            }
            guard state.buffer.count < capacity else {
                state.paused = true
                return (.full, nil)
            }
            state.received += bytes.count
            state.buffer.append(contentsOf: bytes)
            return (.taken, nil)
        }
        waiter?.resume(returning: .success([UInt8](bytes)))
        return answer
    }

    func finish(_ error: HTTPError?) {
        let (headWaiter, chunkWaiter) = state.withLock { state in
            state.end = .some(error)
            defer {
                state.headWaiter = nil
                state.chunkWaiter = nil
            }
            return (state.headWaiter, state.chunkWaiter)
        }
        headWaiter?.resume(returning: .failure(error ?? StreamingSink.noResponse))
        if let error {
            chunkWaiter?.resume(returning: .failure(error))
        } else {
            chunkWaiter?.resume(returning: .success(nil))
        }
    }

    private static let noResponse = HTTPError(.protocolViolation, "the server closed without a response")

    /// Waits for the head.
    func head() async -> Result<HTTPResponseHead, HTTPError> {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Result<HTTPResponseHead, HTTPError>? in
                if let head = state.head { return .success(head) }
                if let end = state.end { return .failure(end ?? StreamingSink.noResponse) }
                state.headWaiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    /// Waits for bytes, the end or an error; `resume` is called when the peer was held back and may go on.
    func next(resume: () -> Void) async -> Result<[UInt8]?, HTTPError> {
        await withCheckedContinuation { continuation in
            let (ready, wasPaused) = state.withLock { state -> (Result<[UInt8]?, HTTPError>?, Bool) in
                let wasPaused = state.paused
                state.paused = false
                if !state.buffer.isEmpty {
                    var chunk: [UInt8] = []
                    swap(&chunk, &state.buffer)
                    return (.success(chunk), wasPaused)
                }
                if let end = state.end {
                    if let error = end { return (.failure(error), false) }
                    return (.success(nil), false)
                }
                precondition(state.chunkWaiter == nil, "a stream has one reader")
                state.chunkWaiter = continuation
                return (nil, wasPaused)
            }
            if wasPaused { resume() }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

/// The reader's end of a ``StreamingSink``; releasing it ends the transfer.
final class CurlChunkSource: HTTPChunkSource {
    private let sink: StreamingSink
    private let transfer: CurlTransfer
    private let loop: CurlLoop

    init(sink: StreamingSink, transfer: CurlTransfer, loop: CurlLoop) {
        self.sink = sink
        self.transfer = transfer
        self.loop = loop
    }

    deinit {
        loop.cancel(transfer)
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        try await withTaskCancellationHandler {
            await sink.next { loop.resume(transfer) }
        } onCancel: {
            loop.cancel(transfer)
        }.get()
    }
}
