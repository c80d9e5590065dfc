internal import CGit2
internal import FoundationEssentials
internal import Synchronization

/// The folder of a mirror on disk: made when needed, thrown away when damaged.
///
/// Several threads open it, each for itself. A generation number tells them when the folder that they have open was
/// thrown away. Methods block on disk.
final class MirrorFolder: Sendable {
    let path: String
    private let generation = Mutex<Int>(0)

    init(path: String) {
        self.path = path
    }

    /// Whether this handle's folder is still what is on disk.
    func isCurrent(_ mirror: OpenMirror) -> Bool {
        generation.withLock { $0 == mirror.generation }
    }

    /// Opens the mirror anew, for the calling thread.
    func open() throws(GitError) -> sending OpenMirror {
        Libgit2.ready
        return try generation.withLock { (generation) throws(GitError) in
            do throws(Libgit2Failure) {
                return OpenMirror(try openExisting(), generation: generation)
            } catch {
                // Missing or not readable as a repository: either way there is nothing to keep.
                try remove()
            }
            do throws(Libgit2Failure) {
                return OpenMirror(try create(), generation: generation)
            } catch {
                throw GitError(.storageFailed, "mirror \(path): cannot be created: \(error.message)")
            }
        }
    }

    /// Deletes the mirror, if it is still the one that was found damaged.
    func discard(generation damaged: Int) throws(GitError) {
        try generation.withLock { (generation) throws(GitError) in
            guard generation == damaged else { return }
            generation += 1
            try remove()
        }
    }

    private func openExisting() throws(Libgit2Failure) -> OpaquePointer {
        var repository: OpaquePointer?
        try Libgit2.check(git_repository_open_bare(&repository, path))
        guard let repository else {
            throw Libgit2Failure(code: GIT_ERROR.rawValue, kind: 0, message: "the library returned nothing")
        }
        return repository
    }

    private func create() throws(Libgit2Failure) -> OpaquePointer {
        var repository: OpaquePointer?
        try Libgit2.check(git_repository_init(&repository, path, 1))
        guard let repository else {
            throw Libgit2Failure(code: GIT_ERROR.rawValue, kind: 0, message: "the library returned nothing")
        }
        return repository
    }

    private func remove() throws(GitError) {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else { return }
        do {
            try files.removeItem(atPath: path)
        } catch {
            throw GitError(.storageFailed, "mirror \(path): cannot be removed; free the state directory")
        }
    }
}

/// One thread's own handle on a mirror. Never leaves that thread.
final class OpenMirror {
    let repository: OpaquePointer
    let generation: Int

    init(_ repository: OpaquePointer, generation: Int) {
        self.repository = repository
        self.generation = generation
    }

    deinit { git_repository_free(repository) }
}
