/// A change of one path of a tree.
package enum TreeEdit: Sendable, Hashable {
    /// Sets a file's bytes. A file that exists keeps its mode; a new one is not executable.
    case write([UInt8])
    /// Removes a file or a whole folder. Folders that become empty go with it. Nothing there is no error.
    case delete
    /// Makes the path, file or folder, what it is in another commit; removed, if it is not there.
    case restore(from: CommitID)
}

/// Whose name a commit carries, and who signs it.
package struct CommitAuthor: Sendable {
    package var identity: GitIdentity
    package var signingKey: SSHSigningKey?

    package init(name: String, email: String, signingKey: SSHSigningKey? = nil) {
        identity = GitIdentity(name: name, email: email)
        self.signingKey = signingKey
    }
}

/// What to do when commits do not revert cleanly.
package enum RevertConflictPolicy: Sendable, Hashable {
    /// Nothing is committed.
    case fail
    /// Each of these paths (files or folders) that holds a conflict becomes what it is in `commit`.
    case restore(paths: [String], from: CommitID)
}

/// How a revert ended.
package enum RevertOutcome: Sendable, Hashable {
    /// A commit was made (not pushed yet). `restoredPaths` were put back whole because they held conflicts.
    case reverted(CommitID, restoredPaths: [String])
    /// These paths conflict; nothing was made.
    case conflict(paths: [String])
    /// The tip does not hold the changes any more.
    case nothingToDo
}
