package import Core
internal import FoundationEssentials
package import Git
internal import Glibc
package import HTTP

/// Who, what, why, when and approved by whom: rebuilt from the commits of a branch, with nothing else at hand.
package enum AuditTrail {
    /// The entries of a branch, newest first.
    ///
    /// - Parameter repository: an absolute path; it is read through a mirror of its own, in a temporary folder.
    package static func read(
        repository path: String, branch: String, limit: Int, transport: any HTTPTransport, clock: any WallClock
    ) async throws(GitError) -> [LedgerEntry] {
        var template = Array("/tmp/sluice-audit-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw GitError(.storageFailed, "a temporary folder cannot be made in /tmp")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var limits = GitLimits()
        limits.allowFile = true
        let repositories = GitRepositories(directory: folder, transport: transport, limits: limits, clock: clock)
        let repository = try repositories.repository("file://\(path)")
        let head = try await repository.fetch(.branch(branch)).commit
        return try await repository.history(from: head, limit: limit).compactMap(LedgerEntry.init)
    }
}
