package import Core

/// A stretch of time in which a zone's clocks differ from UTC by a constant.
package struct ZoneSegment: Sendable, Hashable {
    /// Seconds since 1970 at which it begins; `Int64.min` for the first.
    package let start: Int64
    /// Seconds since 1970 at which the next begins; `Int64.max` for the last.
    package let end: Int64
    /// Seconds that local time is ahead of UTC.
    package let offset: Int64
}

/// The clocks of one time zone: the transitions of a TZif file (RFC 9636), and its footer's rule for the years after.
///
/// Local times are counted in seconds as if they were UTC.
package struct TimeZoneRules: Sendable, Hashable {
    package let name: String
    private let initialOffset: Int64
    private let transitions: [Int64]
    private let offsets: [Int64]
    private let footer: POSIXTimeZone?

    package static let utc = TimeZoneRules(name: "UTC", initialOffset: 0, transitions: [], offsets: [], footer: nil)

    init(name: String, initialOffset: Int64, transitions: [Int64], offsets: [Int64], footer: POSIXTimeZone?) {
        self.name = name
        self.initialOffset = initialOffset
        self.transitions = transitions
        self.offsets = offsets
        self.footer = footer
    }

    /// The segment that holds an instant. O(log n) in the table's transitions.
    package func segment(at instant: Int64) -> ZoneSegment {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        guard low == transitions.count, let footer else {
            return ZoneSegment(
                start: low == 0 ? .min : transitions[low - 1],
                end: low == transitions.count ? .max : transitions[low],
                offset: low == 0 ? initialOffset : offsets[low - 1])
        }
        let segment = footer.segment(at: instant)
        return ZoneSegment(
            start: max(segment.start, transitions.last ?? .min), end: segment.end, offset: segment.offset)
    }

    /// The instant of a local time: the first of two, and for one that a clock change skips the first instant after.
    func instant(ofLocal local: Int64) -> Int64 {
        // No zone is further from UTC than a day, so the answer lies in one of these segments.
        var segment = segment(at: local - 93_600)
        while true {
            let candidate = local - segment.offset
            if candidate < segment.end { return max(candidate, segment.start) }
            segment = self.segment(at: segment.end)
        }
    }

    /// The local time that stands last on the clock among those whose instant is not after `instant`.
    ///
    /// In the second pass of a repeated hour that is the end of the hour: all its times have had their instant.
    func lastLocal(notAfter instant: Int64) -> Int64 {
        let segment = segment(at: instant)
        let local = instant + segment.offset
        guard segment.start > .min else { return local }
        let endOfRepetition = segment.start + self.segment(at: segment.start - 1).offset
        return max(local, endOfRepetition - 1)
    }

    /// A moment on this zone's clocks.
    package func civil(_ time: Timestamp) -> CivilTime {
        Timestamp(seconds: time.seconds + segment(at: time.seconds).offset).civil
    }

    /// The moment that a local time names, by the rule of ``instant(ofLocal:)``.
    package func timestamp(_ civil: CivilTime) -> Timestamp {
        Timestamp(seconds: instant(ofLocal: civil.timestampAsUTC.seconds))
    }

    /// A moment for people: `Mon 10:00 Europe/Berlin` within the next six days, else `2026-12-28 10:00 Europe/Berlin`.
    package func describe(_ time: Timestamp, now: Timestamp) -> String {
        let civil = civil(time)
        let clock = "\(padded(civil.hour)):\(padded(civil.minute)) \(name)"
        if time >= now, time - now < .seconds(6 * 86_400) {
            let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
            return "\(weekdays[civil.weekday]) \(clock)"
        }
        return "\(civil.year)-\(padded(civil.month))-\(padded(civil.day)) \(clock)"
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension CivilTime {
    /// 0 for Sunday to 6 for Saturday.
    var weekday: Int { CivilTime.weekday(ofDay: daysSinceEpoch) }

    /// The weekday of a day counted from 1970-01-01, which was a Thursday.
    static func weekday(ofDay day: Int) -> Int { ((day + 4) % 7 + 7) % 7 }
}
