package import Core
internal import KubernetesModel
package import SluiceAPI

/// When an Environment's status may be written again. Pure.
///
/// A rollout changes an app's words with every pod, and a commit to hundreds of apps their states within moments. What
/// somebody may wait for (a state, a revision, a count, a condition) is written at once, unless writing itself takes so
/// long that the server would do little else: the object of a thousand apps is hundreds of kilobytes. Words alone wait
/// for a second.
///
/// | the last write | and took | what changed | is written              |
/// |----------------|----------|--------------|-------------------------|
/// | 10 s ago       | 10 ms    | anything     | now                     |
/// | 5 ms ago       | 10 ms    | a state      | 15 ms later             |
/// | 5 ms ago       | 10 ms    | words        | 995 ms later            |
/// | 100 ms ago     | 400 ms   | a state      | 700 ms later            |
/// | 100 ms ago     | 9 s      | a state      | 1.9 s later             |
package struct StatusPace: Sendable {
    /// How long words alone wait after a write.
    private static let words = Duration.seconds(1)
    /// The longest that anything waits.
    private static let longest = Duration.seconds(2)
    /// So many times as long as a write took, none follows it.
    private static let rest = 2

    private var wroteAt: Timestamp?
    private var cost = Duration.zero

    package init() {}

    /// Takes note of a write.
    package mutating func wrote(at moment: Timestamp, took cost: Duration) {
        wroteAt = moment
        self.cost = cost
    }

    /// When a status may be written over another; nil where that is now.
    package func due(_ next: EnvironmentStatus, over last: EnvironmentStatus, now: Timestamp) -> Timestamp? {
        // A clock that was set back would have it wait for who knows how long.
        guard let wroteAt, wroteAt <= now else { return nil }
        let rest = min(cost * Self.rest, Self.longest)
        let due = wroteAt + (next.withoutWords == last.withoutWords ? max(rest, Self.words) : rest)
        return due > now ? due : nil
    }
}

extension EnvironmentStatus {
    /// The status without its messages.
    fileprivate var withoutWords: EnvironmentStatus {
        var bare = self
        bare.message = ""
        for index in bare.apps.indices { bare.apps[index].message = "" }
        for index in bare.conditions.indices { bare.conditions[index].message = "" }
        return bare
    }
}
