import Core
import Logging
import Testing

@Suite("Trace contexts")
struct TraceContextTests {
    private let commit = "0123456789abcdef0123456789abcdef01234567"

    @Test("have the form that W3C gives them")
    func form() {
        let context = TraceContext()
        #expect(context.traceID.count == 32)
        #expect(context.spanID.count == 16)
        #expect(context.traceparent == "00-\(context.traceID)-\(context.spanID)-01")
        #expect(TraceContext() != TraceContext())
        #expect(TraceContext(spanID: "00f067aa0ba902b7").spanID == "00f067aa0ba902b7")
    }

    @Test("follow a commit wherever it is seen, within the span of whoever sees it")
    func commits() {
        let reconcile = TraceContext()
        let followed = TraceContext.$current.withValue(reconcile) { TraceContext.following(commit) }
        #expect(followed.traceID == "0123456789abcdef0123456789abcdef")
        #expect(followed.spanID == reconcile.spanID)
        #expect(TraceContext.following(commit).traceID == followed.traceID)
        #expect(TraceContext.following(commit).spanID != followed.spanID)
    }

    @Test("follow an object by its UID")
    func objects() {
        let followed = TraceContext.following(uid: "6BA7B810-9dad-11d1-80b4-00c04fd430c8")
        #expect(followed.traceID == "6ba7b8109dad11d180b400c04fd430c8")
    }

    @Test(
        "take nothing for an id that is none",
        arguments: ["", "abc", String(repeating: "0", count: 40), String(repeating: "g", count: 40), "-01\nforged"])
    func ids(text: String) {
        let reconcile = TraceContext()
        TraceContext.$current.withValue(reconcile) {
            #expect(TraceContext.following(text) == reconcile)
            #expect(TraceContext.following(uid: text) == reconcile)
        }
        #expect(TraceContext(spanID: text).spanID != text)
    }

    @Test("are on log lines under the names of OpenTelemetry, and only where there is one")
    func logs() {
        #expect(TraceContext.logMetadata.get().isEmpty)
        TraceContext.$current.withValue(.following(commit)) {
            let metadata = TraceContext.logMetadata.get()
            #expect(metadata["trace_id"] == "0123456789abcdef0123456789abcdef")
            #expect(metadata["span_id"].map { "\($0)".count } == 16)
        }
    }
}
