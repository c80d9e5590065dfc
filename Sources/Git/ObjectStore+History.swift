internal import CGit2
internal import Core

extension ObjectStore {
    /// The most commits that one search visits: bounds the time that a huge history takes from other readers.
    private static let visitLimit = 500_000

    func history(
        from tip: CommitID, path: String?, limit: Int, until end: CommitID?
    ) throws(GitError) -> [CommitInfo] {
        if let path {
            return try changes(of: path, from: tip, limit: limit, until: end).map(\.commit)
        }
        var found: [CommitInfo] = []
        try walk(from: tip, until: end) { mirror, commit in
            guard found.count < limit else { return false }
            found.append(try mirror.info(commit))
            return found.count < limit
        }
        return found
    }

    func findCommit(
        from tip: CommitID, until end: CommitID?, limit: Int, trailers: [String: String]
    ) throws(GitError) -> CommitInfo? {
        var found: CommitInfo?
        var visited = 0
        try walk(from: tip, until: end) { mirror, commit in
            guard visited < limit else { return false }
            visited += 1
            let message = git_commit_message(commit.pointer).map { String(cString: $0) } ?? ""
            let present = CommitTrailers(message: message)
            guard trailers.allSatisfy({ present.all($0.key).contains($0.value) }) else { return true }
            found = try mirror.info(commit)
            return false
        }
        return found
    }

    /// Visits commits newest first until `body` returns false.
    private func walk(
        from tip: CommitID, until end: CommitID?, _ body: (OpenMirror, borrowing Libgit2Handle) throws -> Bool
    ) throws(GitError) {
        try attempt("reading the history of commit \(tip.short)") { mirror in
            _ = try commitObject(tip, mirror)
            let walk = try Libgit2.make({ git_revwalk_free($0) }, { git_revwalk_new($0, mirror.repository) })
            var start = git_oid(tip)
            try Libgit2.check(git_revwalk_push(walk.pointer, &start))
            if let end, try contains(end) {
                var stop = git_oid(end)
                try Libgit2.check(git_revwalk_hide(walk.pointer, &stop))
            }
            var next = git_oid()
            for _ in 0..<Self.visitLimit {
                let code = git_revwalk_next(&next, walk.pointer)
                if code == GIT_ITEROVER.rawValue { return }
                try Libgit2.check(code)
                let commit = try Libgit2.make(
                    { git_commit_free($0) }, { git_commit_lookup($0, mirror.repository, &next) })
                guard try body(mirror, commit) else { return }
            }
        }
    }

    /// The commits that changed a path, as `git log -- path` simplifies history: of a merge, only the parent that the
    /// content came from is followed; a merge whose content equals no parent's counts itself.
    func changes(
        of path: String, from tip: CommitID, limit: Int, until end: CommitID?
    ) throws(GitError) -> [FileChange] {
        guard TreePath.isValid(path, limits: limits) else {
            throw GitError(.invalidInput, "\(path.bounded(to: 256)) is no path within a repository")
        }
        return try attempt("reading the history of \(path)") { mirror in
            _ = try commitObject(tip, mirror)
            var hidden: git_oid?
            if let end, try contains(end) { hidden = git_oid(end) }
            var queue = CommitQueue()
            var seen: Set<CommitID> = [tip]
            queue.insert(try pathState(of: tip, path, mirror))
            var found: [FileChange] = []
            var visited = 0
            while let current = queue.popNewest(), found.count < limit, visited < Self.visitLimit {
                visited += 1
                if var stop = hidden {
                    var id = git_oid(current.commit)
                    if current.commit == end { continue }
                    let reached = git_graph_descendant_of(mirror.repository, &stop, &id)
                    try Libgit2.check(reached)
                    if reached == 1 { continue }
                }
                let parents = try current.parents.map { try pathState(of: $0, path, mirror) }
                if let same = parents.first(where: { $0.content == current.content }) {
                    if seen.insert(same.commit).inserted { queue.insert(same) }
                    continue
                }
                if parents.isEmpty, current.content == nil { continue }
                let commit = try commitObject(current.commit, mirror)
                found.append(FileChange(commit: try mirror.info(commit), content: current.content))
                for parent in parents where seen.insert(parent.commit).inserted { queue.insert(parent) }
            }
            return found
        }
    }

    /// What a path is in a commit.
    private func pathState(of id: CommitID, _ path: String, _ mirror: OpenMirror) throws -> CommitQueue.Element {
        let commit = try commitObject(id, mirror)
        let pointer = commit.pointer
        let tree = try Libgit2.make({ git_tree_free($0) }, { git_commit_tree($0, pointer) })
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree.pointer, path)
        if code != GIT_ENOTFOUND.rawValue { try Libgit2.check(code) }
        let content = entry.flatMap { git_tree_entry_id($0) }.map { ContentID(bytes: $0.pointee.bytes) }
        var parents: [CommitID] = []
        for index in 0..<git_commit_parentcount(pointer) {
            if let parent = CommitID(git_commit_parent_id(pointer, index)) { parents.append(parent) }
        }
        return CommitQueue.Element(
            commit: id, time: git_commit_time(pointer), parents: parents, content: content)
    }
}

/// Commits by time, newest first: a binary heap.
private struct CommitQueue {
    struct Element {
        let commit: CommitID
        let time: Int64
        let parents: [CommitID]
        let content: ContentID?
    }

    private var heap: [Element] = []

    mutating func insert(_ element: Element) {
        heap.append(element)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent].time < heap[child].time else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    mutating func popNewest() -> Element? {
        guard let newest = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return newest }
        heap[0] = last
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[largest].time < heap[child].time { largest = child }
            }
            if largest == parent { return newest }
            heap.swapAt(parent, largest)
            parent = largest
        }
    }
}
