internal import Core

/// The tree as one render sees it: what is read is recorded, counted and confined.
///
/// The tree of another repository stands below a folder that is called like it, which cannot be left. So its files have
/// other paths than those of the tree that is rendered, in messages too.
///
/// It lives on one thread, for the time of one render.
final class SourceTree: FileTree {
    private let tree: any FileTree
    private let limits: RenderLimits
    /// Where the tree's root stands; empty for the tree that is rendered.
    let mount: String
    private let outer: SourceTree?
    private var bytesRead = 0
    /// What stood at each path that was looked at; for directories only that they are there.
    private(set) var reads: [String: ContentID?] = [:]

    /// Stands in the record for "a directory is there": what is in it does not matter until it is listed.
    static let directoryMark = ContentID(bytes: Array("directory".utf8))

    init(_ tree: any FileTree, limits: RenderLimits) {
        self.tree = tree
        self.limits = limits
        mount = ""
        outer = nil
    }

    /// Another repository's tree at one commit, in the same render as `outer`, with which it shares the limits.
    init(_ tree: any FileTree, at mount: String, beside outer: SourceTree) {
        self.tree = tree
        self.mount = mount
        self.outer = outer
        limits = outer.limits
    }

    func entry(at path: String) throws -> TreeEntry? {
        let entry = try tree.entry(at: own(path)).map(mounted)
        reads[path] = .some(entry.map { $0.kind == .directory ? Self.directoryMark : $0.id })
        return entry
    }

    func children(of path: String) throws -> [TreeEntry] {
        let inner = try own(path)
        let entry = try tree.entry(at: inner)
        // A listing stands for everything below: the directory's own identity covers it.
        reads[path + "/"] = .some(entry?.id)
        return try tree.children(of: inner).map(mounted)
    }

    /// The path as the tree itself has it.
    private func own(_ path: String) throws -> String {
        guard !mount.isEmpty else { return path }
        guard Self.contains(mount, path) else { throw FileTreeError(.leavesTree, path: path) }
        return String(path.dropFirst(mount.count + 1))
    }

    private func mounted(_ entry: TreeEntry) -> TreeEntry {
        guard !mount.isEmpty else { return entry }
        return TreeEntry(
            path: entry.path.isEmpty ? mount : "\(mount)/\(entry.path)", kind: entry.kind, id: entry.id,
            executable: entry.executable)
    }

    func contents(of entry: TreeEntry) throws -> [UInt8] {
        let bytes = try tree.contents(
            of: mount.isEmpty
                ? entry
                : TreeEntry(path: own(entry.path), kind: entry.kind, id: entry.id, executable: entry.executable))
        guard bytes.count <= limits.fileSize else {
            throw KustomizeError(
                .limitExceeded, file: entry.path, "the file is larger than \(limits.fileSize) bytes: split it")
        }
        try count(bytes.count, entry)
        return bytes
    }

    private func count(_ bytes: Int, _ entry: TreeEntry) throws {
        if let outer { return try outer.count(bytes, entry) }
        bytesRead += bytes
        guard bytesRead <= limits.totalSize else {
            throw KustomizeError(
                .limitExceeded, file: entry.path, "one render may read \(limits.totalSize) bytes: split the directory")
        }
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
    var file: String
    /// The directory as the kustomizations name it, from the one that is built: `../base`; empty for that one itself. In
    /// another repository, from its root.
    var written = ""
    /// The lines that tell of another repository in `buildMetadata`'s notes; empty in the one that is built.
    var repositoryNote = ""

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
            guard !name.text.contains("://") else { throw refused(name, RemoteReference.Refusal.webFile) }
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
        try directory(path, name, in: source, written: written(name.text), repositoryNote: repositoryNote)
    }

    /// The loader for a directory of any tree.
    func directory(
        _ path: String, _ name: Located, in source: SourceTree, written: String, repositoryNote: String
    ) throws(KustomizeError) -> Loader {
        for above in chain where SourceTree.contains(path, above) {
            throw error(
                .invalidKustomization, name,
                "\(name.text) is or holds a kustomization that led here: kustomizations may not go in a circle")
        }
        return Loader(
            source: source, root: path, chain: chain + [path], file: "", written: written,
            repositoryNote: repositoryNote)
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
}
