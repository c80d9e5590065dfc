package import Core
package import Git

/// The mirrors of the repositories that bases come from.
package protocol BaseRepositories: Sendable {
    func base(_ url: GitURL, credentials: GitCredentials) throws(GitError) -> any BaseRepository
    /// Gives a mirror up, on disk as well.
    func forget(_ repository: any BaseRepository) async
}

extension GitRepositories: BaseRepositories {
    package func base(_ url: GitURL, credentials: GitCredentials) throws(GitError) -> any BaseRepository {
        try repository(url.text, credentials: credentials)
    }

    package func forget(_ repository: any BaseRepository) async {
        if let repository = repository as? GitRepository { await forget(repository) }
    }
}

/// What is asked of a repository that bases come from.
package protocol BaseRepository: Sendable {
    /// The tree of a commit that was fetched, for the calling thread; nil if it was not. Does not leave the machine.
    ///
    /// - Parameter onDamage: called when the tree turns out damaged while it is read; it can be fetched anew then.
    func tree(of commit: CommitID, onDamage: @escaping @Sendable () -> Void) throws(GitError) -> (any FileTree)?
    /// Downloads a commit.
    func fetch(_ commit: CommitID) async throws(GitError)
    /// The commit that a branch or a tag leads to on the server now; of the server's default branch for an empty name.
    func commit(of name: String) async throws(GitError) -> CommitID
}

extension GitRepository: BaseRepository {
    package func tree(
        of commit: CommitID, onDamage: @escaping @Sendable () -> Void
    ) throws(GitError) -> (any FileTree)? {
        try treeOnThisThread(of: commit).map { MirroredTree(tree: $0, repository: self, onDamage: onDamage) }
    }

    package func fetch(_ commit: CommitID) async throws(GitError) { _ = try await fetch(.commit(commit)) }

    package func commit(of name: String) async throws(GitError) -> CommitID {
        let references = try await listRemote()
        let names = name.isEmpty ? ["HEAD"] : ["refs/tags/\(name)", "refs/heads/\(name)", name]
        guard let commit = names.lazy.compactMap({ references[$0] }).first else {
            throw GitError(
                .branchNotFound,
                "repository \(url.text): there is no branch or tag \(name.bounded(to: 80)), and a commit is written with"
                    + " all 40 digits")
        }
        return commit
    }
}

/// A tree of a mirror that is thrown away if it turns out damaged, so that it is fetched anew.
private struct MirroredTree: FileTree {
    let tree: GitTree
    let repository: GitRepository
    let onDamage: @Sendable () -> Void

    func entry(at path: String) throws -> TreeEntry? { try healing { try tree.entry(at: path) } }
    func children(of path: String) throws -> [TreeEntry] { try healing { try tree.children(of: path) } }
    func contents(of entry: TreeEntry) throws -> [UInt8] { try healing { try tree.contents(of: entry) } }

    private func healing<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            if tree.foundCorruption {
                try repository.discardMirror()
                onDamage()
            }
            throw error
        }
    }
}
