package import Core
internal import Synchronization

/// How far this machine's clock is from the API server's, as the `Date` headers of its answers tell.
///
/// The header counts in seconds and is as old as the answer's way, so it tells of skews of several seconds and more.
package final class ServerClock: Sendable {
    /// An answer that took longer says too little.
    private static let patience = Duration.seconds(5)

    private let skewed = Mutex<Duration?>(nil)

    package init() {}

    /// This machine's time less the server's at the last answer; nil before the first that could be read.
    package var skew: Duration? { skewed.withLock { $0 } }

    /// Takes note of an answer's `Date` header.
    func observe(_ header: String?, took: Duration, now: Timestamp) {
        guard took < Self.patience, let header, let date = Timestamp(httpDate: header) else { return }
        skewed.withLock { $0 = now - date }
    }
}

extension Timestamp {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the fixed form of HTTP's dates, `Mon, 23 Nov 2026 03:55:10 GMT`
    /// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7); nil for anything else.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = Timestamp.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3, (0...9999).contains(year),
            (1...CivilTime.days(inMonth: month + 1, of: year)).contains(day),
            (0..<24).contains(time[0]), (0..<60).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        self =
            CivilTime(
                year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: min(time[2], 59)
            ).timestampAsUTC
    }
}
