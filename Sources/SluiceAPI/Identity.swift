/// Who did something, and how that is known.
package struct Identity: Sendable, Hashable, Codable {
    /// The user's name.
    package var user: String
    /// The groups that the user is in.
    package var groups: [String]
    /// How the identity was learnt.
    package var source: IdentitySource?
    /// What proves it, such as a commit.
    package var evidence: String

    package init(
        user: String = "", groups: [String] = [], source: IdentitySource? = nil, evidence: String = ""
    ) {
        self.user = user
        self.groups = groups
        self.source = source
        self.evidence = evidence
    }
}
