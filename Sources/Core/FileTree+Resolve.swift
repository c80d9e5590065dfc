extension FileTree {
    /// How many symbolic links one path may pass through, as Linux has it (`MAXSYMLINKS`).
    private var symlinkLimit: Int { 40 }

    /// The entry that a path leads to, symbolic links followed within the tree.
    ///
    /// `path` may hold `.` and `..` and is relative to `base`. Returns nil if nothing is there.
    /// Throws ``FileTreeError`` when the path or a link leaves the tree (even if it would come back) or links loop.
    package func resolve(_ path: String, from base: String = "") throws -> TreeEntry? {
        guard !path.hasPrefix("/") else { throw FileTreeError(.leavesTree, path: path) }
        var pending: [Substring] = (path.split(separator: "/")).reversed()
        var current = base.split(separator: "/")
        var links = 0
        while let component = pending.popLast() {
            if component == "." { continue }
            if component == ".." {
                guard current.popLast() != nil else { throw FileTreeError(.leavesTree, path: path) }
                continue
            }
            let next = (current + [component]).joined(separator: "/")
            guard let entry = try entry(at: next) else { return nil }
            if entry.kind == .symlink {
                links += 1
                guard links <= symlinkLimit else { throw FileTreeError(.symlinkLoop, path: path) }
                let target = String(decoding: try contents(of: entry), as: UTF8.self)
                guard !target.hasPrefix("/") else {
                    throw FileTreeError(.leavesTree, path: path, detail: "through the symbolic link \(next)")
                }
                pending.append(contentsOf: target.split(separator: "/").reversed())
            } else {
                guard pending.allSatisfy({ $0 == "." }) || entry.kind == .directory else {
                    guard entry.kind == .submodule else { return nil }
                    throw FileTreeError(
                        .unreadable, path: path,
                        detail: "\(next) is a Git submodule, and those are not read: put the files there themselves")
                }
                current.append(component)
            }
        }
        return try entry(at: current.joined(separator: "/"))
    }

    /// The bytes of the file that a path leads to, symbolic links followed within the tree.
    package func read(_ path: String, from base: String = "") throws -> [UInt8] {
        guard let entry = try resolve(path, from: base) else { throw FileTreeError(.notFound, path: path) }
        guard entry.kind == .file else { throw FileTreeError(.notAFile, path: path) }
        return try contents(of: entry)
    }
}
