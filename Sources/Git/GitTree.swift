internal import CGit2
package import Core

/// The tree of one commit, read from the object database: nothing is checked out.
///
/// It is good only within ``GitRepository/withTree(of:_:)``. A ``ContentID`` is Git's object id of the blob or tree.
package final class GitTree: FileTree {
    /// The commit's root tree.
    private let root: OpaquePointer
    private let mirror: OpenMirror
    private let limits: GitLimits
    /// The folders that were passed through, for the next path through them: one of a thousand apps takes tens of
    /// kilobytes, and libgit2 keeps none of that size in its cache.
    private var folders: [String: OpaquePointer] = [:]
    /// How many entries these have.
    private var openEntries = 0
    /// Set when an object turned out damaged or missing: the mirror has to be cloned again.
    package private(set) var foundCorruption = false

    /// Takes over `root`.
    init(root: OpaquePointer, mirror: OpenMirror, limits: GitLimits) {
        self.root = root
        self.mirror = mirror
        self.limits = limits
    }

    deinit {
        closeFolders()
        git_tree_free(root)
    }

    package func entry(at path: String) throws -> TreeEntry? {
        if path.isEmpty {
            return TreeEntry(path: "", kind: .directory, id: ContentID(bytes: git_tree_id(root).pointee.bytes))
        }
        guard TreePath.isValid(path, limits: limits) else { return nil }
        return try found(path)
    }

    /// The entry at a valid path.
    private func found(_ path: String) throws -> TreeEntry? {
        let slash = path.lastIndex(of: "/")
        guard let parent = try folder(slash.map { String(path[..<$0]) } ?? "") else { return nil }
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        return git_tree_entry_byname(parent, String(name)).flatMap { Self.entry($0, path: path) }
    }

    /// The folder at a valid path, opened; nil where there is none. It stays open until another is asked for.
    private func folder(_ path: String) throws -> OpaquePointer? {
        if path.isEmpty { return root }
        if let open = folders[path] { return open }
        guard let entry = try found(path), entry.kind == .directory, var id = git_oid(entry.id.bytes) else {
            return nil
        }
        var tree: OpaquePointer?
        try check(git_tree_lookup(&tree, mirror.repository, &id), path)
        if openEntries > limits.openEntries { closeFolders() }
        openEntries += git_tree_entrycount(tree) + 1
        folders[path] = tree
        return tree
    }

    private func closeFolders() {
        for tree in folders.values { git_tree_free(tree) }
        folders.removeAll()
        openEntries = 0
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard path.isEmpty || TreePath.isValid(path, limits: limits), let tree = try folder(path) else {
            throw FileTreeError(try entry(at: path) == nil ? .notFound : .notADirectory, path: path)
        }
        let count = git_tree_entrycount(tree)
        guard count <= limits.folderEntries else {
            throw FileTreeError(.tooLarge, path: path, detail: "more than \(limits.folderEntries) entries")
        }
        var entries: [TreeEntry] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            guard let item = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(item) else { continue }
            // A name that is not UTF-8 could not be asked for again.
            guard let text = String(validatingCString: name) else { continue }
            let childPath = path.isEmpty ? text : path + "/" + text
            if let entry = Self.entry(item, path: childPath) { entries.append(entry) }
        }
        // Git sorts folders as if their names ended in a slash.
        entries.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return entries
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        guard entry.kind == .file || entry.kind == .symlink, let id = git_oid(entry.id.bytes) else {
            throw FileTreeError(.notAFile, path: entry.path)
        }
        let bytes: [UInt8]?
        do throws(Libgit2Failure) {
            bytes = try mirror.blob(id, limit: limits.blobBytes)
        } catch {
            throw damaged(error, entry.path)
        }
        guard let bytes else {
            throw FileTreeError(.tooLarge, path: entry.path, detail: "more than \(limits.blobBytes) bytes")
        }
        guard !Self.isLargeFilePointer(bytes) else {
            throw FileTreeError(
                .unreadable, path: entry.path,
                detail: "it is a Git LFS pointer, and LFS is not supported: store the file itself")
        }
        return bytes
    }

    /// Whether a file stands for one that is stored elsewhere (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
    private static func isLargeFilePointer(_ bytes: [UInt8]) -> Bool {
        bytes.count < 1024 && bytes.starts(with: "version https://git-lfs.github.com/spec/v1\noid sha256:".utf8)
    }

    private static func entry(_ item: OpaquePointer, path: String) -> TreeEntry? {
        guard let id = git_tree_entry_id(item) else { return nil }
        let mode = git_tree_entry_filemode(item)
        let kind: TreeEntry.Kind
        switch mode {
        case GIT_FILEMODE_TREE: kind = .directory
        case GIT_FILEMODE_LINK: kind = .symlink
        case GIT_FILEMODE_COMMIT: kind = .submodule
        default: kind = .file
        }
        return TreeEntry(
            path: path, kind: kind, id: ContentID(bytes: id.pointee.bytes),
            executable: mode == GIT_FILEMODE_BLOB_EXECUTABLE)
    }

    private func check(_ code: Int32, _ path: String) throws {
        do throws(Libgit2Failure) {
            try Libgit2.check(code)
        } catch {
            throw damaged(error, path)
        }
    }

    private func damaged(_ failure: Libgit2Failure, _ path: String) -> FileTreeError {
        if failure.isCorruption { foundCorruption = true }
        return FileTreeError(.unreadable, path: path, detail: failure.message)
    }
}

/// Paths within a tree.
enum TreePath {
    /// Whether a path is relative and normalised, and within the caps.
    static func isValid(_ path: String, limits: GitLimits) -> Bool {
        guard path.utf8.count <= limits.pathBytes, !path.utf8.contains(0) else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= limits.treeDepth && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// Whether a path may be written: valid, and nothing in it that a checkout takes for its own (`.git`).
    static func isWritable(_ path: String, limits: GitLimits) -> Bool {
        isValid(path, limits: limits)
            && path.split(separator: "/").allSatisfy { $0.lowercased() != ".git" && $0.lowercased() != "git~1" }
    }
}

extension OpenMirror {
    /// A blob's bytes, or nil if it is larger than `limit`, which is known before it is inflated.
    func blob(_ id: git_oid, limit: Int) throws(Libgit2Failure) -> [UInt8]? {
        var id = id
        let repository = repository
        let objects = try Libgit2.make({ git_odb_free($0) }, { git_repository_odb($0, repository) })
        var size = 0
        var type = GIT_OBJECT_ANY
        try Libgit2.check(git_odb_read_header(&size, &type, objects.pointer, &id))
        guard size <= limit else { return nil }
        let blob = try Libgit2.make({ git_blob_free($0) }, { git_blob_lookup($0, repository, &id) })
        guard let start = git_blob_rawcontent(blob.pointer) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(git_blob_rawsize(blob.pointer))))
    }
}
