internal import Glibc

/// A directory on disk, read without following a symbolic link on the way.
///
/// The command line uses it; the operator reads Git trees and never a work tree. Identities are SHA-256 of the content
/// and are computed only for files that are asked for; folders have none (an empty id), so nothing may be cached on them.
package struct DirectoryFileTree: FileTree, Sendable {
    /// The root's path on disk.
    package let root: String
    /// The largest file that is read, in bytes.
    private let fileLimit = 64 << 20

    package init(root: String) {
        self.root = root
    }

    private func diskPath(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }

    package func entry(at path: String) throws -> TreeEntry? {
        var info = stat()
        guard lstat(diskPath(path), &info) == 0 else { return nil }
        // The root itself may be reached through a link: the caller named it.
        if path.isEmpty, stat(diskPath(path), &info) != 0 { return nil }
        let kind: TreeEntry.Kind
        switch info.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symlink
        case S_IFREG: kind = .file
        default: throw FileTreeError(.notAFile, path: path)
        }
        return TreeEntry(
            path: path, kind: kind, id: ContentID(bytes: []), executable: info.st_mode & S_IXUSR != 0)
    }

    package func children(of path: String) throws -> [TreeEntry] {
        guard let stream = opendir(diskPath(path)) else { throw FileTreeError(.notADirectory, path: path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != "..", name != ".git" { names.append(name) }
        }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return try names.compactMap { try entry(at: path.isEmpty ? $0 : path + "/" + $0) }
    }

    package func contents(of entry: TreeEntry) throws -> [UInt8] {
        let disk = diskPath(entry.path)
        if entry.kind == .symlink {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = buffer.withUnsafeMutableBytes { raw in
                raw.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlink(disk, $0, text.count) } ?? -1
                }
            }
            guard count >= 0, count < buffer.count else { throw FileTreeError(.unreadable, path: entry.path) }
            return Array(buffer[..<count])
        }
        let descriptor = open(disk, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw FileTreeError(
                .unreadable, path: entry.path, detail: strerror(errno).map { String(cString: $0) } ?? "")
        }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw FileTreeError(.unreadable, path: entry.path) }
        guard info.st_size <= fileLimit else { throw FileTreeError(.tooLarge, path: entry.path) }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
        var filled = 0
        while filled < bytes.count {
            let offset = filled
            let count = bytes.withUnsafeMutableBytes { raw in
                Glibc.read(descriptor, raw.baseAddress?.advanced(by: offset), raw.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }
}
