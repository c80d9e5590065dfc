/// A tree that is held in memory, for tests and for small edits.
package struct MemoryFileTree: FileTree, Sendable {
    private var files: [String: (kind: TreeEntry.Kind, content: [UInt8])] = [:]
    private var folders: [String: Set<String>] = ["": []]

    package init(_ files: [String: String] = [:]) {
        for (path, text) in files { self[path] = Array(text.utf8) }
    }

    /// The bytes of the file at a path; setting nil removes the file.
    package subscript(path: String) -> [UInt8]? {
        get { files[path]?.content }
        set {
            if let newValue {
                insert(path, .file, newValue)
            } else {
                files[path] = nil
                folders[parent(of: path)]?.remove(path)
            }
        }
    }

    /// Adds a symbolic link.
    package mutating func link(_ path: String, to target: String) {
        insert(path, .symlink, Array(target.utf8))
    }

    private mutating func insert(_ path: String, _ kind: TreeEntry.Kind, _ content: [UInt8]) {
        files[path] = (kind, content)
        var child = path
        while !child.isEmpty {
            let folder = parent(of: child)
            guard folders[folder, default: []].insert(child).inserted else { break }
            child = folder
        }
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }

    package func entry(at path: String) -> TreeEntry? {
        if let file = files[path] {
            return TreeEntry(path: path, kind: file.kind, id: ContentID(bytes: SHA256Digest(of: file.content).bytes))
        }
        guard let names = folders[path] else { return nil }
        let listing = names.sorted().map { "\($0) \(entry(at: $0)?.id.bytes ?? [])" }.joined(separator: "\n")
        return TreeEntry(path: path, kind: .directory, id: ContentID(bytes: SHA256Digest(of: listing).bytes))
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard let names = folders[path] else { throw FileTreeError(.notADirectory, path: path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { entry(at: $0) }
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        guard let file = files[entry.path] else { throw FileTreeError(.notAFile, path: entry.path) }
        return file.content
    }
}
