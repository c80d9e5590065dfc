internal import CGit2

/// The library's process-wide state.
enum Libgit2 {
    /// Initialises the library once; touch it before any other call.
    static let ready: Void = {
        git_libgit2_init()
        // No configuration but the mirror's own: `url.*.insteadOf` or `core.sshCommand` of the machine must not act here.
        for level in [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
        ] {
            _ = sluice_git_set_search_path(level.rawValue, "")
        }
        // An emptyDir belongs to root, the operator does not run as root.
        _ = sluice_git_set_flag(Int32(GIT_OPT_SET_OWNER_VALIDATION.rawValue), 0)
        let limits = GitLimits()
        _ = sluice_git_set_size(Int32(GIT_OPT_SET_PACK_MAX_OBJECTS.rawValue), limits.packObjects)
        _ = sluice_git_set_size(Int32(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE.rawValue), largestObject)
        _ = sluice_git_set_size(Int32(GIT_OPT_SET_CACHE_MAX_SIZE.rawValue), objectCache)
    }()

    /// 256 MiB: above what forges take (100 MiB), below what harms.
    private static let largestObject = 256 << 20
    /// 32 MiB of parsed objects over all repositories; the library's default is 256 MiB.
    private static let objectCache = 32 << 20

    /// Calls into the library and copies its error, which is thread-local, at once.
    static func check(_ code: Int32) throws(Libgit2Failure) {
        guard code < 0 else { return }
        let last = git_error_last()
        let message = last?.pointee.message.map { String(cString: $0) } ?? "no details"
        let kind = last?.pointee.klass ?? 0
        git_error_clear()
        throw Libgit2Failure(code: code, kind: UInt32(bitPattern: kind), message: message)
    }

    /// Makes an object that has to be released.
    static func make(
        _ release: @escaping (OpaquePointer?) -> Void, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(Libgit2Failure) -> Libgit2Handle {
        var pointer: OpaquePointer?
        try check(body(&pointer))
        guard let pointer else {
            throw Libgit2Failure(code: GIT_ERROR.rawValue, kind: 0, message: "the library returned nothing")
        }
        return Libgit2Handle(pointer, release)
    }
}

/// An object of the library, released at the end of its scope.
struct Libgit2Handle: ~Copyable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer, _ release: @escaping (OpaquePointer?) -> Void) {
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }
}

/// An error as the library reports it.
struct Libgit2Failure: Error {
    /// `git_error_code`
    let code: Int32
    /// `git_error_t`
    let kind: UInt32
    let message: String

    var isNotFound: Bool { code == GIT_ENOTFOUND.rawValue }

    /// Whether stored objects are damaged or missing.
    var isCorruption: Bool {
        switch git_error_t(rawValue: kind) {
        case GIT_ERROR_ZLIB, GIT_ERROR_ODB, GIT_ERROR_OBJECT: true
        default: code == GIT_EMISMATCH.rawValue
        }
    }
}

extension git_oid {
    /// The id of 20 bytes; nil for any other count.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 20 else { return nil }
        self.init()
        git_oid_fromraw(&self, bytes)
    }

    init(_ commit: CommitID) {
        self.init()
        git_oid_fromraw(&self, commit.bytes)
    }

    var bytes: [UInt8] { withUnsafeBytes(of: id) { Array($0) } }

    static func same(_ a: git_oid, _ b: git_oid) -> Bool {
        withUnsafePointer(to: a) { a in withUnsafePointer(to: b) { b in git_oid_equal(a, b) != 0 } }
    }
}

extension CommitID {
    init?(_ pointer: UnsafePointer<git_oid>?) {
        guard let pointer else { return nil }
        self.init(bytes: pointer.pointee.bytes)
    }
}

/// A text of the library, copied and freed.
func takeText(_ buffer: inout git_buf) -> [UInt8] {
    defer { git_buf_dispose(&buffer) }
    guard let start = buffer.ptr else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: buffer.size))
}
