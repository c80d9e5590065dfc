package import Core
package import HTTP
internal import Synchronization

/// All mirrors below one state directory: one per repository and credentials, shared by whoever asks for it.
package final class GitRepositories: Sendable {
    private let directory: String
    private let transport: any HTTPTransport
    private let limits: GitLimits
    private let clock: any WallClock
    private let open = Mutex<[Key: GitRepository]>([:])

    private struct Key: Hashable {
        let url: GitURL
        let credentials: String

        /// The mirror's folder; names neither the host nor the credentials.
        var folder: String { String(SHA256Digest(of: url.text + "\n" + credentials).hex.prefix(40)) + ".git" }
    }

    /// `directory` is created when the first mirror is. An emptyDir is enough: losing it costs a fetch.
    package init(
        directory: String, transport: any HTTPTransport, limits: GitLimits = GitLimits(), clock: any WallClock
    ) {
        self.directory = directory
        self.transport = transport
        self.limits = limits
        self.clock = clock
    }

    /// The mirror of a repository; throws `.invalidURL` for an address that is refused.
    package func repository(
        _ url: String, credentials: GitCredentials = .anonymous
    ) throws(GitError) -> GitRepository {
        let url = try GitURL(url, limits: limits)
        let key = Key(url: url, credentials: credentials.identity)
        return open.withLock { open in
            if let known = open[key] { return known }
            let made = GitRepository(
                url: url, credentials: credentials, directory: directory + "/" + key.folder,
                transport: transport, limits: limits, clock: clock)
            open[key] = made
            return made
        }
    }

    /// The mirrors in use, and the bytes that each takes on disk.
    package var diskUse: [(repository: String, bytes: Int)] {
        open.withLock { Array($0.values) }.map { ($0.url.text, $0.lastDiskUse) }.sorted {
            $0.repository < $1.repository
        }
    }

    /// Gives a mirror up, on disk as well: nobody follows it any more, or its credentials were replaced.
    package func forget(_ repository: GitRepository) async {
        let forgotten = open.withLock { open in
            let key = open.first { $0.value === repository }?.key
            return key.flatMap { open.removeValue(forKey: $0) }
        }
        // What cannot be deleted costs disk and nothing else.
        try? await forgotten?.deleteMirror()
    }
}
