internal import CGit2
internal import Core
internal import HTTP

/// Talks to a repository's server, on a thread and with a mirror handle of its own.
actor RemoteSession {
    private let thread = GitThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.executor }

    private let folder: MirrorFolder
    private var open: OpenMirror?
    private var hygiene = PackHygiene()
    /// How many downloads in a row brought nothing usable, and after how many the mirror is suspected.
    var damagedDownloads = 0
    static let damagedDownloadLimit = 5

    /// What the server listed last, and when.
    private(set) var listing: (references: RemoteReferences, at: ContinuousClock.Instant)?

    init(folder: MirrorFolder) {
        self.folder = folder
    }

    /// Forgets what the server listed: it will say something else now.
    func forgetListing() { listing = nil }

    func mirror() throws(GitError) -> OpenMirror {
        if let open, folder.isCurrent(open) {
            guard folder.isGone(open) else { return open }
            try discard()
        }
        let mirror = try folder.open()
        open = mirror
        return mirror
    }

    /// Consolidates the mirror's files if there are many.
    func tidy() throws(GitError) {
        if hygiene.tidy(try mirror()) { folder.renewHandles() }
    }

    func discard() throws(GitError) {
        guard let open else { return }
        let generation = open.generation
        self.open = nil
        try folder.discard(generation: generation)
    }

    func list(_ operation: RemoteOperation) throws(GitError) -> RemoteReferences {
        try operation.begin()
        return try perform(operation, "listing references") { remote in
            try connect(remote, GIT_DIRECTION_FETCH, operation)
            return try references(remote, operation)
        }
    }

    /// Runs library calls on a remote of its own, which is disconnected afterwards.
    func perform<R>(
        _ operation: RemoteOperation, _ doing: String, _ body: (OpaquePointer) throws -> R
    ) throws(GitError) -> R {
        let mirror = try mirror()
        do {
            var options = git_remote_create_options()
            git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
            options.repository = mirror.repository
            // Nothing in our configuration rewrites URLs, and libgit2 1.5 leaks memory for each entry that it looks at.
            options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue
            let url = operation.url.text
            let remote = try Libgit2.make({ git_remote_free($0) }, { git_remote_create_with_opts($0, url, &options) })
            defer { git_remote_disconnect(remote.pointer) }
            return try body(remote.pointer)
        } catch let error as GitError {
            throw error
        } catch let failure as Libgit2Failure {
            throw operation.error(for: failure, doing: doing)
        } catch {
            throw GitError(.unsupported, "repository \(operation.url.text): \(doing): \(error)")
        }
    }

    func connect(_ remote: OpaquePointer, _ direction: git_direction, _ operation: RemoteOperation) throws {
        var callbacks = operation.callbacks()
        var proxy = git_proxy_options()
        git_proxy_options_init(&proxy, UInt32(GIT_PROXY_OPTIONS_VERSION))
        proxy.type = GIT_PROXY_NONE
        do throws(Libgit2Failure) {
            try Libgit2.check(git_remote_connect(remote, direction, &callbacks, &proxy, nil))
        } catch {
            if operation.url.scheme == .file, error.isNotFound || error.kind == GIT_ERROR_OS.rawValue {
                throw GitError(.repositoryNotFound, "repository \(operation.url.text): there is no repository")
            }
            throw error
        }
    }

    func references(_ remote: OpaquePointer, _ operation: RemoteOperation) throws -> RemoteReferences {
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try Libgit2.check(git_remote_ls(&heads, &count, remote))
        guard count <= operation.limits.references else {
            throw GitError(
                .tooLarge,
                "repository \(operation.url.text): \(count) references, more than \(operation.limits.references)")
        }
        var list = RemoteReferences()
        for index in 0..<count {
            guard let head = heads?[index]?.pointee, let name = head.name else { continue }
            var oid = head.oid
            guard let id = CommitID(&oid) else { continue }
            list.add(String(cString: name), id)
        }
        listing = (list, .now)
        return list
    }
}

/// What a server lists.
struct RemoteReferences: Sendable {
    /// Full names to what they point at: for an annotated tag, the tag object.
    private(set) var targets: [String: CommitID] = [:]
    /// Annotated tags' names to the commits behind them.
    private(set) var peeled: [String: CommitID] = [:]

    mutating func add(_ name: String, _ id: CommitID) {
        if name.hasSuffix("^{}") {
            peeled[String(name.dropLast(3))] = id
        } else {
            targets[name] = id
        }
    }

    /// Names to commits.
    var commits: [String: CommitID] { targets.merging(peeled) { _, peeled in peeled } }

    func commit(_ name: String) -> CommitID? { peeled[name] ?? targets[name] }

    var isEmpty: Bool { targets.isEmpty }
}

extension RemoteOperation {
    /// Callbacks whose payload is this operation, which must outlive their use.
    func callbacks() -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.transfer_progress = { progress, payload in
            guard let operation = RemoteOperation.from(payload), let progress = progress?.pointee else { return 0 }
            return operation.guarded { () throws(GitError) in
                try operation.proceed()
                try operation.checkSize(bytes: progress.received_bytes, objects: Int(progress.total_objects))
            }
        }
        callbacks.sideband_progress = { _, _, payload in
            guard let operation = RemoteOperation.from(payload) else { return 0 }
            return operation.guarded { () throws(GitError) in try operation.proceed() }
        }
        callbacks.push_transfer_progress = { _, _, _, payload in
            guard let operation = RemoteOperation.from(payload) else { return 0 }
            return operation.guarded { () throws(GitError) in try operation.proceed() }
        }
        callbacks.push_update_reference = { _, status, payload in
            let operation = RemoteOperation.from(payload)
            if let status { operation?.refuse(String(cString: status)) } else { operation?.accept() }
            return 0
        }
        if url.scheme != .file {
            callbacks.transport = { out, owner, payload in SmartTransport.make(out, owner, payload) }
        }
        return callbacks
    }

    fileprivate func checkSize(bytes: Int, objects: Int) throws(GitError) {
        guard bytes <= limits.packBytes, objects <= limits.packObjects else {
            throw GitError(
                .tooLarge,
                "repository \(url.text): the download exceeds \(limits.packBytes >> 20) MiB or "
                    + "\(limits.packObjects) objects")
        }
    }
}
