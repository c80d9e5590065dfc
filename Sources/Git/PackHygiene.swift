internal import CGit2
internal import FoundationEssentials

/// Keeps a mirror's object files few: every fetch adds a pack, every commit some loose objects.
///
/// Small packs and loose objects are copied into one pack; large packs stay, so the work is bounded by what is recent.
/// The old files are deleted one fetch later, when no reader that began before has them in use.
struct PackHygiene {
    /// 32 small packs: look-ups stay fast, and consolidating is rare.
    static let packLimit = 32
    /// About 100 promotions.
    static let looseLimit = 1000
    /// A pack above 16 MiB is not rewritten.
    static let smallPack = 16 << 20

    /// What the last consolidation made superfluous.
    private var superfluous: [String] = []

    /// Deletes what is superfluous and consolidates if there are too many files.
    ///
    /// Returns whether handles have to be opened anew. Failures are left for the next time: nothing is lost by them.
    mutating func tidy(_ mirror: OpenMirror) -> Bool {
        for path in superfluous { try? FileManager.default.removeItem(atPath: path) }
        superfluous = []
        let packs = smallPacks(mirror)
        let loose = looseObjects(mirror)
        guard packs.count > Self.packLimit || loose.count > Self.looseLimit else { return false }
        guard (try? consolidate(packs, loose, mirror)) != nil else { return false }
        superfluous = packs.flatMap { [$0 + ".idx", $0 + ".pack"] } + loose.map(\.path)
        return true
    }

    /// Paths without their endings.
    private func smallPacks(_ mirror: OpenMirror) -> [String] {
        let folder = mirror.path + "/objects/pack"
        let files = FileManager.default
        return ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".pack") }.compactMap {
            guard let size = fileSize(folder + "/" + $0) else { return nil }
            return size < Self.smallPack ? folder + "/" + $0.dropLast(".pack".count) : nil
        }
    }

    private func looseObjects(_ mirror: OpenMirror) -> [(path: String, id: git_oid)] {
        let objects = mirror.path + "/objects"
        let files = FileManager.default
        var found: [(path: String, id: git_oid)] = []
        for folder in (try? files.contentsOfDirectory(atPath: objects)) ?? [] where folder.utf8.count == 2 {
            for name in (try? files.contentsOfDirectory(atPath: objects + "/" + folder)) ?? [] {
                guard let commit = CommitID(hex: folder + name) else { continue }
                found.append(("\(objects)/\(folder)/\(name)", git_oid(commit)))
            }
        }
        return found
    }

    private func consolidate(
        _ packs: [String], _ loose: [(path: String, id: git_oid)], _ mirror: OpenMirror
    ) throws {
        let repository = mirror.repository
        let builder = try Libgit2.make({ git_packbuilder_free($0) }, { git_packbuilder_new($0, repository) })
        git_packbuilder_set_threads(builder.pointer, 1)
        for pack in packs {
            let objects = try Libgit2.make({ git_odb_free($0) }, { git_odb_new($0) })
            var backend: UnsafeMutablePointer<git_odb_backend>?
            try Libgit2.check(git_odb_backend_one_pack(&backend, pack + ".idx"))
            try Libgit2.check(git_odb_add_backend(objects.pointer, backend, 1))
            let payload = UnsafeMutableRawPointer(builder.pointer)
            try Libgit2.check(
                git_odb_foreach(
                    objects.pointer,
                    { id, payload in git_packbuilder_insert(payload.map { OpaquePointer($0) }, id, nil) },
                    payload))
        }
        for object in loose {
            var id = object.id
            try Libgit2.check(git_packbuilder_insert(builder.pointer, &id, nil))
        }
        try Libgit2.check(git_packbuilder_write(builder.pointer, mirror.path + "/objects/pack", 0o444, nil, nil))
    }
}
