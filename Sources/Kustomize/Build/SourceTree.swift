internal import Core

/// The tree as one render sees it: what is read is recorded, counted and confined.
///
/// It lives on one thread, for the time of one render.
final class SourceTree: FileTree {
    private let tree: any FileTree
    private let limits: RenderLimits
    private var bytesRead = 0
    /// What stood at each path that was looked at; for directories only that they are there.
    private(set) var reads: [String: ContentID?] = [:]

    /// Stands in the record for "a directory is there": what is in it does not matter until it is listed.
    static let directoryMark = ContentID(bytes: Array("directory".utf8))

    init(_ tree: any FileTree, limits: RenderLimits) {
        self.tree = tree
        self.limits = limits
    }

    func entry(at path: String) throws -> TreeEntry? {
        let entry = try tree.entry(at: path)
        reads[path] = .some(entry.map { $0.kind == .directory ? Self.directoryMark : $0.id })
        return entry
    }

    func children(of path: String) throws -> [TreeEntry] {
        let entry = try tree.entry(at: path)
        // A listing stands for everything below: the directory's own identity covers it.
        reads[path + "/"] = .some(entry?.id)
        return try tree.children(of: path)
    }

    func contents(of entry: TreeEntry) throws -> [UInt8] {
        let bytes = try tree.contents(of: entry)
        guard bytes.count <= limits.fileSize else {
            throw KustomizeError(
                .limitExceeded, file: entry.path, "the file is larger than \(limits.fileSize) bytes: split it")
        }
        bytesRead += bytes.count
        guard bytesRead <= limits.totalSize else {
            throw KustomizeError(
                .limitExceeded, file: entry.path, "one render may read \(limits.totalSize) bytes: split the directory")
        }
        return bytes
    }

    /// Whether two paths are the same directory or the first holds the second.
    static func contains(_ directory: String, _ path: String) -> Bool {
        directory.isEmpty || path == directory
            || (path.utf8.count > directory.utf8.count && path.hasPrefix(directory)
                && path.utf8[path.utf8.index(path.utf8.startIndex, offsetBy: directory.utf8.count)]
                    == UInt8(ascii: "/"))
    }
}

/// Reads what one kustomization names: files in or below its directory, directories anywhere in the tree.
struct Loader {
    let source: SourceTree
    /// The kustomization's directory, resolved.
    let root: String
    /// The directories of the kustomizations that led here, this one last.
    let chain: [String]
    /// The file that names what is read.
    let file: String
    /// The directory as the kustomizations name it, from the one that is built: `../base`; empty for that one itself.
    var written = ""

    /// A file's bytes and its resolved path.
    func file(_ name: Located) throws(KustomizeError) -> (entry: TreeEntry, bytes: [UInt8]) {
        let entry = try fileEntry(name)
        do {
            return (entry, try source.contents(of: entry))
        } catch {
            throw wrap(error, name)
        }
    }

    func fileEntry(_ name: Located) throws(KustomizeError) -> TreeEntry {
        guard let entry = try resolve(name) else {
            throw error(.notFound, name, "there is no file \(name.text)")
        }
        guard entry.kind == .file else { throw error(.notFound, name, "\(name.text) is not a file") }
        guard SourceTree.contains(root, entry.path) else {
            throw error(
                .refused, name,
                "\(name.text) is outside the kustomization's directory: move it below, or make its directory a"
                    + " kustomization and list that")
        }
        return entry
    }

    func contents(of entry: TreeEntry, _ name: Located) throws(KustomizeError) -> [UInt8] {
        do { return try source.contents(of: entry) } catch { throw wrap(error, name) }
    }

    /// What a path leads to; nil if nothing is there.
    func resolve(_ name: Located) throws(KustomizeError) -> TreeEntry? {
        guard !name.text.isEmpty else { throw error(.invalidKustomization, name, "the path is empty") }
        do {
            return try source.resolve(name.text, from: root)
        } catch {
            throw wrap(error, name)
        }
    }

    /// The loader for another kustomization's directory.
    func directory(_ path: String, _ name: Located) throws(KustomizeError) -> Loader {
        for above in chain where SourceTree.contains(path, above) {
            throw error(
                .invalidKustomization, name,
                "\(name.text) is or holds a kustomization that led here: kustomizations may not go in a circle")
        }
        return Loader(
            source: source, root: path, chain: chain + [path], file: "", written: written(name.text))
    }

    /// A path below this directory as it is written from the directory that is built.
    func written(_ name: String) -> String {
        var parts: [Substring] = []
        for part in "\(written)/\(name)".split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    func error(_ code: KustomizeError.Code, _ name: Located, _ problem: String) -> KustomizeError {
        KustomizeError(code, file: file, line: name.line, field: name.field, problem)
    }

    func wrap(_ error: any Error, _ name: Located) -> KustomizeError {
        if let error = error as? KustomizeError { return error }
        let code: KustomizeError.Code =
            switch (error as? FileTreeError)?.code {
            case .leavesTree, .symlinkLoop: .refused
            case .tooLarge: .limitExceeded
            default: .notFound
            }
        return KustomizeError(
            code, file: file, line: name.line, field: name.field, "\(name.text) cannot be read", cause: error)
    }

    /// Whether a name that is not there looks like a remote base.
    static func looksRemote(_ text: String) -> Bool {
        text.contains("://") || text.hasPrefix("git@") || text.contains("?ref=") || text.hasPrefix("github.com")
            || text.contains(".git//") || text.hasSuffix(".git")
    }
}
