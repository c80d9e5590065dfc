/// Caps and deadlines of Git operations.
package struct GitLimits: Sendable, Hashable {
    /// The largest download of one fetch, in bytes.
    package var packBytes: Int = 2 << 30
    /// The most objects in one pack.
    package var packObjects: Int = 5_000_000
    /// The largest file that is read or written, in bytes.
    package var blobBytes: Int = 16 << 20
    /// The longest path in a tree, in bytes; Linux's `PATH_MAX`.
    package var pathBytes: Int = 4096
    /// The deepest nesting of folders.
    package var treeDepth: Int = 64
    /// The most entries of a folder that is listed.
    package var folderEntries: Int = 100_000
    /// The most entries, in all, of folders that are kept open while a tree is read: some 5 MiB.
    package var openEntries: Int = 100_000
    /// The most references that a server may list.
    package var references: Int = 200_000
    /// The longest repository URL, in bytes.
    package var urlBytes: Int = 2048

    /// Time to connect, TLS included.
    package var connectTimeout: Duration = .seconds(10)
    /// Time without a byte after which a transfer is given up.
    package var stallTimeout: Duration = .seconds(30)
    /// Time for one operation (a listing, a fetch, a push) as a whole.
    package var totalTimeout: Duration = .seconds(600)

    /// Whether `http:` is allowed for hosts other than this machine.
    package var allowInsecureHTTP = false
    /// Whether a server may send on to another repository or another server, as it does when a repository moves.
    package var followMoves = true
    /// Whether `file:` URLs and absolute paths are allowed. For tests and demonstrations.
    package var allowFile = false

    package init() {}
}
