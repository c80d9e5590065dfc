/// The pull request of an attempt, where commits go through one.
package struct PullRequestState: Sendable, Hashable, Codable {
    /// The number that its server gave it.
    package var number: Int
    /// Its page.
    package var url: String
    /// How it stands.
    package var phase: PullRequestPhase
    /// The commit that it offers, as it was pushed.
    package var commit: String

    package init(number: Int, url: String, phase: PullRequestPhase, commit: String) {
        self.number = number
        self.url = url
        self.phase = phase
        self.commit = commit
    }
}
