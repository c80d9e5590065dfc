/// A tree that is held in memory, for tests and for small edits.
///
/// Identities are kept up to date with every edit, so asking for them costs no more than a look-up.
package struct MemoryFileTree: FileTree, Sendable {
    private struct File {
        var kind: TreeEntry.Kind
        var content: [UInt8]
        var id: ContentID
    }

    /// The children of one folder, by path, and a digest of them all.
    private struct Folder {
        var children: Set<String> = []
        var sum = DigestSum()
    }

    private var files: [String: File] = [:]
    private var folders: [String: Folder] = ["": Folder()]

    package init(_ files: [String: String] = [:]) {
        for (path, text) in files { self[path] = Array(text.utf8) }
    }

    /// The bytes of the file at a path; setting nil removes the file.
    package subscript(path: String) -> [UInt8]? {
        get { files[path]?.content }
        set {
            if let newValue {
                insert(path, .file, newValue)
            } else if let old = files.removeValue(forKey: path) {
                let folder = parent(of: path)
                folders[folder]?.children.remove(path)
                update(folder) { $0.subtract(path, old.id) }
            }
        }
    }

    /// Adds a symbolic link.
    package mutating func link(_ path: String, to target: String) {
        insert(path, .symlink, Array(target.utf8))
    }

    private mutating func insert(_ path: String, _ kind: TreeEntry.Kind, _ content: [UInt8]) {
        let file = File(kind: kind, content: content, id: ContentID(bytes: SHA256Digest(of: content).bytes))
        let old = files.updateValue(file, forKey: path)
        var child = path
        while !child.isEmpty {
            let folder = parent(of: child)
            guard folders[folder, default: Folder()].children.insert(child).inserted else { break }
            child = folder
        }
        update(parent(of: path)) { sum in
            if let old { sum.subtract(path, old.id) }
            sum.add(path, file.id)
        }
    }

    /// Changes a folder's digest, and those of the folders around it with it.
    private mutating func update(_ folder: String, _ change: (inout DigestSum) -> Void) {
        guard var sum = folders[folder]?.sum else { return }
        let before = sum
        change(&sum)
        folders[folder]?.sum = sum
        guard !folder.isEmpty else { return }
        update(parent(of: folder)) { outer in
            outer.subtract(folder, before.id)
            outer.add(folder, sum.id)
        }
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }

    package func entry(at path: String) -> TreeEntry? {
        if let file = files[path] { return TreeEntry(path: path, kind: file.kind, id: file.id) }
        return folders[path].map { TreeEntry(path: path, kind: .directory, id: $0.sum.id) }
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard let names = folders[path]?.children else { throw FileTreeError(.notADirectory, path: path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { entry(at: $0) }
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        guard let file = files[entry.path] else { throw FileTreeError(.notAFile, path: entry.path) }
        return file.content
    }
}

/// A digest of a set of paths with their identities, which is changed by one of them without a look at the others.
///
/// It is the sum of their SHA-256 digests: good against chance, not against somebody who looks for two sets of one sum.
private struct DigestSum: Sendable {
    private var words: [UInt64] = [0, 0, 0, 0]

    var id: ContentID {
        ContentID(bytes: words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } })
    }

    mutating func add(_ path: String, _ id: ContentID) { combine(path, id, &+) }
    mutating func subtract(_ path: String, _ id: ContentID) { combine(path, id, &-) }

    private mutating func combine(_ path: String, _ id: ContentID, _ operation: (UInt64, UInt64) -> UInt64) {
        let digest = SHA256Digest(of: Array(path.utf8) + [0] + id.bytes).bytes
        for index in words.indices {
            let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(digest[index * 8 + $1]) << UInt64($1 * 8) }
            words[index] = operation(words[index], word)
        }
    }
}
