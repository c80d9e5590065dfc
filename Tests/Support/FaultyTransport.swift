package import HTTP
internal import Synchronization

/// Hands requests on to another transport, and fails one of them.
package final class FaultyTransport: HTTPTransport {
    /// What becomes of the request that fails.
    package enum Fault: Sendable, Hashable, CaseIterable {
        case conflict, gone, invalid, tooManyRequests, serverError, unavailable
        /// The connection breaks before the server has heard of it.
        case cutBefore
        /// The server does what was asked, and the connection breaks before its answer.
        case cutAfter
        /// Nothing is heard until the deadline.
        case stall
    }

    private struct State {
        var count = 0
        var armed: (number: Int, fault: Fault)?
        var struck: String?
    }

    private let inner: any HTTPTransport
    private let state = Mutex(State())

    package init(_ inner: any HTTPTransport) {
        self.inner = inner
    }

    /// How many requests have come since ``arm(_:at:)``.
    package var count: Int { state.withLock { $0.count } }

    /// The request that failed, `PATCH /api/v1/…`; nil while none has.
    package var struck: String? { state.withLock { $0.struck } }

    /// Begins to count anew; the request with this number fails, counted from zero. Nil fails none.
    package func arm(_ fault: Fault?, at number: Int = 0) {
        state.withLock { state in
            state = State(armed: fault.map { (number, $0) })
        }
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        guard let fault = strikes(request) else { return try await inner.send(request) }
        if let answer = fault.answer, let head = answer.head {
            var body: [UInt8] = []
            for case .bytes(let bytes) in answer.steps { body += bytes }
            return HTTPResponse(head: head, body: body)
        }
        if fault == .cutAfter { _ = try await inner.send(request) }
        throw fault.error
    }

    package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        guard let fault = strikes(request) else { return try await inner.stream(request) }
        if let answer = fault.answer, let head = answer.head {
            return HTTPStream(head: head, source: ScriptedChunkSource(answer.steps))
        }
        guard fault == .cutAfter else { throw fault.error }
        // A watch that is accepted and breaks.
        let stream = try await inner.stream(request)
        return HTTPStream(head: stream.head, source: ScriptedChunkSource([.fail(fault.error)]))
    }

    package func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        try inner.open(request, upload: upload)
    }

    private func strikes(_ request: HTTPRequest) -> Fault? {
        state.withLock { state in
            defer { state.count += 1 }
            guard let armed = state.armed, armed.number == state.count else { return nil }
            state.struck = "\(request.method) \(ScriptedTransport.target(of: request.url))"
            return armed.fault
        }
    }
}

extension FaultyTransport.Fault {
    /// What the server says; nil where it says nothing.
    fileprivate var answer: ScriptedAnswer? {
        switch self {
        case .conflict: .status(409, "Conflict", "injected")
        case .gone: .status(410, "Expired", "injected")
        case .invalid: .status(422, "Invalid", "injected")
        case .tooManyRequests: .status(429, "TooManyRequests", "injected", headers: [("Retry-After", "1")])
        case .serverError: .status(500, "InternalError", "injected")
        case .unavailable: .status(503, "ServiceUnavailable", "injected")
        case .cutBefore, .cutAfter, .stall: nil
        }
    }

    fileprivate var error: HTTPError {
        self == .stall ? HTTPError(.timedOut, "injected: no answer") : HTTPError(.connectionLost, "injected: cut")
    }
}
