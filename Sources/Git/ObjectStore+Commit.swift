internal import CGit2
internal import Core

extension ObjectStore {
    func commit(
        onto base: CommitID, edits: [String: TreeEdit], message: String, author: CommitAuthor,
        mayBeEmpty: Bool = false
    ) throws(GitError) -> CommitID {
        try attempt("committing onto \(base.short)") { mirror in
            let root = try rootTree(base, mirror)
            guard let before = git_tree_id(root.pointer)?.pointee else {
                throw GitError(.mirrorCorrupted, "repository \(url.text): a tree is missing")
            }
            let after = try tree(before, edits: edits, mirror)
            guard mayBeEmpty || !git_oid.same(before, after) else {
                throw GitError(.nothingToCommit, "repository \(url.text): the edits change nothing in \(base.short)")
            }
            return try writeCommit(tree: after, parents: [base], message: message, author: author, mirror)
        }
    }

    /// Writes a commit object, signed if there is a key; moves no reference.
    func writeCommit(
        tree: git_oid, parents: [CommitID], message: String, author: CommitAuthor, _ mirror: OpenMirror
    ) throws -> CommitID {
        guard !message.utf8.contains(0), message.utf8.count <= 1 << 20 else {
            throw GitError(.invalidInput, "a commit message is larger than 1 MiB or holds a NUL")
        }
        var treeID = tree
        let treeObject = try Libgit2.make(
            { git_tree_free($0) }, { git_tree_lookup($0, mirror.repository, &treeID) })
        var who: UnsafeMutablePointer<git_signature>?
        let identity = author.identity
        let code = git_signature_new(&who, identity.name, identity.email, clock.now().seconds, 0)
        defer { git_signature_free(who) }
        guard code == 0 else {
            throw GitError(.invalidInput, "the author's name or e-mail address cannot stand in a commit")
        }
        var parentPointers: [OpaquePointer?] = []
        defer { for parent in parentPointers { git_commit_free(parent) } }
        for parent in parents {
            var oid = git_oid(parent)
            var pointer: OpaquePointer?
            try Libgit2.check(git_commit_lookup(&pointer, mirror.repository, &oid))
            parentPointers.append(pointer)
        }
        var buffer = git_buf()
        let created = git_commit_create_buffer(
            &buffer, mirror.repository, who, who, nil, message, treeObject.pointer, parentPointers.count,
            &parentPointers)
        var content = takeText(&buffer)
        try Libgit2.check(created)
        var id = git_oid()
        if let key = author.signingKey {
            let armoured = try SSHSignature.sign(content, with: key)
            content.append(0)
            // The header holds the signature without its last line break.
            let field = armoured.hasSuffix("\n") ? String(armoured.dropLast()) : armoured
            try content.withUnsafeBytes { raw in
                let text = raw.bindMemory(to: CChar.self).baseAddress
                try Libgit2.check(git_commit_create_with_signature(&id, mirror.repository, text, field, "gpgsig"))
            }
        } else {
            let objects = try Libgit2.make({ git_odb_free($0) }, { git_repository_odb($0, mirror.repository) })
            try Libgit2.check(git_odb_write(&id, objects.pointer, content, content.count, GIT_OBJECT_COMMIT))
        }
        guard let commit = CommitID(bytes: id.bytes) else {
            throw GitError(.unsupported, "only SHA-1 repositories are supported")
        }
        return commit
    }

    /// The tree that edits make of a tree.
    func tree(_ base: git_oid, edits: [String: TreeEdit], _ mirror: OpenMirror) throws -> git_oid {
        let root = EditNode()
        for (path, edit) in edits {
            guard TreePath.isWritable(path, limits: limits) else {
                throw GitError(.invalidInput, "\(path.bounded(to: 256)) is no path that may be written")
            }
            if case .write(let bytes) = edit, bytes.count > limits.blobBytes {
                throw GitError(.tooLarge, "\(path): more than \(limits.blobBytes) bytes")
            }
            root.descend(path.split(separator: "/")).edit = edit
        }
        var editor = TreeEditor(mirror: mirror, restoring: [:])
        for edit in edits.values {
            if case .restore(let commit) = edit, editor.restoring[commit] == nil {
                editor.restoring[commit] = git_tree_id(try rootTree(commit, mirror).pointer)?.pointee
            }
        }
        return try editor.apply(root, to: TreeSlot(id: base, mode: GIT_FILEMODE_TREE), path: "")?.id
            ?? editor.emptyTree()
    }
}

