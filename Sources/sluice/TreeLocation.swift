import Core
import Glibc
import Kustomize

/// A directory on disk as a place in a tree: the tree's root, and the path from there.
struct TreeLocation {
    let root: String
    /// Normalised; empty for the root itself.
    let path: String

    /// - Parameter root: the tree's root; by default the nearest parent that holds a `.git`, or the whole disk where
    ///   there is none, as `kustomize build` has it.
    init(directory: String, root: String?) throws {
        guard let full = TreeLocation.absolute(directory) else {
            throw Failure.usage("\(directory): there is no such directory")
        }
        guard Files.isDirectory(full) else { throw Failure.usage("\(directory): this is no directory") }
        if let root {
            guard let base = TreeLocation.absolute(root) else {
                throw Failure.usage("\(root): there is no such directory")
            }
            guard full == base || full.hasPrefix(base == "/" ? base : base + "/") else {
                throw Failure.usage("\(directory) is not below --root \(root)")
            }
            self.root = base
        } else {
            self.root = TreeLocation.workTree(around: full) ?? "/"
        }
        path = String(full.dropFirst(self.root.count).drop { $0 == "/" })
    }

    var tree: DirectoryFileTree { DirectoryFileTree(root: root) }

    /// What `body` gives; the file that an error names is named from the current directory, or in full outside of it.
    func rendering<Result>(_ body: (DirectoryFileTree, String) throws -> Result) throws -> Result {
        do {
            return try body(tree, path)
        } catch var error as KustomizeError where !error.file.isEmpty {
            // A file of another repository is named by that.
            guard (try? tree.entry(at: error.file)) != nil else { throw error }
            let full = root == "/" ? "/" + error.file : root + "/" + error.file
            let here = TreeLocation.absolute(".").map { $0 == "/" ? $0 : $0 + "/" } ?? "/"
            error.file = full.hasPrefix(here) ? String(full.dropFirst(here.count)) : full
            throw error
        }
    }

    /// The real path of something that exists.
    private static func absolute(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func workTree(around path: String) -> String? {
        var current = path
        while !current.isEmpty {
            if access(current + "/.git", F_OK) == 0 { return current }
            guard let slash = current.lastIndex(of: "/") else { return nil }
            current = String(current[..<slash])
        }
        return nil
    }
}
