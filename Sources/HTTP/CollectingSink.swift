/// Collects a whole response and hands it over at the end, with one thread hop.
///
/// `@unchecked Sendable`: the continuation is set before the transfer is handed to the loop (whose lock orders the two);
/// from then on only the loop's thread touches the state.
final class CollectingSink: TransferSink, @unchecked Sendable {
    var continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>?
    private let limit: Int
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(limit: Int?) {
        self.limit = limit ?? .max
    }

    func receive(_ head: HTTPResponseHead) {
        self.head = head
        if let text = head.headers["content-length"], let length = Int(text), length > 0, length <= limit {
            // A server's word, so not more than it could prove cheaply.
            body.reserveCapacity(min(length, 1 << 20))
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer {
        guard bytes.count <= limit - body.count else { return .tooLarge }
        body.append(contentsOf: bytes)
        return .taken
    }

    func finish(_ error: HTTPError?) {
        let continuation = continuation
        self.continuation = nil
        if let error {
            continuation?.resume(returning: .failure(error))
        } else if let head {
            continuation?.resume(returning: .success(HTTPResponse(head: head, body: body)))
        } else {
            continuation?.resume(
                returning: .failure(HTTPError(.protocolViolation, "the server closed without a response")))
        }
    }
}
