internal import Glibc

/// Where "now" comes from. One clock is injected at the top; nothing else asks the system for the date.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The machine's own clock.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
