package import HTTP

/// What a scripted server does with one call.
package struct ScriptedAnswer: Sendable {
    /// One thing that happens to a body.
    package enum Step: Sendable {
        case bytes([UInt8])
        /// The connection breaks.
        case fail(HTTPError)
        /// Nothing more comes, until the task is cancelled.
        case hang
    }

    /// Nil for a server that never answers; the first step says how.
    package var head: HTTPResponseHead?
    package var steps: [Step]

    package init(head: HTTPResponseHead?, steps: [Step]) {
        self.head = head
        self.steps = steps
    }

    /// A whole answer.
    package static func json(
        _ body: String, status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> ScriptedAnswer {
        let fields = [(name: "Content-Type", value: "application/json")] + headers
        return ScriptedAnswer(
            head: HTTPResponseHead(status: status, headers: HTTPHeaders(fields)), steps: [.bytes(Array(body.utf8))])
    }

    /// A `Status` of the Kubernetes API.
    package static func status(
        _ code: Int, _ reason: String, _ message: String = "", headers: [(name: String, value: String)] = []
    ) -> ScriptedAnswer {
        json(
            #"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"\#(reason)","#
                + #""message":"\#(message)","code":\#(code)}"#,
            status: code, headers: headers)
    }

    /// No answer at all.
    package static func failure(_ error: HTTPError) -> ScriptedAnswer {
        ScriptedAnswer(head: nil, steps: [.fail(error)])
    }

    /// No answer until the task is cancelled.
    package static let silence = ScriptedAnswer(head: nil, steps: [.hang])

    /// A body in pieces, after a head of 200.
    package static func stream(_ steps: Step...) -> ScriptedAnswer {
        ScriptedAnswer(head: HTTPResponseHead(status: 200), steps: steps)
    }
}

extension ScriptedAnswer.Step {
    /// A piece of text, as it stands.
    package static func text(_ text: String) -> ScriptedAnswer.Step { .bytes(Array(text.utf8)) }
    /// A piece of text and a line end.
    package static func line(_ text: String) -> ScriptedAnswer.Step { .bytes(Array(text.utf8) + [0x0A]) }
}
