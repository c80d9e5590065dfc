/// The identity of a file's or folder's content: Git's object id where the tree comes from Git.
///
/// Equal ids mean equal content, so a result that was computed from some ids stands while they do.
package struct ContentID: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// One name in a tree.
package struct TreeEntry: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file
        case directory
        /// Its content is the target path.
        case symlink
        /// A commit of another repository; it has no content here.
        case submodule
    }

    /// The normalised path from the tree's root, without a leading or trailing slash; empty for the root.
    package let path: String
    package let kind: Kind
    package let id: ContentID
    /// Set for files that Git marks as executable.
    package let executable: Bool

    package init(path: String, kind: Kind, id: ContentID, executable: Bool = false) {
        self.path = path
        self.kind = kind
        self.id = id
        self.executable = executable
    }

    /// The last component of the path.
    package var name: String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }
}

/// A tree of files to read from: a Git tree, a directory, or memory.
///
/// Paths are normalised (`a/b`, the root is the empty string) and confined: an implementation never leaves its root
/// and never follows symbolic links; ``FileTree/resolve(_:)`` does, inside the tree. Calls may block on local disk.
/// A tree need not be Sendable: one that reads a Git repository stays on that repository's thread.
package protocol FileTree {
    /// The entry with exactly this path, or nil if there is none. Symbolic links are not followed.
    func entry(at path: String) throws -> TreeEntry?
    /// The entries directly in a folder, sorted by the bytes of their names.
    func children(of path: String) throws -> [TreeEntry]
    /// The bytes of a file, or a symbolic link's target.
    func contents(of entry: TreeEntry) throws -> [UInt8]
}

/// A path that cannot be read from a tree.
package struct FileTreeError: SluiceError, Hashable {
    package enum Code: String, Sendable {
        case notFound = "FileNotFound"
        case notAFile = "NotAFile"
        case notADirectory = "NotADirectory"
        case leavesTree = "PathLeavesTree"
        case symlinkLoop = "SymlinkLoop"
        case tooLarge = "FileTooLarge"
        case unreadable = "FileUnreadable"
    }

    package let code: Code
    package let path: String
    package let detail: String

    package init(_ code: Code, path: String, detail: String = "") {
        self.code = code
        self.path = path
        self.detail = detail
    }

    package var reason: String { code.rawValue }
    package var disposition: Disposition { .terminal }

    package var message: String {
        let what =
            switch code {
            case .notFound: "there is no such file or directory in the tree"
            case .notAFile: "this is not a file"
            case .notADirectory: "this is not a directory"
            case .leavesTree: "the path leads out of the tree"
            case .symlinkLoop: "symbolic links lead in a circle or too far"
            case .tooLarge: "the file is too large"
            case .unreadable: "the file cannot be read"
            }
        return "\(path.isEmpty ? "." : path): \(what)" + (detail.isEmpty ? "" : " (\(detail))")
    }
}
