internal import Core

/// What a result was made from, arranged by folders: a folder with an unchanged identity is passed over as a whole.
///
/// A commit leaves most folders as they are, so that to find out what it means for a result takes a few look-ups, and
/// not one for each file that was read.
struct ReadProof: Sendable {
    private struct Folder {
        var path: String
        /// Its identity when everything in it was last known to stand; nil if that is unknown.
        var id: ContentID?
        var reads: [TreeRead] = []
        var folders: [Int] = []
    }

    /// The tree's root is the first.
    private var folders = [Folder(path: "")]
    /// Whether identities tell anything: a tree without them (empty ids) proves nothing.
    private(set) var isConclusive = true

    /// - Parameter tree: the tree that the reads are from.
    init(_ reads: Set<TreeRead>, in tree: some FileTree) {
        var indexes = ["": 0]
        for read in reads {
            if read.id?.bytes.isEmpty == true { isConclusive = false }
            let index = folder(read.isListing ? String(read.path.dropLast()) : Self.parent(of: read.path), &indexes)
            folders[index].reads.append(read)
        }
        for index in folders.indices { folders[index].id = Self.identity(of: folders[index].path, in: tree) }
    }

    private mutating func folder(_ path: String, _ indexes: inout [String: Int]) -> Int {
        if let index = indexes[path] { return index }
        let outer = folder(Self.parent(of: path), &indexes)
        let index = folders.count
        folders.append(Folder(path: path))
        folders[outer].folders.append(index)
        indexes[path] = index
        return index
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// A folder's identity; nil if it is not there or has none.
    private static func identity(of path: String, in tree: some FileTree) -> ContentID? {
        guard let entry = try? tree.entry(at: path), entry.kind == .directory, !entry.id.bytes.isEmpty else {
            return nil
        }
        return entry.id
    }

    /// Whether a tree holds everything as it was read. If so, its folders are what the next tree is compared with.
    mutating func stands(in tree: some FileTree) -> Bool { stands(0, in: tree) }

    private mutating func stands(_ index: Int, in tree: some FileTree) -> Bool {
        let id = Self.identity(of: folders[index].path, in: tree)
        if let id, id == folders[index].id { return true }
        guard folders[index].reads.allSatisfy({ Self.stands($0, in: tree) }) else { return false }
        for inner in folders[index].folders where !stands(inner, in: tree) { return false }
        folders[index].id = id
        return true
    }

    private static func stands(_ read: TreeRead, in tree: some FileTree) -> Bool {
        guard let entry = try? tree.entry(at: read.isListing ? String(read.path.dropLast()) : read.path) else {
            return read.id == nil
        }
        if entry.kind == .directory, !read.isListing { return read.id == SourceTree.directoryMark }
        return entry.id == read.id && !entry.id.bytes.isEmpty
    }

    /// An estimate of the memory that it takes, in bytes.
    var cost: Int { folders.reduce(64) { $0 + 192 + $1.reads.count * 144 } }
}

extension TreeRead {
    /// Whether it stands for a folder with everything below it. Such a path ends in a slash; the root's is one alone.
    var isListing: Bool { path.hasSuffix("/") }
}
