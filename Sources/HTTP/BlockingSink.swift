internal import Glibc

/// Buffers both bodies between the loop and one blocked thread.
///
/// `@unchecked Sendable`: every field below `monitor` is touched with `monitor` held.
final class BlockingSink: TransferSink, @unchecked Sendable {
    private let monitor = Monitor()
    private let limit: Int
    private let capacity: Int
    private var responseHead: HTTPResponseHead?
    private var buffer: [UInt8] = []
    /// How much of `buffer` has been read.
    private var consumed = 0
    private var received = 0
    private var receivePaused = false
    private var end: HTTPError??
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var uploadComplete: Bool
    private var uploadPaused = false

    init(limit: Int?, capacity: Int, upload: HTTPUpload) {
        self.limit = limit ?? .max
        self.capacity = capacity
        uploadComplete = upload == .body
    }

    func receive(_ head: HTTPResponseHead) {
        monitor.withLock {
            responseHead = head
            monitor.signal()
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer {
        monitor.withLock {
            guard bytes.count <= limit - received else { return .tooLarge }
            guard buffer.count - consumed < capacity else {
                receivePaused = true
                return .full
            }
            received += bytes.count
            buffer.append(contentsOf: bytes)
            monitor.signal()
            return .taken
        }
    }

    func finish(_ error: HTTPError?) {
        monitor.withLock {
            if end == nil { end = .some(error) }
            monitor.signal()
        }
    }

    func upload(into target: UnsafeMutableRawBufferPointer) -> SinkUpload {
        monitor.withLock {
            let count = min(target.count, outgoing.count - sent)
            guard count > 0 else {
                if uploadComplete { return .end }
                uploadPaused = true
                return .wait
            }
            outgoing.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[sent..<sent + count])) }
            sent += count
            if sent == outgoing.count {
                outgoing.removeAll(keepingCapacity: true)
                sent = 0
            }
            monitor.signal()
            return .bytes(count)
        }
    }

    /// Appends a piece of the request's body, waiting while more than the capacity is unsent; true when the transfer
    /// waits for it.
    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) -> Bool {
        let result: Result<Bool, HTTPError> = monitor.withLock {
            while outgoing.count - sent >= capacity, end == nil { monitor.wait() }
            if let error = ended { return .failure(error) }
            guard !uploadComplete else {
                return .failure(HTTPError(.invalidRequest, "the request's body is already complete"))
            }
            outgoing.append(contentsOf: bytes)
            defer { uploadPaused = false }
            return .success(uploadPaused)
        }
        return try result.get()
    }

    /// Marks the request's body complete; true when the transfer waits for it.
    func finishWriting() -> Bool {
        monitor.withLock {
            uploadComplete = true
            defer { uploadPaused = false }
            return uploadPaused
        }
    }

    /// Why nothing more can be sent. A server may answer in full before it has read all; then what is left is dropped.
    private var ended: HTTPError? {
        guard let end else { return nil }
        return end ?? HTTPError(.connectionLost, "the server answered before the request's body was complete")
    }

    func head() throws(HTTPError) -> HTTPResponseHead {
        let result: Result<HTTPResponseHead, HTTPError> = monitor.withLock {
            while true {
                if let responseHead { return .success(responseHead) }
                if let end {
                    return .failure(end ?? HTTPError(.protocolViolation, "the server closed without a response"))
                }
                monitor.wait()
            }
        }
        return try result.get()
    }

    /// Copies what is there, waiting for at least one byte; `resume` says that the peer was held back and may go on.
    func read(into target: UnsafeMutableRawBufferPointer) throws(HTTPError) -> (count: Int, resume: Bool) {
        let result: Result<(count: Int, resume: Bool), HTTPError> = monitor.withLock {
            while buffer.count == consumed, end == nil { monitor.wait() }
            let count = min(target.count, buffer.count - consumed)
            guard count > 0 else {
                if case .some(.some(let error)) = end { return .failure(error) }
                return .success((0, false))
            }
            buffer.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[consumed..<consumed + count])) }
            consumed += count
            guard consumed == buffer.count else { return .success((count, false)) }
            buffer.removeAll(keepingCapacity: true)
            consumed = 0
            defer { receivePaused = false }
            return .success((count, receivePaused))
        }
        return try result.get()
    }
}

/// The caller's end of a ``BlockingSink``.
final class CurlBlockingExchange: HTTPBlockingExchange {
    private let sink: BlockingSink
    private let transfer: CurlTransfer
    private let loop: CurlLoop

    init(sink: BlockingSink, transfer: CurlTransfer, loop: CurlLoop) {
        self.sink = sink
        self.transfer = transfer
        self.loop = loop
    }

    deinit {
        loop.cancel(transfer)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        if try sink.write(bytes) { loop.resume(transfer) }
    }

    func finishWriting() throws(HTTPError) {
        if sink.finishWriting() { loop.resume(transfer) }
    }

    func head() throws(HTTPError) -> HTTPResponseHead { try sink.head() }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int {
        guard !buffer.isEmpty else { return 0 }
        let (count, resume) = try sink.read(into: buffer)
        if resume { loop.resume(transfer) }
        return count
    }

    func cancel() {
        // At once for the blocked caller, whatever the loop is doing; the loop's own end comes later and is ignored.
        sink.finish(HTTPError(.cancelled, "the exchange was cancelled"))
        loop.cancel(transfer)
    }
}

/// A lock with one condition, for threads that may block.
///
/// `@unchecked Sendable`: both pointers are fixed for its life and POSIX makes what they point at safe to share.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Releases the lock until somebody signals; call with it held.
    func wait() { pthread_cond_wait(condition, mutex) }

    func signal() { pthread_cond_broadcast(condition) }
}
