internal import Core

/// Decides what becomes of each event: a new one on the server, one more of a series, or nothing. Pure.
///
/// Events that say the same about the same object within ten minutes are one series. An object that has too much to
/// say loses events: 25 at once, then one more every 30 s.
struct EventSeries {
    enum Step: Equatable {
        /// Create an event under this name.
        case create(name: String)
        /// The event of this name was seen again: `count` times in all, the last time now.
        case count(name: String, count: Int64)
        case drop
    }

    /// How long a series lasts after its last event.
    static let lifetime = Duration.seconds(600)
    static let burst = 25.0
    static let refillSeconds = 30.0
    /// The most series and objects remembered; above it the oldest half is forgotten.
    static let capacity = 4096

    private struct Entry {
        var name: String
        var count: Int64
        var last: Timestamp
    }

    private struct Bucket {
        var tokens: Double
        var filled: Timestamp
    }

    private var series: [ObjectEvent: Entry] = [:]
    private var buckets: [ObjectReference: Bucket] = [:]

    /// - Parameter suffix: makes the name of a new event unique.
    mutating func add(_ event: ObjectEvent, now: Timestamp, suffix: @autoclosure () -> String) -> Step {
        guard takeToken(event.regarding, now: now) else { return .drop }
        if var entry = series[event], now - entry.last < EventSeries.lifetime {
            entry.count += 1
            entry.last = now
            series[event] = entry
            return .count(name: entry.name, count: entry.count)
        }
        // A name may have 253 bytes.
        let name = "\(event.regarding.name.bounded(to: 200)).\(suffix())"
        if series.count >= EventSeries.capacity { forgetOldest() }
        series[event] = Entry(name: name, count: 1, last: now)
        return .create(name: name)
    }

    /// Forgets a series whose event the server no longer has.
    mutating func forget(_ event: ObjectEvent) { series[event] = nil }

    private mutating func takeToken(_ object: ObjectReference, now: Timestamp) -> Bool {
        var bucket = buckets[object] ?? Bucket(tokens: EventSeries.burst, filled: now)
        let gained = max(0, (now - bucket.filled).inSeconds) / EventSeries.refillSeconds
        bucket.tokens = min(EventSeries.burst, bucket.tokens + gained)
        bucket.filled = now
        let enough = bucket.tokens >= 1
        if enough { bucket.tokens -= 1 }
        if buckets.count >= EventSeries.capacity, buckets[object] == nil {
            buckets = buckets.filter { $0.value.tokens < EventSeries.burst - 1 }
            if buckets.count >= EventSeries.capacity { buckets = [:] }
        }
        buckets[object] = bucket
        return enough
    }

    private mutating func forgetOldest() {
        let times = series.values.map(\.last).sorted()
        let median = times[times.count / 2]
        series = series.filter { $0.value.last > median }
    }
}
