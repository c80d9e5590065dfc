/// A pull request (a merge request, in GitLab's words) as its forge has it.
package struct PullRequest: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case open
        case closed
        /// `commit` is what the merge made of it in the base branch: the merge commit, the squashed or the last rebased
        /// commit; empty where the forge does not say.
        case merged(commit: String)
    }

    package let number: Int
    /// Its page, for people.
    package let url: String
    package let state: State
    /// The commit at the tip of its branch.
    package let head: String
    package let title: String
    package let description: String

    package init(number: Int, url: String, state: State, head: String, title: String, description: String) {
        self.number = number
        self.url = url
        self.state = state
        self.head = head
        self.title = title
        self.description = description
    }
}

/// What a pull request is to be.
package struct PullRequestDraft: Sendable, Hashable {
    /// The branch that is to be merged.
    package let branch: String
    /// The branch that it is to be merged into.
    package let base: String
    package let title: String
    package let description: String

    package init(branch: String, base: String, title: String, description: String) {
        self.branch = branch
        self.base = base
        self.title = title
        self.description = description
    }
}
