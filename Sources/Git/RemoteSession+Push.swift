internal import CGit2
internal import Core

extension RemoteSession {
    /// Whether a branch may lose commits by an update.
    enum PushMode {
        case forward, replacing
    }

    /// Moves a branch by compare-and-swap; nil deletes it.
    func push(
        _ commit: CommitID?, to branch: String, expecting base: CommitID?, _ mode: PushMode,
        _ operation: RemoteOperation
    ) throws(GitError) {
        try operation.begin()
        guard GitReference.isValid(name: branch) else {
            throw GitError(
                .invalidInput, "repository \(operation.url.text): \(branch.bounded(to: 128)) is no branch name")
        }
        let mirror = try mirror()
        forgetListing()
        defer { forgetListing() }
        if operation.url.scheme == .file {
            try pushLocally(commit, to: branch, expecting: base, mode, operation, mirror)
            return
        }
        do throws(GitError) {
            try perform(operation, "pushing to \(branch)") { remote in
                try send(commit, to: branch, expecting: base, mode, remote, operation, mirror)
            }
        } catch {
            // The server may have taken the update, although we did not hear so.
            guard operation.updateWasSent, error.code.leavesOutcomeOpen else { throw error }
            guard try landed(commit, on: branch, operation, mirror) else { throw error }
        }
        // What is deleted need not be kept here either.
        if commit == nil { git_reference_remove(mirror.repository, Self.recordName(of: .branch(branch))) }
    }

