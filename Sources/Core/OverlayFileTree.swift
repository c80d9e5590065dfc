/// Another tree with some files replaced or added, as it would be after a commit that is not made yet.
package struct OverlayFileTree<Base: FileTree>: FileTree {
    private let base: Base
    private let edits: MemoryFileTree
    private let touchedFolders: Set<String>

    /// `edits` maps paths to new content.
    package init(_ base: Base, edits: [String: [UInt8]]) {
        self.base = base
        var memory = MemoryFileTree()
        var folders: Set<String> = []
        for (path, content) in edits {
            memory[path] = content
            var rest = path[...]
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                folders.insert(String(rest))
            }
        }
        folders.insert("")
        self.edits = memory
        touchedFolders = folders
    }

    package func entry(at path: String) throws -> TreeEntry? {
        guard let edited = edits.entry(at: path) else { return try base.entry(at: path) }
        guard edited.kind == .directory, let original = try base.entry(at: path) else { return edited }
        // A folder that holds an edit is neither the old nor the new folder: its identity is made of both.
        return TreeEntry(
            path: path, kind: .directory,
            id: ContentID(bytes: SHA256Digest(of: original.id.bytes + edited.id.bytes).bytes))
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard touchedFolders.contains(path), edits.entry(at: path) != nil else {
            return try base.children(of: path)
        }
        var byPath: [String: TreeEntry] = [:]
        if try base.entry(at: path)?.kind == .directory {
            for child in try base.children(of: path) { byPath[child.path] = child }
        }
        for child in try edits.children(of: path) { byPath[child.path] = try entry(at: child.path) }
        return byPath.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        if let content = edits[entry.path] { return content }
        return try base.contents(of: entry)
    }
}
