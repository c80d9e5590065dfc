/// Another tree with some files replaced, added or removed, as it would be after a commit that is not made yet.
package struct OverlayFileTree<Base: FileTree>: FileTree {
    private let base: Base
    private let edits: MemoryFileTree
    private let removed: Set<String>
    /// The folders that hold a change, at any depth; none where nothing changes.
    private let touchedFolders: Set<String>

    /// `edits` maps paths to new content; `removed` are files that go, unless they are among the edits.
    package init(_ base: Base, edits: [String: [UInt8]], removed: Set<String> = []) {
        self.base = base
        self.removed = removed.subtracting(edits.keys)
        var memory = MemoryFileTree()
        var folders: Set<String> = []
        for (path, content) in edits { memory[path] = content }
        for path in removed.union(edits.keys) {
            var rest = path[...]
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                folders.insert(String(rest))
            }
            folders.insert("")
        }
        self.edits = memory
        touchedFolders = folders
    }

    package func entry(at path: String) throws -> TreeEntry? {
        guard !removed.contains(path) else { return nil }
        guard touchedFolders.contains(path) else {
            // Where nothing changes at all, the root of the changes is not the root.
            return try (path.isEmpty ? nil : edits.entry(at: path)) ?? base.entry(at: path)
        }
        guard let original = try base.entry(at: path), original.kind == .directory else { return edits.entry(at: path) }
        // A folder that holds a change is neither the old nor the new folder: its identity is made of both.
        let gone = removed.filter { path.isEmpty || $0.hasPrefix(path + "/") }.sorted().joined(separator: "\u{0}")
        return TreeEntry(
            path: path, kind: .directory,
            id: ContentID(
                bytes: SHA256Digest(
                    of: original.id.bytes + (edits.entry(at: path)?.id.bytes ?? []) + Array(gone.utf8)
                ).bytes))
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard touchedFolders.contains(path) else { return try base.children(of: path) }
        var byPath: [String: TreeEntry] = [:]
        if try base.entry(at: path)?.kind == .directory {
            for child in try base.children(of: path) { byPath[child.path] = try entry(at: child.path) }
        }
        guard edits.entry(at: path) != nil else { return sorted(byPath) }
        for child in try edits.children(of: path) { byPath[child.path] = try entry(at: child.path) }
        return sorted(byPath)
    }

    private func sorted(_ entries: [String: TreeEntry]) -> [TreeEntry] {
        entries.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        if let content = edits[entry.path] { return content }
        return try base.contents(of: entry)
    }
}