    private func send(
        _ commit: CommitID?, to branch: String, expecting base: CommitID?, _ mode: PushMode, _ remote: OpaquePointer,
        _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws {
        try connect(remote, GIT_DIRECTION_PUSH, operation)
        // The update that is sent names the head listed here as the old value, so the server compares it once more.
        let name = "refs/heads/" + branch
        let head = try references(remote, operation).targets[name]
        if head == commit { return }
        guard head == base else { throw Self.moved(branch, from: base, to: head, operation) }
        try checkFollows(base, commit, mode, operation, mirror)
        var source = ""
        let repository = mirror.repository
        if let commit {
            source = "refs/sluice/push/" + commit.hex
            var oid = git_oid(commit)
            _ = try Libgit2.make(
                { git_reference_free($0) }, { git_reference_create($0, repository, source, &oid, 1, nil) })
        }
        defer { if !source.isEmpty { git_reference_remove(repository, source) } }
        var options = git_push_options()
        git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
        options.callbacks = operation.callbacks()
        options.proxy_opts.type = GIT_PROXY_NONE
        // More threads compress no faster what a commit adds.
        options.pb_parallelism = 1
        try withStringArray(["\(mode == .replacing ? "+" : "")\(source):\(name)"]) { array in
            try Libgit2.check(git_remote_upload(remote, array, &options))
        }
        if let reason = operation.refusal {
            throw GitError(
                .pushRejected,
                "repository \(operation.url.text): the server refused the update of \(branch): "
                    + Self.printable(reason))
        }
        guard operation.isAccepted else {
            throw GitError(
                .protocolViolation,
                "repository \(operation.url.text): the server did not say whether it took the update of \(branch)")
        }
    }

    private func checkFollows(
        _ base: CommitID?, _ commit: CommitID?, _ mode: PushMode, _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws {
        guard mode == .forward, let base, let commit, try !isAncestor(base, of: commit, mirror) else { return }
        throw GitError(
            .pushRejected,
            "repository \(operation.url.text): \(commit.short) does not follow \(base.short); never forced",
            disposition: .terminal)
    }

    /// Whether the branch holds the commit by now, whoever told us that pushing failed.
    private func landed(
        _ commit: CommitID?, on branch: String, _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws(GitError) -> Bool {
        let question = operation.renewed()
        let head = try list(question).targets["refs/heads/" + branch]
        if head == commit { return true }
        guard let head, let commit else { return false }
        // Others may have built on it already.
        _ = try fetch(.branch(branch), operation.renewed())
        do {
            return try isAncestor(commit, of: head, try self.mirror())
        } catch let failure as Libgit2Failure {
            throw operation.error(for: failure, doing: "looking for \(commit.short)")
        } catch {
            throw GitError(.unreachable, "repository \(operation.url.text): the outcome of a push is not known")
        }
    }

    static func moved(
        _ branch: String, from base: CommitID?, to head: CommitID?, _ operation: RemoteOperation
    ) -> GitError {
        let expected = base.map { "at \($0.short)" } ?? "absent"
        let found = head.map { "at \($0.short)" } ?? "gone"
        return GitError(
            .pushRejected,
            "repository \(operation.url.text): branch \(branch) was expected \(expected) and is \(found); fetch and plan again"
        )
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
        )
        .bounded(to: 256)
    }

    /// A push into a repository on this machine: libgit2's own does not compare before it swaps.
    private func pushLocally(
        _ commit: CommitID?, to branch: String, expecting base: CommitID?, _ mode: PushMode,
        _ operation: RemoteOperation, _ mirror: OpenMirror
    ) throws(GitError) {
        do {
            let path = operation.url.path
            let target = try Libgit2.make({ git_repository_free($0) }, { git_repository_open($0, path) })
            let name = "refs/heads/" + branch
            try refuseCheckedOut(name, target.pointer, operation)
            var head = git_oid()
            let found = git_reference_name_to_id(&head, target.pointer, name)
            if found != GIT_ENOTFOUND.rawValue { try Libgit2.check(found) }
            let current = found == 0 ? CommitID(&head) : nil
            if current == commit { return }
            guard current == base else { throw Self.moved(branch, from: base, to: current, operation) }
            try checkFollows(base, commit, mode, operation, mirror)
            try operation.beginUpdate()
            guard let commit else {
                try Libgit2.check(git_reference_remove(target.pointer, name))
                return
            }
            try copyObjects(of: commit, without: base, from: mirror.repository, to: target.pointer)
            var new = git_oid(commit)
            var old = base.map { git_oid($0) } ?? git_oid()
            let repository = target.pointer
            let code = withUnsafePointer(to: &old) { old in
                var made: OpaquePointer?
                defer { git_reference_free(made) }
                return base == nil
                    ? git_reference_create(&made, repository, name, &new, 0, "push")
                    : git_reference_create_matching(&made, repository, name, &new, 1, old, "push")
            }
            if code == GIT_EMODIFIED.rawValue || code == GIT_EEXISTS.rawValue || code == GIT_ELOCKED.rawValue {
                throw Self.moved(branch, from: base, to: nil, operation)
            }
            try Libgit2.check(code)
        } catch let error as GitError {
            throw error
        } catch let failure as Libgit2Failure {
            throw operation.error(for: failure, doing: "pushing to \(branch)")
        } catch {
            throw GitError(.unsupported, "repository \(operation.url.text): pushing to \(branch): \(error)")
        }
    }

    private func refuseCheckedOut(_ name: String, _ target: OpaquePointer, _ operation: RemoteOperation) throws {
        guard git_repository_is_bare(target) == 0 else { return }
        let head = try Libgit2.make({ git_reference_free($0) }, { git_reference_lookup($0, target, "HEAD") })
        if let current = git_reference_symbolic_target(head.pointer), String(cString: current) == name {
            throw GitError(
                .pushRejected,
                "repository \(operation.url.text): the branch is checked out there; use a bare repository",
                disposition: .terminal)
        }
    }

    private func copyObjects(
        of commit: CommitID, without base: CommitID?, from source: OpaquePointer, to target: OpaquePointer
    ) throws {
        let walk = try Libgit2.make({ git_revwalk_free($0) }, { git_revwalk_new($0, source) })
        var start = git_oid(commit)
        try Libgit2.check(git_revwalk_push(walk.pointer, &start))
        if let base {
            var stop = git_oid(base)
            try Libgit2.check(git_revwalk_hide(walk.pointer, &stop))
        }
        let builder = try Libgit2.make({ git_packbuilder_free($0) }, { git_packbuilder_new($0, source) })
        try Libgit2.check(git_packbuilder_insert_walk(builder.pointer, walk.pointer))
        guard let common = git_repository_commondir(target) else { return }
        let folder = String(cString: common) + "objects/pack"
        try Libgit2.check(git_packbuilder_write(builder.pointer, folder, 0o444, nil, nil))
    }
}

extension GitError.Code {
    /// Whether a push that ended so may have reached the server all the same.
    fileprivate var leavesOutcomeOpen: Bool {
        switch self {
        case .timeout, .unreachable, .protocolViolation, .unsupported: true
        default: false
        }
    }
}
