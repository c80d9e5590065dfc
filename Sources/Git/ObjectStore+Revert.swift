internal import CGit2
internal import Core

extension ObjectStore {
    func revert(
        _ commits: [CommitID], onto tip: CommitID, paths: [String]?, onConflict: RevertConflictPolicy,
        message: String, author: CommitAuthor
    ) throws(GitError) -> RevertOutcome {
        try attempt("reverting onto \(tip.short)") { mirror in
            let ordered = try newestFirst(commits, from: tip, mirror)
            guard let before = git_tree_id(try rootTree(tip, mirror).pointer)?.pointee else {
                throw GitError(.mirrorCorrupted, "repository \(url.text): a tree is missing")
            }
            var current = before
            var restored: Set<String> = []
            for commit in ordered {
                switch try reverting(commit, on: current, paths: paths, onConflict: onConflict, mirror) {
                case .tree(let tree, let paths):
                    current = tree
                    restored.formUnion(paths)
                case .conflict(let paths): return .conflict(paths: paths)
                }
            }
            if git_oid.same(current, before) { return .nothingToDo }
            let id = try writeCommit(tree: current, parents: [tip], message: message, author: author, mirror)
            return .reverted(id, restoredPaths: restored.sorted())
        }
    }

    private enum Step {
        case tree(git_oid, restored: [String])
        case conflict([String])
    }

    /// One commit's reversal as a merge: from what the commit made, to ours, and to what was before it.
    private func reverting(
        _ commit: CommitID, on ours: git_oid, paths: [String]?, onConflict: RevertConflictPolicy,
        _ mirror: OpenMirror
    ) throws -> Step {
        let made = try rootTree(commit, mirror)
        var theirs: git_oid
        let object = try commitObject(commit, mirror)
        // Of a merge, the first parent is the branch that it was merged into.
        let parent = CommitID(git_commit_parent_id(object.pointer, 0))
        if let paths, let madeID = git_tree_id(made.pointer)?.pointee {
            let edit = parent.map { TreeEdit.restore(from: $0) } ?? .delete
            theirs = try tree(madeID, edits: Dictionary(paths.map { ($0, edit) }) { first, _ in first }, mirror)
        } else if let parent, let before = git_tree_id(try rootTree(parent, mirror).pointer)?.pointee {
            theirs = before
        } else {
            theirs = try emptyTree(mirror)
        }
        var ours = ours
        let repository = mirror.repository
        let ourTree = try Libgit2.make({ git_tree_free($0) }, { git_tree_lookup($0, repository, &ours) })
        let theirTree = try Libgit2.make({ git_tree_free($0) }, { git_tree_lookup($0, repository, &theirs) })
        let (ancestor, our, their) = (made.pointer, ourTree.pointer, theirTree.pointer)
        let index = try Libgit2.make(
            { git_index_free($0) }, { git_merge_trees($0, repository, ancestor, our, their, nil) })
        let conflicts = try conflictedPaths(index.pointer)
        var covering: Set<String> = []
        if !conflicts.isEmpty {
            guard case .restore(let candidates, let source) = onConflict else { return .conflict(conflicts) }
            for conflict in conflicts {
                guard let cover = candidates.first(where: { conflict == $0 || conflict.hasPrefix($0 + "/") }) else {
                    return .conflict(conflicts)
                }
                covering.insert(cover)
            }
            git_index_conflict_cleanup(index.pointer)
            let merged = try write(index.pointer, repository)
            let edits = Dictionary(covering.map { ($0, TreeEdit.restore(from: source)) }) { first, _ in first }
            return .tree(try tree(merged, edits: edits, mirror), restored: covering.sorted())
        }
        return .tree(try write(index.pointer, repository), restored: [])
    }

    private func write(_ index: OpaquePointer, _ repository: OpaquePointer) throws -> git_oid {
        var id = git_oid()
        try Libgit2.check(git_index_write_tree_to(&id, index, repository))
        return id
    }

    private func emptyTree(_ mirror: OpenMirror) throws -> git_oid {
        let repository = mirror.repository
        let builder = try Libgit2.make({ git_treebuilder_free($0) }, { git_treebuilder_new($0, repository, nil) })
        var id = git_oid()
        try Libgit2.check(git_treebuilder_write(&id, builder.pointer))
        return id
    }

    private func conflictedPaths(_ index: OpaquePointer) throws -> [String] {
        guard git_index_has_conflicts(index) != 0 else { return [] }
        let iterator = try Libgit2.make(
            { git_index_conflict_iterator_free($0) }, { git_index_conflict_iterator_new($0, index) })
        var paths: Set<String> = []
        while true {
            var ancestor: UnsafePointer<git_index_entry>?
            var ours: UnsafePointer<git_index_entry>?
            var theirs: UnsafePointer<git_index_entry>?
            let code = git_index_conflict_next(&ancestor, &ours, &theirs, iterator.pointer)
            if code == GIT_ITEROVER.rawValue { break }
            try Libgit2.check(code)
            for entry in [ancestor, ours, theirs] {
                if let path = entry?.pointee.path { paths.insert(String(cString: path)) }
            }
        }
        return paths.sorted()
    }

    /// The commits in the order in which they have to be undone. Each must be reachable from the tip.
    private func newestFirst(
        _ commits: [CommitID], from tip: CommitID, _ mirror: OpenMirror
    ) throws -> [CommitID] {
        var wanted = Set(commits)
        for commit in wanted { _ = try commitObject(commit, mirror) }
        let walk = try Libgit2.make({ git_revwalk_free($0) }, { git_revwalk_new($0, mirror.repository) })
        var start = git_oid(tip)
        if wanted.count > 1 {
            // Clocks may lie about the order of commits; the graph does not.
            try Libgit2.check(git_revwalk_sorting(walk.pointer, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_TIME.rawValue))
        }
        try Libgit2.check(git_revwalk_push(walk.pointer, &start))
        var ordered: [CommitID] = []
        var next = git_oid()
        while !wanted.isEmpty {
            let code = git_revwalk_next(&next, walk.pointer)
            if code == GIT_ITEROVER.rawValue { break }
            try Libgit2.check(code)
            if let id = CommitID(bytes: next.bytes), wanted.remove(id) != nil { ordered.append(id) }
        }
        if let missing = wanted.first {
            throw GitError(
                .commitNotFound, "repository \(url.text): commit \(missing.short) is not on the branch any more")
        }
        return ordered
    }
}
