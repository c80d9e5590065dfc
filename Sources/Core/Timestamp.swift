/// A point in time in UTC with microsecond precision, as Kubernetes' `Time` and `MicroTime` carry it.
///
/// It is written as RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339), in whole seconds unless asked otherwise.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z; leap seconds are not counted.
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// A moment given in whole seconds since 1970-01-01T00:00:00Z; clamped to what 64 bits of microseconds hold.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        microseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    package var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    /// The same moment without its fraction of a second, as status fields carry it.
    package var wholeSeconds: Timestamp { Timestamp(seconds: seconds) }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// The moment `duration` later; clamped rather than overflowing.
    package static func + (a: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = a.microseconds.addingReportingOverflow(duration.microseconds)
        return Timestamp(microseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The moment `duration` earlier; clamped rather than overflowing.
    package static func - (a: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = a.microseconds.subtractingReportingOverflow(duration.microseconds)
        return Timestamp(microseconds: overflow ? (duration < .zero ? .max : .min) : sum)
    }

    /// The time from `b` to `a`, negative if `a` is earlier.
    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        let (difference, overflow) = a.microseconds.subtractingReportingOverflow(b.microseconds)
        return .microseconds(overflow ? (a < b ? .min : .max) : difference)
    }
}

extension Duration {
    /// Whole microseconds, rounded toward zero and clamped to what 64 bits hold (292,000 years).
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || overflow2 ? (seconds < 0 ? .min : .max) : sum
    }

    /// Seconds as a floating-point number, for formulas and metrics.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
