import Testing

@testable import Git

/// Has every mirror commit a file to `main` at the same time, each as often as others are faster, and expects each
/// commit in the branch once.
///
/// - Parameters:
///   - mirror: one more, which looks at what came of it.
///   - files: how many stood in the branch before.
func expectEachToLandOnce(
    _ mirrors: [GitRepository], seenBy mirror: GitRepository, beside files: Int
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for (writer, mirror) in mirrors.enumerated() {
            group.addTask {
                for _ in 0..<200 {
                    let base = try await mirror.fetch(.branch("main")).commit
                    let commit = try await mirror.commit(
                        onto: base, edits: ["file-\(writer)": .write([UInt8(writer)])],
                        message: "m\n\nWriter: \(writer)\n", author: author)
                    do throws(GitError) {
                        try await mirror.push(commit, to: "main", expecting: base)
                        return
                    } catch {
                        guard error.code == .pushRejected else { throw error }
                    }
                }
                Issue.record("writer \(writer) never got through")
            }
        }
        try await group.waitForAll()
    }
    let head = try await mirror.fetch(.branch("main")).commit
    let seen = try await mirror.history(from: head).compactMap { $0.trailers["Writer"] }
    #expect(seen.sorted() == mirrors.indices.map(String.init))
    #expect(try await mirror.withTree(of: head) { try $0.children(of: "").count } == mirrors.count + files)
}
