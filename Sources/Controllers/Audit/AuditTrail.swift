package import Core
internal import Git
package import HTTP

/// Who, what, why, when and approved by whom: rebuilt from the commits of a branch, with nothing else at hand.
package enum AuditTrail {
    /// The entries of a branch, newest first.
    ///
    /// - Parameter repository: an absolute path; it is read through a mirror of its own, in a temporary folder.
    package static func read(
        repository path: String, branch: String, limit: Int, transport: any HTTPTransport, clock: any WallClock
    ) async throws -> [LedgerEntry] {
        try await TemporaryMirror.with(of: "file://\(path)", transport: transport, clock: clock) { repository in
            let head = try await repository.fetch(.branch(branch)).commit
            return try await repository.history(from: head, limit: limit).compactMap(LedgerEntry.init)
        }
    }
}
