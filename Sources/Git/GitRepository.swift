package import Core

/// A bare mirror of one repository, for one set of credentials: fetch, read, commit, push.
///
/// Blocking C never runs on the cooperative pool: reads and commits share one thread, the network has another with a
/// repository handle of its own, so a stalled server never blocks a render. Every network operation has deadlines and
/// ends when its task is cancelled. A damaged mirror is deleted and cloned again without the caller noticing.
package final class GitRepository: Sendable {
    package let url: GitURL

    /// `directory` is the mirror's own; it is made when needed.
    package init(
        url: GitURL, credentials: GitCredentials, directory: String, limits: GitLimits = GitLimits(),
        clock: any WallClock
    ) {
        self.url = url
    }

    private func unbuilt() -> GitError { GitError(.unsupported, "not built yet") }

    /// The server's references with what they point at, annotated tags peeled: a cheap poll, nothing is downloaded.
    ///
    /// Keys are full names (`refs/heads/main`), and `HEAD` where the server says it.
    package func listRemote() async throws(GitError) -> [String: CommitID] { throw unbuilt() }

    /// Resolves a reference on the server and downloads what is missing.
    package func fetch(_ reference: GitReference) async throws(GitError) -> FetchResult { throw unbuilt() }

    /// Runs `body` with a commit's tree, on the repository's thread. The tree must not leave `body`.
    package func withTree<R: Sendable>(
        of commit: CommitID, _ body: @Sendable @escaping (GitTree) throws -> R
    ) async throws -> R { throw unbuilt() }

    /// One commit that is in the mirror.
    package func commitInfo(_ id: CommitID) async throws(GitError) -> CommitInfo { throw unbuilt() }

    /// Commits from `tip` back, newest first, without `end` and what it reaches; with a path, those that changed it.
    package func history(
        from tip: CommitID, path: String? = nil, limit: Int = 100, until end: CommitID? = nil
    ) async throws(GitError) -> [CommitInfo] { throw unbuilt() }

    /// The commits in which a file or folder changed, newest first.
    ///
    /// Merges are followed to the side that the content came from, as `git log -- path` does; a merge that made content
    /// of its own is listed itself.
    package func fileHistory(
        _ path: String, from tip: CommitID, limit: Int = 100
    ) async throws(GitError) -> [FileChange] { throw unbuilt() }

    /// The bytes of a file by its id, for example of a ``FileChange``.
    package func contents(of id: ContentID) async throws(GitError) -> [UInt8] { throw unbuilt() }

    /// The newest commit from `tip` back to (without) `end` whose trailers hold all of these pairs.
    package func findCommit(
        from tip: CommitID, backTo end: CommitID? = nil, limit: Int = 10_000, trailers: [String: String]
    ) async throws(GitError) -> CommitInfo? { throw unbuilt() }

    /// Whether `ancestor` is `commit` or reachable from it.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) async throws(GitError) -> Bool {
        throw unbuilt()
    }

    /// Makes a commit on top of `base`, in the mirror only. Paths are relative to the root.
    ///
    /// Throws `.invalidInput` for a path that leaves the tree, and `.conflict` if nothing would change.
    package func commit(
        onto base: CommitID, edits: [String: TreeEdit], message: String, author: CommitAuthor
    ) async throws(GitError) -> CommitID { throw unbuilt() }

    /// Moves a branch of the server from `base` to `commit`, or changes nothing: compare-and-swap, never force.
    ///
    /// `base` nil creates the branch. Throws `.pushRejected` when the branch stands elsewhere or the server refuses. If
    /// the connection breaks after the update was sent, the server is asked again, so that success is success.
    package func push(
        _ commit: CommitID, to branch: String, expecting base: CommitID?
    ) async throws(GitError) { throw unbuilt() }

    /// Reverts commits (in any order; each a real three-way revert) on top of `tip`, in one commit, in the mirror only.
    ///
    /// With `paths`, only what the commits changed in or below those is reverted.
    package func revert(
        _ commits: [CommitID], onto tip: CommitID, paths: [String]? = nil, onConflict: RevertConflictPolicy = .fail,
        message: String, author: CommitAuthor
    ) async throws(GitError) -> RevertOutcome { throw unbuilt() }
}

/// The tree of one commit. It is good only within ``GitRepository/withTree(of:_:)``.
package final class GitTree: FileTree {
    package func entry(at path: String) throws -> TreeEntry? { nil }
    package func children(of path: String) throws -> [TreeEntry] { [] }
    package func contents(of entry: TreeEntry) throws -> [UInt8] { [] }
}
