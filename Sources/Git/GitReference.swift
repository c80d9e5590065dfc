/// Which commit of a repository is meant.
package enum GitReference: Sendable, Hashable {
    case branch(String)
    case tag(String)
    /// The highest tag within the range, by semantic versioning.
    case semver(VersionRange)
    case commit(CommitID)

    /// How messages name it.
    package var displayName: String {
        switch self {
        case .branch(let name): "branch \(name)"
        case .tag(let name): "tag \(name)"
        case .semver(let range): "semver range \(range)"
        case .commit(let id): "commit \(id.short)"
        }
    }

    /// Whether it stands for one name of the server: of a range, another version may win without anybody's force.
    var isOneName: Bool {
        if case .semver = self { false } else { true }
    }

    /// Whether a name may stand behind `refs/heads/` or `refs/tags/` (git-check-ref-format's rules).
    package static func isValid(name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.count <= 255, name != "@", !name.hasPrefix("-") else { return false }
        let forbidden = Set(" ~^:?*[\\".utf8)
        guard bytes.allSatisfy({ $0 > 32 && $0 != 127 && !forbidden.contains($0) }) else { return false }
        guard !name.contains(".."), !name.contains("@{"), !name.hasSuffix(".") else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
        }
    }
}

/// What a fetch found.
package struct FetchResult: Sendable, Hashable {
    /// The commit that the reference leads to now.
    package let commit: CommitID
    /// The commit that it led to when this mirror last fetched it, if ever.
    package let previous: CommitID?
    /// Whether `previous` is no ancestor of `commit`: somebody forced the branch, or moved the tag.
    package let historyRewritten: Bool
    /// How long ago the server said so; zero if it was asked just now.
    package let age: Duration

    package init(commit: CommitID, previous: CommitID?, historyRewritten: Bool, age: Duration = .zero) {
        self.commit = commit
        self.previous = previous
        self.historyRewritten = historyRewritten
        self.age = age
    }
}
