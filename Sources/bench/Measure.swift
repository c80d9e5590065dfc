internal import Core
internal import Glibc

/// The processor time of this process so far.
func processorTime() -> Duration {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return .seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

/// The most memory that this process has held so far, in KiB.
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
}

/// A number with one decimal.
func decimal(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    guard tenths.isFinite, abs(tenths) < 1e15 else { return "?" }
    return "\(Int64(tenths) / 10).\(abs(Int64(tenths)) % 10)"
}

/// Durations in milliseconds: their median, their 95th percentile by nearest rank, and the longest.
func summary(_ durations: [Duration]) -> String {
    let sorted = durations.map { $0.inSeconds * 1000 }.sorted()
    guard !sorted.isEmpty else { return "no samples" }
    let rank = { (share: Double) in sorted[min(Int((share * Double(sorted.count)).rounded(.up)), sorted.count) - 1] }
    return "median \(decimal(rank(0.5))) ms, p95 \(decimal(rank(0.95))) ms, max \(decimal(rank(1))) ms "
        + "of \(sorted.count)"
}

/// Hands on what was printed, for a reader at the other end of a pipe.
func flush() { fflush(nil) }
