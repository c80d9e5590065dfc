internal import Core
internal import Synchronization

/// The certificates of a file that is replaced from time to time, as a Pod's is when the cluster's authority changes.
final class AuthorityFile: Sendable {
    private struct Reading {
        var pem: [UInt8]
        var since: Duration
    }

    /// How old what was read may be. The kubelet brings a new file within about this time.
    private static let age = Duration.seconds(60)

    private let path: String
    private let clock: any MonotonicClock
    private let reading: Mutex<Reading>

    /// - Parameter pem: what the file held when the configuration was read.
    init(_ path: String, pem: [UInt8], clock: any MonotonicClock) {
        self.path = path
        self.clock = clock
        reading = Mutex(Reading(pem: pem, since: clock.now()))
    }

    /// The certificates; those of before where the file cannot be read, or is empty, while it is replaced.
    var pem: [UInt8] {
        let now = clock.now()
        return reading.withLock { reading in
            guard now - reading.since >= Self.age else { return reading.pem }
            reading.since = now
            if let fresh = try? ClusterConfiguration.read(path, for: "the authority"), !fresh.isEmpty {
                reading.pem = fresh
            }
            return reading.pem
        }
    }
}
