import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

/// A moment from RFC 3339, which the tests write themselves.
func at(_ text: String) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else {
        Issue.record("\(text) is not RFC 3339")
        return Timestamp(seconds: 0)
    }
    return time
}

func zone(_ name: String) throws -> TimeZoneRules {
    try #require(ZoneDatabase.system.zone(name), "tzdata has \(name)")
}

func duration(_ text: String) -> GoDuration {
    guard let duration = GoDuration(text) else {
        Issue.record("\(text) is not a duration")
        return .seconds(1)
    }
    return duration
}

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    /// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
