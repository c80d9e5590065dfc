import Core
import FoundationEssentials
import Testing

@testable import Git

/// Certificates made by `ssh-keygen`, whose word is compared with ours.
@Suite struct CertificateTests {
    /// An authority, and a key that it signed.
    private struct Fixture {
        let folder: TemporaryFolder

        /// - Parameter options: how `ssh-keygen -s` makes the certificate.
        init(_ options: [String], authority: String = "ed25519", key: String = "ed25519") throws {
            folder = try TemporaryFolder()
            try run(["ssh-keygen", "-q", "-t", authority, "-N", "", "-f", folder / "ca"], in: folder.path)
            try run(["ssh-keygen", "-q", "-t", key, "-N", "", "-f", folder / "key"], in: folder.path)
            try run(
                ["ssh-keygen", "-q", "-s", folder / "ca", "-I", "id"] + options + [folder / "key.pub"], in: folder.path)
        }

        func sign(_ message: String) throws -> String {
            try Data(message.utf8).write(to: URL(fileURLWithPath: folder / "message"))
            return try run(
                ["sh", "-c", "ssh-keygen -Y sign -q -f key-cert.pub -n git <message"], in: folder.path) + "\n"
        }

        func signers(_ patterns: String, options: String = "cert-authority", key: String = "ca") throws
            -> AllowedSigners
        {
            try AllowedSigners("\(patterns) \(options) \(try run(["cat", key + ".pub"], in: folder.path))\n")
        }

        /// What ssh-keygen says of the same.
        func agrees(_ signers: String, principal: String, _ armoured: String, at time: String) throws -> Bool {
            try Data(signers.utf8).write(to: URL(fileURLWithPath: folder / "allowed"))
            try Data(armoured.utf8).write(to: URL(fileURLWithPath: folder / "signature"))
            let command =
                "ssh-keygen -Y verify -f allowed -I \(principal) -n git -s signature -O verify-time=\(time) <message"
            return (try? run(["sh", "-c", command], in: folder.path)) != nil
        }
    }

    private let now = Timestamp(seconds: 1_800_000_000)
    private let text = "20270115080000Z"

    private func verdict(_ fixture: Fixture, _ signers: AllowedSigners, at time: Timestamp? = nil) throws
        -> SSHSignature.Verdict
    {
        let armoured = try fixture.sign("m")
        return SSHSignature.verify(armoured: armoured, message: Array("m".utf8), signers: signers, at: time ?? now)
    }

    @Test(arguments: [("ed25519", "ed25519"), ("ecdsa", "ed25519"), ("rsa", "ecdsa"), ("ed25519", "rsa")])
    func `a certificate stands for its principals that the authority may vouch for`(authority: String, key: String)
        throws
    {
        let fixture = try Fixture(["-n", "bob@example.com,root,alice@example.com"], authority: authority, key: key)
        let signers = try fixture.signers("*@example.com")
        let armoured = try fixture.sign("m")
        let found = SSHSignature.verify(armoured: armoured, message: Array("m".utf8), signers: signers, at: now)
        #expect(found.signer?.principals == ["bob@example.com", "alice@example.com"], "\(found)")
        let line = "*@example.com cert-authority " + (try run(["cat", "ca.pub"], in: fixture.folder.path)) + "\n"
        #expect(try fixture.agrees(line, principal: "alice@example.com", armoured, at: text))
        #expect(try !fixture.agrees(line, principal: "root", armoured, at: text))
        let other = SSHSignature.verify(armoured: armoured, message: Array("n".utf8), signers: signers, at: now)
        #expect(other.signer == nil)
    }

    @Test func `what a certificate is not good for is refused`() throws {
        let fixture = try Fixture(["-n", "alice"])
        #expect(try verdict(fixture, try fixture.signers("alice")).signer != nil)
        // Not as an authority, not by another authority, not for somebody else, not for another purpose.
        #expect(try verdict(fixture, try fixture.signers("alice", options: "")).signer == nil)
        #expect(try verdict(fixture, try fixture.signers("alice", key: "key")).signer == nil)
        #expect(try verdict(fixture, try fixture.signers("alice", options: "", key: "key")).signer == nil)
        #expect(try verdict(fixture, try fixture.signers("bob")).signer == nil)
        #expect(try verdict(fixture, try fixture.signers("*,!alice")).signer == nil)
        #expect(
            try verdict(fixture, try fixture.signers("alice", options: "cert-authority,namespaces=\"file\"")).signer
                == nil)
        let expired = try Fixture(["-n", "alice", "-V", "20200101:20210101"])
        #expect(try verdict(expired, try expired.signers("alice")).signer == nil)
        #expect(try verdict(expired, try expired.signers("alice"), at: Timestamp(seconds: 1_590_000_000)).signer != nil)
        let early = try Fixture(["-n", "alice", "-V", "20990101:21000101"])
        #expect(try verdict(early, try early.signers("alice")).signer == nil)
        let host = try Fixture(["-h", "-n", "alice"])
        #expect(try verdict(host, try host.signers("alice")).signer == nil)
        let nobody = try Fixture([])
        #expect(try verdict(nobody, try nobody.signers("*")).signer == nil)
        let bound = try Fixture(["-n", "alice", "-O", "force-command=true"])
        #expect(try verdict(bound, try bound.signers("alice")).signer == nil)
    }

    @Test func `any damage to a certificate is noticed and none traps`() throws {
        let fixture = try Fixture(["-n", "alice"])
        let signers = try fixture.signers("alice")
        let lines = try fixture.sign("m").split(separator: "\n")
        let bytes = try #require(Base64.decode(lines.dropFirst().dropLast().joined()))
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            for content in [damaged, Array(bytes[..<index])] {
                let text = "\(lines[0])\n\(Base64.encode(content))\n\(lines[lines.count - 1])\n"
                let found = SSHSignature.verify(armoured: text, message: Array("m".utf8), signers: signers, at: now)
                #expect(found.signer == nil, "byte \(index)")
            }
        }
    }
}
