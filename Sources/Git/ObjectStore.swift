internal import CGit2
internal import Core
internal import FoundationEssentials

/// Reads and writes a mirror's objects, on a thread of its own. It never touches the network.
actor ObjectStore {
    private let thread = GitThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    let folder: MirrorFolder
    /// For messages.
    let url: GitURL
    let limits: GitLimits
    let clock: any WallClock
    private var open: OpenMirror?

    init(folder: MirrorFolder, url: GitURL, limits: GitLimits, clock: any WallClock) {
        self.folder = folder
        self.url = url
        self.limits = limits
        self.clock = clock
    }

    /// The mirror as it is on disk now.
    func mirror() throws(GitError) -> OpenMirror {
        if let open, folder.isCurrent(open) { return open }
        let mirror = try folder.open()
        open = mirror
        return mirror
    }

    /// See ``GitRepository/treeOnThisThread(of:)``: a handle of its own, for the caller's thread.
    nonisolated func treeOnThisThread(of commit: CommitID) throws(GitError) -> GitTree? {
        let mirror = try folder.open()
        var oid = git_oid(commit)
        var object: OpaquePointer?
        var root: OpaquePointer?
        defer { git_commit_free(object) }
        var code = git_commit_lookup(&object, mirror.repository, &oid)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        if code == 0 { code = git_commit_tree(&root, object) }
        guard code == 0, let root else {
            try folder.discard(generation: mirror.generation)
            return nil
        }
        return GitTree(root: root, mirror: mirror, limits: limits)
    }

    /// See ``GitRepository/discardMirror()``.
    nonisolated func discardFolder() throws(GitError) { try folder.discard(generation: try folder.open().generation) }

    /// Throws the mirror away after an object turned out damaged.
    func discard() throws(GitError) {
        guard let open else { return }
        let generation = open.generation
        self.open = nil
        try folder.discard(generation: generation)
    }

    /// Deletes the mirror for good.
    func delete() throws(GitError) {
        open = nil
        try folder.delete()
    }

    /// Runs library calls and turns their failures into ``GitError``.
    func attempt<R: ~Copyable>(
        _ doing: String, _ body: (OpenMirror) throws -> R
    ) throws(GitError) -> R {
        let mirror = try mirror()
        do {
            return try body(mirror)
        } catch let error as GitError {
            throw error
        } catch let failure as Libgit2Failure {
            throw GitError(failure, "repository \(url.text): \(doing)")
        } catch {
            throw GitError(.unsupported, "repository \(url.text): \(doing): \(error)")
        }
    }

    /// A commit of the mirror; a missing one is `.commitNotFound`.
    func commitObject(_ id: CommitID, _ mirror: OpenMirror) throws -> Libgit2Handle {
        var oid = git_oid(id)
        do throws(Libgit2Failure) {
            return try Libgit2.make({ git_commit_free($0) }, { git_commit_lookup($0, mirror.repository, &oid) })
        } catch {
            guard error.isNotFound else { throw error }
            if folder.isGone(mirror) {
                throw GitError(.mirrorCorrupted, "repository \(url.text): the mirror was deleted")
            }
            throw GitError(
                .commitNotFound,
                "repository \(url.text): commit \(id.short) is not there; was it removed by a force-push?")
        }
    }

    /// A commit's root tree.
    func rootTree(_ id: CommitID, _ mirror: OpenMirror) throws -> Libgit2Handle {
        let commit = try commitObject(id, mirror)
        let pointer = commit.pointer
        return try Libgit2.make({ git_tree_free($0) }, { git_commit_tree($0, pointer) })
    }

    /// How reading a tree ended.
    enum TreeOutcome<R: Sendable>: Sendable {
        case value(R)
        case failed(any Error)
        /// The result of `body` cannot be trusted: an object was damaged.
        case corrupted
    }

    func withTree<R: Sendable>(
        of commit: CommitID, _ body: @Sendable (GitTree) throws -> R
    ) throws(GitError) -> TreeOutcome<R> {
        let tree = try attempt("reading commit \(commit.short)") { mirror in
            var root: OpaquePointer?
            let commit = try commitObject(commit, mirror)
            try Libgit2.check(git_commit_tree(&root, commit.pointer))
            guard let root else { throw GitError(.mirrorCorrupted, "repository \(url.text): a tree is missing") }
            return GitTree(root: root, mirror: mirror, limits: limits)
        }
        do {
            let value = try body(tree)
            return tree.foundCorruption ? .corrupted : .value(value)
        } catch {
            return tree.foundCorruption ? .corrupted : .failed(error)
        }
    }

    func contains(_ commit: CommitID) throws(GitError) -> Bool {
        try attempt("looking for commit \(commit.short)") { mirror in
            var oid = git_oid(commit)
            var found: OpaquePointer?
            let code = git_commit_lookup(&found, mirror.repository, &oid)
            git_commit_free(found)
            if code == GIT_ENOTFOUND.rawValue { return false }
            try Libgit2.check(code)
            return true
        }
    }

    /// Bytes of the mirror's files.
    func diskUse() throws(GitError) -> Int {
        let path = try mirror().path
        let files = FileManager.default
        var total = 0
        var folders = [path]
        while let folder = folders.popLast() {
            for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let facts = try? files.attributesOfItem(atPath: folder + "/" + name) else { continue }
                if facts[.type] as? FileAttributeType == .typeDirectory {
                    folders.append(folder + "/" + name)
                } else {
                    total += fileSize(folder + "/" + name) ?? 0
                }
            }
        }
        return total
    }

    func commitInfo(_ id: CommitID) throws(GitError) -> CommitInfo {
        try attempt("reading commit \(id.short)") { try $0.info(try commitObject(id, $0)) }
    }

    func contents(of id: ContentID) throws(GitError) -> [UInt8] {
        guard let oid = git_oid(id.bytes) else { throw GitError(.invalidInput, "a content id has 20 bytes") }
        let bytes = try attempt("reading a file") { try $0.blob(oid, limit: limits.blobBytes) }
        guard let bytes else {
            throw GitError(
                .tooLarge, "repository \(url.text): a file is larger than the limit of \(limits.blobBytes) bytes")
        }
        return bytes
    }

    func isAncestor(_ ancestor: CommitID, of commit: CommitID) throws(GitError) -> Bool {
        if ancestor == commit { return true }
        return try attempt("comparing commits") { mirror in
            var old = git_oid(ancestor)
            var new = git_oid(commit)
            // An ancestor that is not here was cut off.
            let objects = try Libgit2.make({ git_odb_free($0) }, { git_repository_odb($0, mirror.repository) })
            guard git_odb_exists(objects.pointer, &old) != 0 else { return false }
            let code = git_graph_descendant_of(mirror.repository, &new, &old)
            try Libgit2.check(code)
            return code == 1
        }
    }
}

