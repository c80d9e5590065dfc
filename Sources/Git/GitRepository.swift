package import Core
package import HTTP
internal import Synchronization

/// A bare mirror of one repository, for one set of credentials: fetch, read, commit, push.
///
/// Blocking C never runs on the cooperative pool: reads and commits share one thread, the network has another with a
/// repository handle of its own, so a stalled server never blocks a render. Every network operation has deadlines and
/// ends when its task is cancelled. A damaged mirror is deleted and cloned again without the caller noticing.
package final class GitRepository: Sendable {
    package let url: GitURL
    private let credentials: GitCredentials
    private let limits: GitLimits
    private let transport: any HTTPTransport
    private let clock: any WallClock
    private let objects: ObjectStore
    private let remote: RemoteSession
    /// What was fetched so far, to be fetched again if the mirror has to be cloned anew.
    private let tracked = Mutex<Set<GitReference>>([])
    private let disk = Mutex<(bytes: Int, at: ContinuousClock.Instant?)>((0, nil))
    /// Walking the mirror's files takes some milliseconds, so it is done seldom.
    private static let diskInterval = Duration.seconds(600)

    /// `directory` is the mirror's own; it is made when needed.
    package init(
        url: GitURL, credentials: GitCredentials, directory: String, transport: any HTTPTransport,
        limits: GitLimits = GitLimits(), clock: any WallClock
    ) {
        self.url = url
        self.credentials = credentials
        self.limits = limits
        self.transport = transport
        self.clock = clock
        let folder = MirrorFolder(root: directory)
        objects = ObjectStore(folder: folder, url: url, limits: limits, clock: clock)
        remote = RemoteSession(folder: folder)
    }

    /// This repository's credentials for another repository of the same server (scheme, host and port); none for others.
    package func credentials(for other: GitURL) -> GitCredentials {
        url.isOnSameServer(as: other) ? credentials : .anonymous
    }

    // MARK: The server

    /// The server's references with the commits that they lead to: a cheap poll, nothing is downloaded.
    ///
    /// Keys are full names (`refs/heads/main`), and `HEAD` where the server says it. Annotated tags are peeled.
    package func listRemote() async throws(GitError) -> [String: CommitID] {
        try await network { [remote] operation throws(GitError) in try await remote.list(operation).commits }
    }

    /// Resolves a reference on the server and downloads what is missing.
    ///
    /// - Parameter age: where the server listed its references less than this ago, for whichever of them, it is not
    ///   asked again: those who poll different branches of one repository share one listing.
    package func fetch(
        _ reference: GitReference, listedWithin age: Duration = .zero
    ) async throws(GitError) -> FetchResult {
        let result: FetchResult
        do throws(GitError) {
            result = try await fetchOnce(reference, listedWithin: age)
        } catch {
            guard error.code == .mirrorCorrupted else { throw error }
            try await remote.discard()
            result = try await fetchOnce(reference)
        }
        tracked.withLock { _ = $0.insert(reference) }
        return result
    }

    private func fetchOnce(
        _ reference: GitReference, listedWithin age: Duration = .zero
    ) async throws(GitError) -> FetchResult {
        let result = try await network { [remote] operation throws(GitError) in
            try await remote.fetch(reference, listedWithin: age, operation)
        }
        if result.previous != result.commit { await measureDisk() }
        return result
    }

    private func measureDisk() async {
        let isDue = disk.withLock { $0.at.map { $0.duration(to: .now) >= Self.diskInterval } ?? true }
        guard isDue, let bytes = try? await objects.diskUse() else { return }
        disk.withLock { $0 = (bytes, .now) }
    }

    /// Moves a branch of the server from `base` to `commit`, or changes nothing: compare-and-swap, never force.
    ///
    /// `base` nil creates the branch. Throws `.pushRejected` when the branch stands elsewhere or the server refuses. If
    /// the connection breaks after the update was sent, the server is asked again, so that success is success.
    package func push(
        _ commit: CommitID, to branch: String, expecting base: CommitID?
    ) async throws(GitError) {
        try await network { [remote] operation throws(GitError) in
            try await remote.push(commit, to: branch, expecting: base, .forward, operation)
        }
    }

    /// Makes a branch that is ours alone another commit, which need not follow `base`: still a compare-and-swap, so that
    /// what somebody else has put there meanwhile is never lost. For the branches of pull requests.
    package func replace(
        branch: String, with commit: CommitID, expecting base: CommitID?
    ) async throws(GitError) {
        try await network { [remote] operation throws(GitError) in
            try await remote.push(commit, to: branch, expecting: base, .replacing, operation)
        }
    }

    /// Deletes a branch of the server if it stands at `base`; one that is gone already is no error.
    package func delete(branch: String, expecting base: CommitID) async throws(GitError) {
        try await network { [remote] operation throws(GitError) in
            try await remote.push(nil, to: branch, expecting: base, .replacing, operation)
        }
        tracked.withLock { _ = $0.remove(.branch(branch)) }
    }

    /// Runs a network operation that ends early when the task is cancelled.
    private func network<R: Sendable>(
        _ body: @Sendable (RemoteOperation) async throws(GitError) -> R
    ) async throws(GitError) -> R {
        let operation = RemoteOperation(
            url: url, credentials: credentials, limits: limits, transport: transport, clock: clock)
        let result: Result<R, GitError> = await withTaskCancellationHandler {
            do throws(GitError) {
                return .success(try await body(operation))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            operation.cancel()
        }
        return try result.get()
    }

    // MARK: Reading

    /// Runs `body` with a commit's tree, on the repository's thread. The tree must not leave `body`.
    ///
    /// `body` may run twice, if the mirror turns out damaged. It throws ``GitError`` or what `body` throws.
    package func withTree<R: Sendable>(
        of commit: CommitID, _ body: @Sendable @escaping (GitTree) throws -> R
    ) async throws -> R {
        for _ in 0..<2 {
            let outcome = try await healing { [objects] () throws(GitError) in
                try await objects.withTree(of: commit, body)
            }
            switch outcome {
            case .value(let value): return value
            case .failed(let error): throw error
            case .corrupted: try await rebuild()
            }
        }
        throw GitError(.mirrorCorrupted, "repository \(url.text): the mirror is damaged again right after cloning")
    }

    /// The tree of a commit, to be read on the calling thread beside that of another repository, whose thread is busy
    /// with that; nil if the mirror does not hold the commit. It must not leave the thread. Blocks on local disk.
    ///
    /// A mirror that is found damaged is thrown away, and then holds nothing.
    package func treeOnThisThread(of commit: CommitID) throws(GitError) -> GitTree? {
        try objects.treeOnThisThread(of: commit)
    }

    /// Throws the mirror away, after a tree of ``treeOnThisThread(of:)`` turned out damaged: the next fetch begins anew.
    /// Blocks on local disk.
    package func discardMirror() throws(GitError) { try objects.discardFolder() }

    /// Whether the mirror holds a commit.
    package func contains(_ commit: CommitID) async throws(GitError) -> Bool {
        try await objects.contains(commit)
    }

    /// One commit that is in the mirror.
    package func commitInfo(_ id: CommitID) async throws(GitError) -> CommitInfo {
        try await healing { [objects] () throws(GitError) in try await objects.commitInfo(id) }
    }

    /// Commits from `tip` back, newest first, without `end` and what it reaches; with a path, those that changed it.
    package func history(
        from tip: CommitID, path: String? = nil, limit: Int = 100, until end: CommitID? = nil
    ) async throws(GitError) -> [CommitInfo] {
        try await healing { [objects] () throws(GitError) in
            try await objects.history(from: tip, path: path, limit: limit, until: end)
        }
    }

    /// The commits in which a file or folder changed, newest first, without `end` and what it reaches.
    ///
    /// Merges are followed to the side that the content came from, as `git log -- path` does; a merge that made content
    /// of its own is listed itself.
    package func fileHistory(
        _ path: String, from tip: CommitID, limit: Int = 100, until end: CommitID? = nil
    ) async throws(GitError) -> [FileChange] {
        try await healing { [objects] () throws(GitError) in
            try await objects.changes(of: path, from: tip, limit: limit, until: end)
        }
    }

    /// The bytes of a file by its id, for example of a ``FileChange``.
    package func contents(of id: ContentID) async throws(GitError) -> [UInt8] {
        try await healing { [objects] () throws(GitError) in try await objects.contents(of: id) }
    }

    /// The newest commit from `tip` back to (without) `end` whose trailers hold all of these pairs.
    package func findCommit(
        from tip: CommitID, backTo end: CommitID? = nil, limit: Int = 10_000, trailers: [String: String]
    ) async throws(GitError) -> CommitInfo? {
        try await healing { [objects] () throws(GitError) in
            try await objects.findCommit(from: tip, until: end, limit: limit, trailers: trailers)
        }
    }

    /// Whether `ancestor` is `commit` or reachable from it.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) async throws(GitError) -> Bool {
        try await healing { [objects] () throws(GitError) in try await objects.isAncestor(ancestor, of: commit) }
    }

    // MARK: Writing

    /// Makes a commit on top of `base`, in the mirror only. Paths are relative to the root.
    ///
    /// Throws `.invalidInput` for a path that leaves the tree, and `.nothingToCommit` if nothing would change and that
    /// is not allowed.
    package func commit(
        onto base: CommitID, edits: [String: TreeEdit], message: String, author: CommitAuthor,
        mayBeEmpty: Bool = false
    ) async throws(GitError) -> CommitID {
        try await healing { [objects] () throws(GitError) in
            try await objects.commit(
                onto: base, edits: edits, message: message, author: author, mayBeEmpty: mayBeEmpty)
        }
    }

    /// Reverts commits (in any order; each a real three-way revert) on top of `tip`, in one commit, in the mirror only.
    ///
    /// With `paths`, only what the commits changed in or below those is reverted. Of a merge, the first parent stays.
    package func revert(
        _ commits: [CommitID], onto tip: CommitID, paths: [String]? = nil, onConflict: RevertConflictPolicy = .fail,
        message: String, author: CommitAuthor
    ) async throws(GitError) -> RevertOutcome {
        try await healing { [objects] () throws(GitError) in
            try await objects.revert(
                commits, onto: tip, paths: paths, onConflict: onConflict, message: message, author: author)
        }
    }

    /// Bytes that the mirror took on disk when that was last looked at, which a fetch does now and then; 0 before.
    package var lastDiskUse: Int { disk.withLock { $0.bytes } }

    /// Bytes that the mirror takes on disk.
    package func diskUse() async throws(GitError) -> Int { try await objects.diskUse() }

    /// Deletes the mirror from disk, after nobody follows the repository any more.
    package func deleteMirror() async throws(GitError) { try await objects.delete() }

    // MARK: Damage

    /// Runs a local operation; if the mirror turns out damaged, clones it again and runs it once more.
    private func healing<R: Sendable>(
        _ body: @Sendable () async throws(GitError) -> R
    ) async throws(GitError) -> R {
        do throws(GitError) {
            return try await body()
        } catch {
            guard error.code == .mirrorCorrupted else { throw error }
            try await rebuild()
            return try await body()
        }
    }

    /// Deletes the mirror and fetches again whatever was fetched before.
    private func rebuild() async throws(GitError) {
        try await objects.discard()
        for reference in tracked.withLock({ $0 }) {
            do throws(GitError) {
                _ = try await fetchOnce(reference)
            } catch {
                // A branch that is gone by now is none of this operation's business.
                guard error.code == .branchNotFound || error.code == .commitNotFound else { throw error }
            }
        }
    }
}
