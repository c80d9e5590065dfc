import Core
import FoundationEssentials
import Testing

@testable import Git

/// Whether every commit of a stretch of history counts.
@Suite struct VerificationTests {
    private let fixture: GitFixture
    private let verifier: CommitVerifier
    private let keys: TemporaryFolder

    init() throws {
        fixture = try GitFixture()
        keys = try TemporaryFolder()
        for name in ["alice", "operator", "mallory"] {
            try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name], in: keys.path)
        }
        let line = try run(["cat", "alice.pub"], in: keys.path)
        let own = try SSHPublicKey(line: try run(["cat", "operator.pub"], in: keys.path))
        verifier = CommitVerifier(
            signers: try AllowedSigners("alice@example.com \(line)\n"), ownKeys: [own.fingerprint])
    }

    /// A commit by somebody, or an unsigned one.
    @discardableResult
    private func commit(_ text: String, by name: String?) throws -> CommitID {
        let signing = name.map { ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(keys / $0)"] } ?? []
        try fixture.write("a", text)
        try fixture.git("add", "-A")
        try run(
            ["git"] + signing + ["commit", "-q", name == nil ? "--no-gpg-sign" : "-S", "-m", text], in: fixture.work)
        return try #require(CommitID(hex: try fixture.git("rev-parse", "HEAD")))
    }

    private func verdict(_ tip: CommitID, since trusted: CommitID?, limit: Int = 100) async throws -> HistoryVerdict {
        try fixture.push()
        let mirror = try fixture.mirror()
        _ = try await mirror.fetch(.branch("main"))
        return try await mirror.verify(from: tip, since: trusted, by: verifier, limit: limit)
    }

    @Test func `one unsigned commit under a signed one is found`() async throws {
        let first = try commit("1", by: nil)
        let second = try commit("2", by: "alice")
        let bad = try commit("3", by: nil)
        let last = try commit("4", by: "alice")
        #expect(try await verdict(second, since: nil) == .trusted(commits: 1))
        #expect(try await verdict(second, since: first) == .trusted(commits: 1))
        #expect(try await verdict(last, since: nil) == .trusted(commits: 1))
        guard case .untrusted(bad, .unsigned, _) = try await verdict(last, since: second) else {
            Issue.record("the unsigned commit was passed over")
            return
        }
        #expect(try await verdict(last, since: bad) == .trusted(commits: 1))
        guard case .untrusted(bad, .unsigned, _) = try await verdict(bad, since: bad) else {
            Issue.record("the tip itself is always verified")
            return
        }
    }

    @Test func `the operator's own commits count, a stranger's do not`() async throws {
        let first = try commit("1", by: "alice")
        let second = try commit("2", by: "operator")
        #expect(try await verdict(second, since: first) == .trusted(commits: 1))
        let third = try commit("3", by: "mallory")
        guard case .untrusted(third, .unknownKey, _) = try await verdict(third, since: first) else {
            Issue.record("a stranger's commit counts")
            return
        }
    }

    @Test func `commits of a merged branch are verified too`() async throws {
        let base = try commit("1", by: "alice")
        try fixture.git("checkout", "-q", "-b", "side")
        try fixture.git("commit", "-q", "--allow-empty", "--no-gpg-sign", "-m", "not signed")
        let side = try #require(CommitID(hex: try fixture.git("rev-parse", "HEAD")))
        try fixture.git("checkout", "-q", "main")
        try run(
            [
                "git", "-c", "gpg.format=ssh", "-c", "user.signingKey=\(keys / "alice")", "merge", "-q", "--no-ff",
                "-S",
                "-m", "merge", "side",
            ], in: fixture.work)
        let merge = try #require(CommitID(hex: try fixture.git("rev-parse", "HEAD")))
        guard case .untrusted(side, .unsigned, _) = try await verdict(merge, since: base) else {
            Issue.record("an unsigned commit came in by a merge")
            return
        }
    }

    @Test func `after a force-push the new line is verified back to where it parted`() async throws {
        let base = try commit("1", by: "alice")
        let cut = try commit("2", by: "alice")
        try fixture.push()
        let mirror = try fixture.mirror("kept")
        _ = try await mirror.fetch(.branch("main"))
        try fixture.git("reset", "-q", "--hard", base.hex)
        let other = try commit("other", by: "alice")
        try fixture.push()
        _ = try await mirror.fetch(.branch("main"))
        #expect(try await mirror.verify(from: other, since: cut, by: verifier) == .trusted(commits: 1))
        // A commit that nobody has any more hides nothing.
        let lost = try #require(CommitID(hex: String(repeating: "ab", count: 20)))
        #expect(try await mirror.verify(from: other, since: lost, by: verifier) == .trusted(commits: 2))
    }

    @Test func `a stretch that is too long is not called trusted`() async throws {
        let first = try commit("0", by: "alice")
        for index in 1...5 { try commit("\(index)", by: "alice") }
        let tip = try #require(CommitID(hex: try fixture.git("rev-parse", "HEAD")))
        #expect(try await verdict(tip, since: first, limit: 5) == .trusted(commits: 5))
        #expect(try await verdict(tip, since: first, limit: 4) == .tooMany(limit: 4))
    }

    @Test func `only a signature that belongs to the commit names its key`() async throws {
        let signed = try commit("1", by: "operator")
        let plain = try commit("2", by: nil)
        try fixture.push()
        let mirror = try fixture.mirror()
        _ = try await mirror.fetch(.branch("main"))
        let info = try await mirror.commitInfo(signed)
        let key = try SSHPublicKey(line: try run(["cat", "operator.pub"], in: keys.path))
        #expect(info.signingKey == key.fingerprint)
        #expect(try await mirror.commitInfo(plain).signingKey == nil)
        let signature = try #require(info.signature)
        let moved = CommitInfo(
            id: info.id, parents: info.parents, author: info.author, committer: info.committer, time: info.time,
            message: info.message, trailers: info.trailers,
            signature: CommitSignature(armoured: signature.armoured, payload: signature.payload + [10]))
        #expect(moved.signingKey == nil)
    }
}
