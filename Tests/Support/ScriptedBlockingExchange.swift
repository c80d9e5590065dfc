package import HTTP
internal import Synchronization

/// An exchange for blocking callers whose answer is taken from the script when the request's body is complete, or at
/// the first look at the answer.
package final class ScriptedBlockingExchange: HTTPBlockingExchange {
    private struct State {
        var body: [UInt8] = []
        var answer: ScriptedAnswer?
        /// What of the answer's present piece was not read yet.
        var rest: ArraySlice<UInt8> = []
        var cancelled = false
    }

    private let state = Mutex(State())
    private let take: @Sendable ([UInt8]) throws(HTTPError) -> ScriptedAnswer

    package init(_ take: @escaping @Sendable ([UInt8]) throws(HTTPError) -> ScriptedAnswer) {
        self.take = take
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        let piece = [UInt8](bytes)
        state.withLock { $0.body += piece }
    }

    package func finishWriting() throws(HTTPError) {}

    package func head() throws(HTTPError) -> HTTPResponseHead {
        let answer = try answer()
        if let head = answer.head { return head }
        if case .fail(let error) = answer.steps.first { throw error }
        throw HTTPError(.timedOut, "scripted: no answer")
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int {
        _ = try answer()
        let bytes: Result<[UInt8], HTTPError> = state.withLock { state in
            while state.rest.isEmpty {
                guard let step = state.answer?.steps.first else { return .success([]) }
                state.answer?.steps.removeFirst()
                switch step {
                case .bytes(let bytes): state.rest = bytes[...]
                case .fail(let error): return .failure(error)
                case .hang: return .failure(HTTPError(.timedOut, "scripted: no byte"))
                }
            }
            let piece = Array(state.rest.prefix(buffer.count))
            state.rest = state.rest.dropFirst(piece.count)
            return .success(piece)
        }
        let piece = try bytes.get()
        buffer.copyBytes(from: piece)
        return piece.count
    }

    package func cancel() {
        state.withLock { $0.cancelled = true }
    }

    private func answer() throws(HTTPError) -> ScriptedAnswer {
        let (known, body, cancelled) = state.withLock { ($0.answer, $0.body, $0.cancelled) }
        if cancelled { throw HTTPError(.cancelled, "scripted: cancelled") }
        if let known { return known }
        let answer = try take(body)
        state.withLock { $0.answer = answer }
        return answer
    }
}
