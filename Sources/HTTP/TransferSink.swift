/// What a sink says to a piece of a body.
enum SinkAnswer {
    case taken
    /// Keep it and hold the peer back; the reader asks for it with ``CurlLoop/resume(_:)``.
    case full
    /// More than the caller allowed.
    case tooLarge
}

/// What a sink gives to a request body that is uploaded in pieces.
enum SinkUpload {
    case bytes(Int)
    /// Nothing yet; the writer says so with ``CurlLoop/resume(_:)``.
    case wait
    case end
}

/// Receives a transfer's response. Called on the loop's thread only, in this order: head, pieces, finish.
protocol TransferSink: AnyObject, Sendable {
    func receive(_ head: HTTPResponseHead)
    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer
    /// The last call: nil after a whole response. A transfer that fails early has no head.
    func finish(_ error: HTTPError?)
    func upload(into buffer: UnsafeMutableRawBufferPointer) -> SinkUpload
}

extension TransferSink {
    func upload(into buffer: UnsafeMutableRawBufferPointer) -> SinkUpload { .end }
}
