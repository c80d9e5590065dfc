package import HTTP
internal import Synchronization
package import Testing

/// A transport that plays a script: every call must have been expected, every expectation must be called.
///
/// A call takes the first expectation not yet taken that has its method and target. A call without one is a failure of
/// the test; so is, at ``finish(sourceLocation:)``, an expectation without a call.
package final class ScriptedTransport: HTTPTransport {
    private struct Expectation {
        let method: String
        let target: String
        let answer: ScriptedAnswer
        let check: @Sendable (HTTPRequest) -> Void
        let repeats: Bool
        var calls = 0
    }

    private struct State {
        var script: [Expectation] = []
        var requests: [HTTPRequest] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// All requests so far, in order.
    package var requests: [HTTPRequest] { state.withLock { $0.requests } }

    /// Expects one call.
    ///
    /// - Parameters:
    ///   - target: path and query, `/api/v1/namespaces?limit=500`; without `?` any query matches.
    ///   - check: looks at the request when it comes.
    package func expect(
        _ method: String, _ target: String, _ answer: ScriptedAnswer,
        check: @escaping @Sendable (HTTPRequest) -> Void = { _ in }
    ) {
        add(Expectation(method: method, target: target, answer: answer, check: check, repeats: false))
    }

    /// Answers any number of calls, also none.
    package func allow(_ method: String, _ target: String, _ answer: ScriptedAnswer) {
        add(Expectation(method: method, target: target, answer: answer, check: { _ in }, repeats: true))
    }

    private func add(_ expectation: Expectation) {
        state.withLock { $0.script.append(expectation) }
    }

    /// What was expected and has not come yet, as `GET /api/v1/pods`.
    package var outstanding: [String] {
        state.withLock { state in
            state.script.filter { $0.calls == 0 && !$0.repeats }.map { "\($0.method) \($0.target)" }
        }
    }

    /// Fails the test for every expectation that was not called.
    package func finish(sourceLocation: SourceLocation = #_sourceLocation) {
        for call in outstanding {
            Issue.record("expected, but not called: \(call)", sourceLocation: sourceLocation)
        }
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let answer = try take(request)
        let source = ScriptedChunkSource(answer.steps)
        var body: [UInt8] = []
        while let chunk = try await source.next() { body += chunk }
        guard let head = answer.head else { throw HTTPError(.connectionLost, "scripted: no answer") }
        return HTTPResponse(head: head, body: body)
    }

    package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        let answer = try take(request)
        let source = ScriptedChunkSource(answer.steps)
        guard let head = answer.head else {
            _ = try await source.next()
            throw HTTPError(.connectionLost, "scripted: no answer")
        }
        return HTTPStream(head: head, source: source)
    }

    package func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        ScriptedBlockingExchange { [self] body throws(HTTPError) in
            var request = request
            if upload != .body { request.body = body }
            return try take(request)
        }
    }

    private func take(_ request: HTTPRequest) throws(HTTPError) -> ScriptedAnswer {
        let target = ScriptedTransport.target(of: request.url)
        let path = String(target.prefix { $0 != "?" })
        let found = state.withLock { state -> Expectation? in
            state.requests.append(request)
            let index = state.script.firstIndex { expectation in
                expectation.method == request.method && (expectation.repeats || expectation.calls == 0)
                    && (expectation.target == target || expectation.target == path)
            }
            guard let index else { return nil }
            state.script[index].calls += 1
            return state.script[index]
        }
        guard let found else {
            Issue.record("unexpected call: \(request.method) \(target)")
            throw HTTPError(.invalidRequest, "unexpected call: \(request.method) \(target)")
        }
        found.check(request)
        return found.answer
    }

    /// Path and query of a URL.
    package static func target(of url: String) -> String {
        let slashes = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return slashes.count == 4 ? "/" + slashes[3] : "/"
    }
}
