package import Core

/// The files of one folder, as they are copied to another.
package struct FolderSnapshot: Sendable, Hashable {
    /// The most files that are read, and the most bytes of them together: an overlay has a few dozen and a few KiB.
    private static let fileLimit = 5_000
    private static let byteLimit = 32 << 20

    /// Bytes by path within the folder.
    package private(set) var files: [String: [UInt8]] = [:]
    /// What is no file and no folder: it cannot be copied byte for byte.
    package private(set) var others: Set<String> = []

    /// - Parameter wants: whether a path within the folder is wanted; what is not is not read.
    /// - Throws: ``FileTreeError`` where there is no such folder or it is too large.
    package init(of path: String, in tree: some FileTree, wants: (String) -> Bool) throws {
        guard let folder = try tree.resolve(path), folder.kind == .directory else {
            throw FileTreeError(.notFound, path: path)
        }
        var bytes = 0
        var pending = [folder.path]
        while let next = pending.popLast() {
            for child in try tree.children(of: next) {
                let name = String(child.path.dropFirst(folder.path.isEmpty ? 0 : folder.path.count + 1))
                switch child.kind {
                case .directory: pending.append(child.path)
                case .file where wants(name):
                    let content = try tree.contents(of: child)
                    bytes += content.count
                    files[name] = content
                    guard files.count <= Self.fileLimit, bytes <= Self.byteLimit else {
                        throw FileTreeError(.tooLarge, path: path, detail: "to be copied from one overlay to another")
                    }
                case .symlink where wants(name), .submodule where wants(name): others.insert(name)
                case .file, .symlink, .submodule: break
                }
            }
        }
    }

    /// The part of it that a selection holds.
    package func only(_ selection: PathSelection) -> FolderSnapshot {
        var part = self
        part.files = files.filter { selection.contains($0.key) }
        part.others = others.filter(selection.contains)
        return part
    }

    /// A digest of names and bytes; empty without any file.
    package var digest: String {
        guard !files.isEmpty else { return "" }
        let lines = files.sorted { $0.key < $1.key }.map { "\(SHA256Digest(of: $0.value).hex)  \($0.key)\n" }
        return SHA256Digest(of: lines.joined()).description
    }
}