/// Edits as a tree of their own, so that each folder is written once.
private final class EditNode {
    var edit: TreeEdit?
    var children: [String: EditNode] = [:]

    func descend(_ path: [Substring]) -> EditNode {
        var node = self
        for name in path {
            let child = node.children[String(name)] ?? EditNode()
            node.children[String(name)] = child
            node = child
        }
        return node
    }
}

/// What stands under a name in a tree.
private struct TreeSlot {
    var id: git_oid
    var mode: git_filemode_t

    var isFolder: Bool { mode == GIT_FILEMODE_TREE }
}

private struct TreeEditor {
    let mirror: OpenMirror
    /// Root trees of the commits to restore from.
    var restoring: [CommitID: git_oid]

    /// What stands at `path` after the edits; nil for nothing, which an empty folder is in Git.
    func apply(_ node: EditNode, to slot: TreeSlot?, path: String) throws -> TreeSlot? {
        var slot = slot
        switch node.edit {
        case nil: break
        case .delete: slot = nil
        case .write(let bytes):
            var id = git_oid()
            try Libgit2.check(git_blob_create_from_buffer(&id, mirror.repository, bytes, bytes.count))
            let keepsMode = slot?.mode == GIT_FILEMODE_BLOB_EXECUTABLE
            slot = TreeSlot(id: id, mode: keepsMode ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB)
        case .restore(let commit): slot = try restored(path, from: commit)
        }
        guard !node.children.isEmpty else { return slot }
        var base: git_oid?
        if let slot, slot.isFolder { base = slot.id }
        return try folder(base, node.children, path: path).map { TreeSlot(id: $0, mode: GIT_FILEMODE_TREE) }
    }

    private func folder(_ base: git_oid?, _ children: [String: EditNode], path: String) throws -> git_oid? {
        var existing: OpaquePointer?
        defer { git_tree_free(existing) }
        if var base { try Libgit2.check(git_tree_lookup(&existing, mirror.repository, &base)) }
        let repository = mirror.repository
        let builder = try Libgit2.make({ git_treebuilder_free($0) }, { git_treebuilder_new($0, repository, existing) })
        for (name, child) in children {
            let current = git_treebuilder_get(builder.pointer, name).flatMap { entry in
                git_tree_entry_id(entry).map { TreeSlot(id: $0.pointee, mode: git_tree_entry_filemode(entry)) }
            }
            let next = try apply(child, to: current, path: path.isEmpty ? name : path + "/" + name)
            if var next {
                try Libgit2.check(git_treebuilder_insert(nil, builder.pointer, name, &next.id, next.mode))
            } else if current != nil {
                try Libgit2.check(git_treebuilder_remove(builder.pointer, name))
            }
        }
        guard git_treebuilder_entrycount(builder.pointer) > 0 else { return nil }
        var id = git_oid()
        try Libgit2.check(git_treebuilder_write(&id, builder.pointer))
        return id
    }

    private func restored(_ path: String, from commit: CommitID) throws -> TreeSlot? {
        guard var root = restoring[commit] else { return nil }
        if path.isEmpty { return TreeSlot(id: root, mode: GIT_FILEMODE_TREE) }
        let repository = mirror.repository
        let tree = try Libgit2.make({ git_tree_free($0) }, { git_tree_lookup($0, repository, &root) })
        var entry: OpaquePointer?
        defer { git_tree_entry_free(entry) }
        let code = git_tree_entry_bypath(&entry, tree.pointer, path)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try Libgit2.check(code)
        guard let entry, let id = git_tree_entry_id(entry) else { return nil }
        return TreeSlot(id: id.pointee, mode: git_tree_entry_filemode(entry))
    }

    func emptyTree() throws -> git_oid {
        let repository = mirror.repository
        let builder = try Libgit2.make({ git_treebuilder_free($0) }, { git_treebuilder_new($0, repository, nil) })
        var id = git_oid()
        try Libgit2.check(git_treebuilder_write(&id, builder.pointer))
        return id
    }
}
