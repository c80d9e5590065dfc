import Core

/// A schedule with a duration in a zone: the union of the spans `[start, start + duration)`.
///
/// A local start that does not exist happens at the first instant after the gap; one that exists twice, at the first.
struct Recurrence: Sendable, Hashable {
    let schedule: CronSchedule
    let zone: TimeZoneRules
    /// Elapsed time of one occurrence.
    let duration: Duration
    /// Whether one occurrence of a day lasts at least until the next one of that day.
    private let chainsWithinDay: Bool

    init(schedule: CronSchedule, zone: TimeZoneRules, duration: Duration) {
        self.schedule = schedule
        self.zone = zone
        self.duration = duration
        chainsWithinDay = Duration.seconds(schedule.longestGap * 60) <= duration
    }

    /// Whether an instant is covered, and when that changes; nil where it does not change before `horizon`.
    func coverage(at time: Timestamp, horizon: Timestamp) -> (isCovered: Bool, until: Timestamp?) {
        let earliest = time - duration
        let last = start(notAfter: time.seconds, limit: earliest.seconds)
        guard let last, Timestamp(seconds: last) + duration > time else {
            let next = start(after: time.seconds, limit: horizon.seconds).map(Timestamp.init(seconds:))
            return (false, next.flatMap { $0 < horizon ? $0 : nil })
        }
        // Occurrences that begin before the last one ends, or right then, prolong the cover.
        var current = last
        var end = Timestamp(seconds: last) + duration
        while end < horizon {
            guard let next = start(notAfter: end.seconds, limit: current), next > current else { return (true, end) }
            current = lastOfChain(from: next)
            end = Timestamp(seconds: current) + duration
        }
        return (true, nil)
    }

    /// The last start of the same day, if the occurrences up to it leave no hole and no clock changes in between.
    private func lastOfChain(from start: Int64) -> Int64 {
        guard chainsWithinDay, let lastMinute = schedule.minute(notAfter: 1439) else { return start }
        let segment = zone.segment(at: start)
        let local = start + segment.offset
        let candidate = floorToDay(local) * 86_400 + Int64(lastMinute) * 60 - segment.offset
        return candidate < segment.end ? max(candidate, start) : start
    }

    /// The last start at or before an instant and after `limit` less a day, or nil.
    private func start(notAfter instant: Int64, limit: Int64) -> Int64? {
        let local = zone.lastLocal(notAfter: instant)
        var day = floorToDay(local)
        var minute: Int? = schedule.minute(notAfter: Int((local - day * 86_400) / 60))
        // A day of slack pays for differences between local days and instants.
        let lastDay = floorToDay(limit) - 2
        while day >= lastDay {
            if schedule.matches(day: Int(day)) {
                while let current = minute {
                    let start = zone.instant(ofLocal: day * 86_400 + Int64(current) * 60)
                    if start <= instant { return start }
                    minute = schedule.minute(notAfter: current - 1)
                }
            }
            day -= 1
            minute = schedule.minute(notAfter: 1439)
        }
        return nil
    }

    /// The first start after an instant, or nil if there is none up to about `limit`.
    private func start(after instant: Int64, limit: Int64) -> Int64? {
        let local = zone.lastLocal(notAfter: instant)
        var day = floorToDay(local)
        var minute: Int? = schedule.minute(notBefore: Int((local - day * 86_400) / 60) + 1)
        let lastDay = floorToDay(limit) + 2
        while day <= lastDay {
            if schedule.matches(day: Int(day)) {
                while let current = minute {
                    let start = zone.instant(ofLocal: day * 86_400 + Int64(current) * 60)
                    if start > instant { return start }
                    minute = schedule.minute(notBefore: current + 1)
                }
            }
            day += 1
            minute = schedule.minute(notBefore: 0)
        }
        return nil
    }

    private func floorToDay(_ seconds: Int64) -> Int64 {
        seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    }
}
