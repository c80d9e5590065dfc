internal import CGit2
internal import Core
internal import Glibc

extension RemoteSession {
    /// Resolves a reference, downloads what is missing and records what was found.
    ///
    /// The server is not asked where it listed its references less than `age` ago and what they say is here already.
    func fetch(
        _ reference: GitReference, listedWithin age: Duration = .zero, _ operation: RemoteOperation
    ) throws(GitError) -> FetchResult {
        try operation.begin()
        try tidy()
        let mirror = try mirror()
        if case .commit(let id) = reference {
            if try !has(id, mirror) { try fetchAll(id, operation, mirror) }
            return FetchResult(commit: id, previous: id, historyRewritten: false)
        }
        return try perform(operation, "fetching \(reference.displayName)") { remote in
            if let known = try known(reference, listedWithin: age, operation, mirror) { return known }
            try connect(remote, GIT_DIRECTION_FETCH, operation)
            let references = try references(remote, operation)
            let name = try Self.resolve(reference, references, operation)
            guard let target = references.targets[name] else {
                throw Self.missing(reference, operation)
            }
            if try !has(target, mirror) {
                try download(["+\(name):\(Self.recordName(of: reference))"], remote, operation)
            }
            return try note(reference, target, operation, mirror)
        }
    }

    /// What the server said a short while ago, if it is here already.
    private func known(
        _ reference: GitReference, listedWithin age: Duration, _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws -> FetchResult? {
        guard let listing, case let old = listing.at.duration(to: .now), old < age else { return nil }
        let name = try Self.resolve(reference, listing.references, operation)
        guard let target = listing.references.targets[name], try has(target, mirror) else { return nil }
        return try note(reference, target, operation, mirror, age: old)
    }

    /// Records what a reference leads to now, and compares it with what it led to before.
    private func note(
        _ reference: GitReference, _ target: CommitID, _ operation: RemoteOperation, _ mirror: OpenMirror,
        age: Duration = .zero
    ) throws -> FetchResult {
        let key = Self.recordName(of: reference)
        let previous = try recorded(key, mirror)
        let commit = try peel(target, mirror, reference, operation)
        if previous != commit { try record(key, commit, mirror) }
        return FetchResult(
            commit: commit, previous: previous,
            historyRewritten: try previous.map { try reference.isOneName && !isAncestor($0, of: commit, mirror) }
                ?? false,
            age: age)
    }

    /// The full name that a reference has on the server.
    private static func resolve(
        _ reference: GitReference, _ references: RemoteReferences, _ operation: RemoteOperation
    ) throws(GitError) -> String {
        guard !references.isEmpty else {
            throw GitError(
                .emptyRepository, "repository \(operation.url.text): it is empty; push a first commit")
        }
        switch reference {
        case .branch(let name), .tag(let name):
            guard GitReference.isValid(name: name) else {
                throw GitError(
                    .invalidInput, "repository \(operation.url.text): \(name.bounded(to: 128)) is no reference name")
            }
            let isBranch = if case .branch = reference { true } else { false }
            return (isBranch ? "refs/heads/" : "refs/tags/") + name
        case .semver(let range):
            let tags = references.targets.keys.compactMap { name in
                name.hasPrefix("refs/tags/") ? String(name.dropFirst("refs/tags/".count)) : nil
            }
            guard let tag = range.highest(among: tags) else { throw missing(reference, operation) }
            return "refs/tags/" + tag
        case .commit: throw missing(reference, operation)
        }
    }

    private static func missing(_ reference: GitReference, _ operation: RemoteOperation) -> GitError {
        GitError(
            .branchNotFound,
            "repository \(operation.url.text): there is no \(reference.displayName.bounded(to: 200)); "
                + "was it deleted, or is the name misspelt?")
    }

    /// A commit that no branch was fetched for: all branches and tags are fetched, in the hope that one holds it.
    private func fetchAll(
        _ id: CommitID, _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws(GitError) {
        let listed = try perform(operation, "fetching commit \(id.short)") { remote in
            try connect(remote, GIT_DIRECTION_FETCH, operation)
            let listed = try references(remote, operation)
            if listed.isEmpty {
                throw GitError(
                    .emptyRepository, "repository \(operation.url.text): it is empty; push a first commit")
            }
            try download(
                ["+refs/heads/*:refs/sluice/all/heads/*", "+refs/tags/*:refs/sluice/all/tags/*"], remote, operation)
            return listed
        }
        guard try has(id, mirror) else {
            // What was thought to be here is not sent again. So what the server lists and is not here is lost here.
            let fetched = listed.targets.filter { $0.key.hasPrefix("refs/heads/") || $0.key.hasPrefix("refs/tags/") }
            for target in fetched.values where try !has(target, mirror) {
                throw GitError(.mirrorCorrupted, "repository \(operation.url.text): objects of the mirror are lost")
            }
            throw GitError(
                .commitNotFound, "repository \(operation.url.text): no branch or tag holds commit \(id.hex)")
        }
    }

    private func download(_ specs: [String], _ remote: OpaquePointer, _ operation: RemoteOperation) throws {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = operation.callbacks()
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.proxy_opts.type = GIT_PROXY_NONE
        do {
            try withStringArray(specs) { array in
                try Libgit2.check(git_remote_download(remote, array, &options))
            }
        } catch let failure as Libgit2Failure where failure.isUselessPack && !operation.hasFailed {
            throw damagedDownload(failure, operation)
        }
        damagedDownloads = 0
        try operation.proceed()
    }

    /// A pack that cannot be used is the server's doing, and no reason to throw away what is here. Only if it happens
    /// again and again, the objects here that packs build upon may be what is damaged.
    private func damagedDownload(_ failure: Libgit2Failure, _ operation: RemoteOperation) -> GitError {
        damagedDownloads += 1
        return GitError(
            damagedDownloads.isMultiple(of: Self.damagedDownloadLimit) ? .mirrorCorrupted : .protocolViolation,
            "repository \(operation.url.text): the server sent no pack that can be used: \(failure.message)")
    }

    private func has(_ id: CommitID, _ mirror: OpenMirror) throws(GitError) -> Bool {
        var oid = git_oid(id)
        var odb: OpaquePointer?
        guard git_repository_odb(&odb, mirror.repository) == 0 else {
            throw GitError(.mirrorCorrupted, "the mirror's objects cannot be opened")
        }
        defer { git_odb_free(odb) }
        return git_odb_exists(odb, &oid) != 0
    }

    /// The commit behind a tag or branch.
    private func peel(
        _ target: CommitID, _ mirror: OpenMirror, _ reference: GitReference, _ operation: RemoteOperation
    ) throws -> CommitID {
        var oid = git_oid(target)
        let repository = mirror.repository
        let object = try Libgit2.make(
            { git_object_free($0) }, { git_object_lookup($0, repository, &oid, GIT_OBJECT_ANY) })
        let pointer = object.pointer
        let commit: Libgit2Handle
        do throws(Libgit2Failure) {
            commit = try Libgit2.make({ git_object_free($0) }, { git_object_peel($0, pointer, GIT_OBJECT_COMMIT) })
        } catch {
            guard error.code == GIT_EPEEL.rawValue || error.code == GIT_EINVALIDSPEC.rawValue else { throw error }
            throw GitError(
                .branchNotFound, "repository \(operation.url.text): \(reference.displayName) leads to no commit")
        }
        guard let id = CommitID(git_object_id(commit.pointer)) else {
            throw GitError(.mirrorCorrupted, "repository \(operation.url.text): a commit has no id")
        }
        return id
    }

    /// Where the mirror remembers what a reference was. The name is a digest: branches `a` and, later, `a/b` must not
    /// collide, as they would as files.
    static func recordName(of reference: GitReference) -> String {
        let kind: String
        switch reference {
        case .branch(let name): kind = "heads/" + name
        case .tag(let name): kind = "tags/" + name
        case .semver(let range): kind = "semver/" + range.description
        case .commit(let id): kind = "commits/" + id.hex
        }
        return "refs/sluice/fetched/" + SHA256Digest(of: kind).hex.prefix(40)
    }

    private func recorded(_ name: String, _ mirror: OpenMirror) throws -> CommitID? {
        var oid = git_oid()
        let code = git_reference_name_to_id(&oid, mirror.repository, name)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try Libgit2.check(code)
        return CommitID(&oid)
    }

    private func record(_ name: String, _ commit: CommitID, _ mirror: OpenMirror) throws {
        var oid = git_oid(commit)
        let repository = mirror.repository
        _ = try Libgit2.make(
            { git_reference_free($0) }, { git_reference_create($0, repository, name, &oid, 1, nil) })
    }

    func isAncestor(_ old: CommitID, of new: CommitID, _ mirror: OpenMirror) throws -> Bool {
        if old == new { return true }
        guard try has(old, mirror) else { return false }
        var oldID = git_oid(old)
        var newID = git_oid(new)
        let code = git_graph_descendant_of(mirror.repository, &newID, &oldID)
        try Libgit2.check(code)
        return code == 1
    }
}

extension Libgit2Failure {
    /// Whether a download ended so because of what was received.
    fileprivate var isUselessPack: Bool {
        switch git_error_t(rawValue: kind) {
        case GIT_ERROR_NONE, GIT_ERROR_INDEXER, GIT_ERROR_INVALID: true
        default: isCorruption
        }
    }
}

/// Lends strings as a `git_strarray`.
func withStringArray<R>(_ strings: [String], _ body: (UnsafePointer<git_strarray>) throws -> R) throws -> R {
    var pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    let count = pointers.count
    return try pointers.withUnsafeMutableBufferPointer { buffer in
        var array = git_strarray(strings: buffer.baseAddress, count: count)
        return try body(&array)
    }
}
