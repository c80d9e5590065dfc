internal import CGit2
internal import FoundationEssentials
internal import Synchronization

/// The folder of a mirror on disk: made when needed, thrown away when damaged.
///
/// Several threads open it, each for itself. A generation number tells them when the folder that they have open was
/// thrown away. Each generation has a path of its own: libgit2 keeps open packs by path for the whole process, and a
/// new clone's pack may have the name of the damaged one. Methods block on disk.
final class MirrorFolder: Sendable {
    private let root: String
    /// The generation in use; 0 until the first use looks at the disk.
    private let generation = Mutex<Int>(0)
    /// Raised when handles should be opened anew although the folder stays.
    private let epoch = Mutex<Int>(0)

    init(root: String) {
        self.root = root
    }

    /// Whether this handle's folder is still the one in use.
    func isCurrent(_ mirror: OpenMirror) -> Bool {
        generation.withLock { $0 == mirror.generation } && epoch.withLock { $0 == mirror.epoch }
    }

    /// Makes every thread open its handle anew before its next operation.
    func renewHandles() { epoch.withLock { $0 += 1 } }

    /// Whether somebody deleted the folder: its open files still answer, and will never hold anything new.
    func isGone(_ mirror: OpenMirror) -> Bool {
        !FileManager.default.fileExists(atPath: mirror.path + "/HEAD")
    }

    /// Opens the mirror anew, for the calling thread.
    func open() throws(GitError) -> sending OpenMirror {
        Libgit2.ready
        return try generation.withLock { (generation) throws(GitError) in
            if generation == 0 { generation = latestOnDisk() }
            do throws(Libgit2Failure) {
                return try openExisting(generation)
            } catch {
                // Missing, or not readable as a repository: either way there is nothing to keep.
                if FileManager.default.fileExists(atPath: path(generation)) {
                    try remove(generation)
                    generation += 1
                }
            }
            do throws(Libgit2Failure) {
                return try create(generation)
            } catch {
                throw GitError(
                    .storageFailed,
                    "mirror \(root): cannot be created, is the state directory writable? \(error.message)")
            }
        }
    }

    /// Deletes the mirror, if it is still the one that was found damaged.
    func discard(generation damaged: Int) throws(GitError) {
        try generation.withLock { (generation) throws(GitError) in
            guard generation == damaged else { return }
            generation += 1
            try remove(damaged)
        }
    }

    /// Deletes all there is, for a repository that nobody uses any more.
    func delete() throws(GitError) {
        try generation.withLock { (generation) throws(GitError) in
            generation = max(generation, 1) + 1
            let files = FileManager.default
            guard files.fileExists(atPath: root) else { return }
            do {
                try files.removeItem(atPath: root)
            } catch {
                throw GitError(.storageFailed, "mirror \(root): cannot be removed, is it writable?")
            }
        }
    }

    private func path(_ generation: Int) -> String { "\(root)/\(generation)" }

    /// The newest generation on disk; older ones are what a crash left. 1 for a new mirror.
    private func latestOnDisk() -> Int {
        let found = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
            .filter { $0 > 0 && $0 < Int(Int32.max) }
        guard let latest = found.max() else { return 1 }
        for old in found where old != latest { try? FileManager.default.removeItem(atPath: path(old)) }
        return latest
    }

    private func openExisting(_ generation: Int) throws(Libgit2Failure) -> OpenMirror {
        var repository: OpaquePointer?
        try Libgit2.check(git_repository_open_bare(&repository, path(generation)))
        return try OpenMirror(
            repository, path: path(generation), generation: generation, epoch: epoch.withLock { $0 })
    }

    private func create(_ generation: Int) throws(Libgit2Failure) -> OpenMirror {
        var repository: OpaquePointer?
        try Libgit2.check(git_repository_init(&repository, path(generation), 1))
        return try OpenMirror(
            repository, path: path(generation), generation: generation, epoch: epoch.withLock { $0 })
    }

    private func remove(_ generation: Int) throws(GitError) {
        let files = FileManager.default
        guard files.fileExists(atPath: path(generation)) else { return }
        do {
            try files.removeItem(atPath: path(generation))
        } catch {
            throw GitError(.storageFailed, "mirror \(path(generation)): cannot be removed, is it writable?")
        }
    }
}

/// One thread's own handle on a mirror. Never leaves that thread.
final class OpenMirror {
    let repository: OpaquePointer
    let path: String
    let generation: Int
    let epoch: Int

    init(_ repository: OpaquePointer?, path: String, generation: Int, epoch: Int) throws(Libgit2Failure) {
        guard let repository else {
            throw Libgit2Failure(code: GIT_ERROR.rawValue, kind: 0, message: "the library returned nothing")
        }
        self.repository = repository
        self.path = path
        self.generation = generation
        self.epoch = epoch
    }

    deinit { git_repository_free(repository) }
}
