package import Core

/// What went wrong with a Git repository, a commit, a push or a signature.
package struct GitError: SluiceError {
    package enum Code: String, Sendable, Hashable {
        /// The URL is malformed or of a kind that is refused.
        case invalidURL = "InvalidRepositoryURL"
        /// The server refused the credentials, or wants some.
        case authenticationFailed = "AuthenticationFailed"
        case repositoryNotFound = "RepositoryNotFound"
        /// The branch, tag or version range matches nothing on the server.
        case branchNotFound = "BranchNotFound"
        /// The repository has no commit yet.
        case emptyRepository = "EmptyRepository"
        case commitNotFound = "CommitNotFound"
        case timeout = "Timeout"
        case cancelled = "Cancelled"
        /// The server cannot be reached or the connection broke.
        case unreachable = "RepositoryUnreachable"
        /// The server's certificate or host key is not trusted.
        case untrustedServer = "UntrustedServer"
        /// The server answered with something that is no Git.
        case protocolViolation = "GitProtocolError"
        /// The branch moved, or the server refused the update. Nothing was changed.
        case pushRejected = "PushRejected"
        case conflict = "GitConflict"
        /// The edits change nothing.
        case nothingToCommit = "NothingToCommit"
        /// A cap of ``GitLimits`` was hit.
        case tooLarge = "TooLarge"
        /// The local mirror is damaged; it is cloned again on the next fetch.
        case mirrorCorrupted = "MirrorCorrupted"
        /// The local disk is full or not writable.
        case storageFailed = "StorageFailed"
        /// A key, an allowed-signers file, a path or a message that cannot be used.
        case invalidInput = "InvalidGitInput"
        /// Something that the repository uses and that is not supported.
        case unsupported = "GitUnsupported"
    }

    package let code: Code
    /// One sentence or two for a person; never holds a credential.
    package let message: String
    package let disposition: Disposition

    package init(_ code: Code, _ message: String, disposition: Disposition? = nil) {
        self.code = code
        self.message = message.bounded(to: 1024)
        self.disposition = disposition ?? code.disposition
    }

    package var reason: String { code.rawValue }
}

extension GitError.Code {
    /// What another try may achieve, unless the server said more.
    fileprivate var disposition: Disposition {
        switch self {
        case .timeout, .cancelled, .unreachable, .pushRejected, .mirrorCorrupted, .storageFailed, .protocolViolation:
            .transient
        case .invalidURL, .authenticationFailed, .repositoryNotFound, .branchNotFound, .emptyRepository,
            .commitNotFound, .untrustedServer, .conflict, .nothingToCommit, .tooLarge, .invalidInput, .unsupported:
            .terminal
        }
    }
}
