package import Core
internal import FoundationEssentials
package import Git
internal import Glibc
package import HTTP
package import Kustomize
internal import Logging

/// A repository read through a mirror of its own that is gone afterwards; for commands, which keep no state.
package enum TemporaryMirror {
    /// Does something with a repository.
    ///
    /// - Parameters:
    ///   - url: may be a `file:` address, as the caller is the person at the terminal.
    ///   - parent: the folder of temporary files; `TMPDIR` unless given, as for other programs.
    ///   - body: the mirror must not leave it.
    package static func with<R>(
        of url: String, credentials: GitCredentials = .anonymous, transport: any HTTPTransport,
        clock: any WallClock = SystemClock(), parent: String? = ProcessInfo.processInfo.environment["TMPDIR"],
        _ body: (GitRepository) async throws -> R
    ) async throws -> R {
        try await folder(in: parent) { folder in
            var limits = GitLimits()
            limits.allowFile = true
            let repositories = GitRepositories(directory: folder, transport: transport, limits: limits, clock: clock)
            return try await body(try repositories.repository(url, credentials: credentials))
        }
    }

    /// Does something with the remote bases of a list, which are fetched when a render comes across them.
    ///
    /// - Parameter body: the store must not leave it.
    package static func withBases<R>(
        _ allowed: RemoteAllowList, transport: any HTTPTransport, clock: any WallClock = SystemClock(),
        _ body: (RemoteBaseStore) async throws -> R
    ) async throws -> R {
        try await folder(in: ProcessInfo.processInfo.environment["TMPDIR"]) { folder in
            let limits = GitLimits()
            let repositories = GitRepositories(
                directory: folder, transport: transport, limits: RemoteBaseStore.limits(limits), clock: clock)
            // A command fails with what went wrong; it tells nobody else.
            let silent = Logger(label: "sluice", factory: { _ in SwiftLogNoOpLogHandler() })
            return try await body(
                RemoteBaseStore(
                    allowed: allowed, repositories: repositories, limits: limits, clock: UptimeClock(), logger: silent,
                    patience: nil, arrived: { _ in }))
        }
    }

    /// Does something with a folder that only this user may enter, in `parent` or, where that is not said, in `/tmp`.
    private static func folder<R>(in parent: String?, _ body: (String) async throws -> R) async throws -> R {
        let parent = parent.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(parent)/sluice-mirror-XXXXXX".utf8CString)
        // A relative one would mean something else wherever the command is run.
        guard parent.hasPrefix("/"), mkdtemp(&template) != nil else {
            throw GitError(
                .storageFailed,
                "a temporary folder cannot be made in \(parent.bounded(to: 200)); set TMPDIR to a folder that can be written"
            )
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }
}

extension GitRepository {
    /// Downloads what a person calls a revision: a branch, a tag, `HEAD`, or all 40 digits of a commit.
    package func fetch(revision: String) async throws(GitError) -> CommitID {
        if let commit = CommitID(hex: revision) { return try await fetch(.commit(commit)).commit }
        let references = try await listRemote()
        if references["refs/heads/\(revision)"] != nil { return try await fetch(.branch(revision)).commit }
        if references["refs/tags/\(revision)"] != nil { return try await fetch(.tag(revision)).commit }
        guard revision == "HEAD", let head = references["HEAD"] else {
            throw GitError(
                .branchNotFound,
                "repository \(url.text): \(revision.bounded(to: 80)) is no branch, tag or whole commit id")
        }
        return try await fetch(.commit(head)).commit
    }
}
