package import Logging

/// Where something that happens belongs, in the form of OpenTelemetry and of W3C's Trace Context
/// (<https://www.w3.org/TR/trace-context/>): a trace of 16 bytes, and in it a span of 8.
///
/// A trace follows one commit, and its id is the first 32 digits of the commit's: every replica, every environment and
/// every restart finds the same id by itself, and a search for a commit finds its trace. What is about no commit yet has
/// a trace of its own. A span is one reconcile, or one look at a repository.
///
/// The context is a task-local value, so that whatever is logged or sent below belongs to it; it is read only then.
package struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero.
    package let spanID: String

    /// The context of whatever runs now; nil outside of everything.
    @TaskLocal package static var current: TraceContext?

    private init(traceID: String, spanID: String) {
        self.traceID = traceID
        self.spanID = spanID
    }

    /// A new trace with a new span; `spanID` must be 16 hexadecimal digits to be taken.
    package init(spanID: String? = nil) {
        let own = spanID.flatMap { Self.isID($0, digits: 16) ? $0 : nil }
        self.init(traceID: Self.random() + Self.random(), spanID: own ?? Self.random())
    }

    /// The trace of a commit, within the span that is current.
    ///
    /// - Parameter commit: a commit's id, 40 or 64 hexadecimal digits; anything else gives a trace of its own.
    package static func following(_ commit: String) -> TraceContext {
        let context = current ?? TraceContext()
        let digits = String(commit.prefix(32))
        return isID(digits, digits: 32) ? TraceContext(traceID: digits, spanID: context.spanID) : context
    }

    /// The trace of an object that no commit belongs to yet, by its UID.
    package static func following(uid: String) -> TraceContext { following(uid.replacing("-", with: "").lowercased()) }

    /// The value of the header `traceparent`, version 00, marked as recorded.
    package var traceparent: String { "00-\(traceID)-\(spanID)-01" }

    /// Puts the current context on log lines, under the names that OpenTelemetry has for them.
    package static let logMetadata = Logger.MetadataProvider {
        guard let current else { return [:] }
        return ["trace_id": .string(current.traceID), "span_id": .string(current.spanID)]
    }

    private static func isID(_ text: String, digits: Int) -> Bool {
        text.utf8.count == digits && text.utf8.contains { $0 != UInt8(ascii: "0") }
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }

    /// Sixteen digits; zero is no id.
    private static func random() -> String {
        let digits = String(UInt64.random(in: 1 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