extension OpenMirror {
    /// A commit's fields, its signature included.
    func info(_ commit: borrowing Libgit2Handle) throws -> CommitInfo {
        let commit = commit.pointer
        guard let id = CommitID(git_commit_id(commit)) else {
            throw GitError(.mirrorCorrupted, "a commit has no id")
        }
        var parents: [CommitID] = []
        for index in 0..<git_commit_parentcount(commit) {
            if let parent = CommitID(git_commit_parent_id(commit, index)) { parents.append(parent) }
        }
        func identity(_ signature: UnsafePointer<git_signature>?) -> GitIdentity {
            GitIdentity(
                name: signature?.pointee.name.map { String(cString: $0) } ?? "",
                email: signature?.pointee.email.map { String(cString: $0) } ?? "")
        }
        let message = git_commit_message(commit).map { String(cString: $0) } ?? ""
        return CommitInfo(
            id: id, parents: parents, author: identity(git_commit_author(commit)),
            committer: identity(git_commit_committer(commit)), time: Timestamp(seconds: git_commit_time(commit)),
            message: message, trailers: CommitTrailers(message: message), signature: try signature(of: commit))
    }

    private func signature(of commit: OpaquePointer) throws -> CommitSignature? {
        guard let header = git_commit_raw_header(commit) else { return nil }
        // Most commits are not signed; that is seen without reading the object again.
        guard String(cString: header).contains("gpgsig ") else { return nil }
        var signature = git_buf()
        var payload = git_buf()
        guard let id = git_commit_id(commit) else { return nil }
        var oid = id.pointee
        let code = git_commit_extract_signature(&signature, &payload, repository, &oid, nil)
        let armoured = takeText(&signature)
        let signed = takeText(&payload)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try Libgit2.check(code)
        return CommitSignature(armoured: String(decoding: armoured, as: UTF8.self), payload: signed)
    }
}

extension GitError {
    /// An error of the library in this project's terms.
    init(_ failure: Libgit2Failure, _ context: String) {
        let code: Code
        switch git_error_code(rawValue: failure.code) {
        case GIT_EAUTH: code = .authenticationFailed
        case GIT_ECERTIFICATE: code = .untrustedServer
        case GIT_ENONFASTFORWARD, GIT_EMODIFIED, GIT_ELOCKED: code = .pushRejected
        case GIT_EINVALIDSPEC: code = .invalidInput
        default:
            switch git_error_t(rawValue: failure.kind) {
            case GIT_ERROR_NET, GIT_ERROR_HTTP, GIT_ERROR_SSH: code = .unreachable
            case GIT_ERROR_SSL: code = .untrustedServer
            case GIT_ERROR_OS, GIT_ERROR_FILESYSTEM, GIT_ERROR_NOMEMORY: code = .storageFailed
            case GIT_ERROR_INDEXER: code = .protocolViolation
            default: code = failure.isCorruption ? .mirrorCorrupted : .unsupported
            }
        }
        self.init(code, "\(context): \(GitURL.redacted(failure.message))")
    }
}
