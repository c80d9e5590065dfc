import Core
import FoundationEssentials
import Testing

@testable import Git

/// Keys made by `ssh-keygen`, whose word is compared with ours.
private struct KeyFixture {
    let folder: TemporaryFolder
    let kind: String

    init(_ kind: String, _ options: [String] = []) throws {
        folder = try TemporaryFolder()
        self.kind = kind
        try run(
            ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", folder / "key"] + options, in: folder.path)
    }

    var publicLine: String {
        get throws { try run(["cat", "key.pub"], in: folder.path) }
    }

    func signers(_ principal: String = "alice@example.com", options: String = "") throws -> AllowedSigners {
        try AllowedSigners("\(principal) \(options) \(try publicLine)\n")
    }

    var privateKey: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(fileURLWithPath: folder / "key"))) }
    }
}

@Suite struct SignatureTests {
    private static let kinds: [(String, [String])] = [
        ("ed25519", []), ("ecdsa", ["-b", "256"]), ("ecdsa", ["-b", "384"]), ("ecdsa", ["-b", "521"]),
        ("rsa", ["-b", "2048"]),
    ]

    @Test(arguments: kinds)
    func `a commit that Git signed is verified, and a changed one is not`(kind: String, options: [String]) async throws
    {
        let keys = try KeyFixture(kind, options)
        let fixture = try GitFixture()
        try fixture.git("config", "gpg.format", "ssh")
        try fixture.git("config", "user.signingKey", keys.folder / "key")
        try fixture.write("a", "1")
        try fixture.git("add", "-A")
        try fixture.git("commit", "-q", "-S", "-m", "signed\n\nApproved: yes")
        try fixture.push()
        let mirror = try fixture.mirror()
        let info = try await mirror.commitInfo(try await mirror.fetch(.branch("main")).commit)
        let now = Timestamp(seconds: 1_700_000_000)
        let signers = try keys.signers()
        let verdict = SSHSignature.verify(info, signers: signers, at: now)
        #expect(verdict.signer?.principal == "alice@example.com", "\(verdict)")
        let fingerprint = try run(["ssh-keygen", "-l", "-f", "key.pub"], in: keys.folder.path)
        #expect(fingerprint.contains(verdict.signer?.fingerprint ?? "none"))

        let signature = try #require(info.signature)
        for position in stride(from: 0, to: signature.payload.count, by: 17) {
            var forged = signature.payload
            forged[position] ^= 1
            let verdict = SSHSignature.verify(armoured: signature.armoured, message: forged, signers: signers, at: now)
            #expect(verdict.objection != nil, "byte \(position)")
        }
    }

    @Test(arguments: kinds)
    func `what we sign, Git and ssh-keygen verify`(kind: String, options: [String]) async throws {
        let keys = try KeyFixture(kind, options)
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        let mirror = try fixture.mirror()
        let base = try await mirror.fetch(.branch("main")).commit
        let key = try SSHSigningKey(openSSH: try keys.privateKey)
        let commit = try await mirror.commit(
            onto: base, edits: ["a": .write([50])], message: "subject\n\nReason: x\n",
            author: CommitAuthor(name: "Sluice", email: "sluice@example.com", signingKey: key))
        try await mirror.push(commit, to: "main", expecting: base)
        let allowed = keys.folder / "allowed"
        try Data("sluice@example.com \(try keys.publicLine)\n".utf8).write(to: URL(fileURLWithPath: allowed))
        try fixture.git("pull", "-q", "origin", "main")
        let told = try fixture.git("-c", "gpg.ssh.allowedSignersFile=\(allowed)", "log", "-1", "--format=%G? %GS")
        #expect(told == "G sluice@example.com")
        #expect(try run(["git", "fsck", "--strict"], in: fixture.server) == "")

        let message = Array("some bytes\u{0}\r\n".utf8)
        let armoured = try SSHSignature.sign(message, with: key, namespace: "file")
        try Data(armoured.utf8).write(to: URL(fileURLWithPath: keys.folder / "sig"))
        try Data(message).write(to: URL(fileURLWithPath: keys.folder / "message"))
        let verified = try run(
            [
                "sh", "-c",
                "ssh-keygen -Y verify -f allowed -I sluice@example.com -n file -s sig < message",
            ], in: keys.folder.path)
        #expect(verified.contains("Good \"file\" signature"))
    }

    @Test func `what does not count says why`() async throws {
        let keys = try KeyFixture("ed25519")
        let others = try KeyFixture("ed25519")
        let key = try SSHSigningKey(openSSH: try keys.privateKey)
        let message = Array("m".utf8)
        let armoured = try SSHSignature.sign(message, with: key)
        let now = try #require(Timestamp(rfc3339: "2026-06-01T00:00:00Z"))
        func reason(_ signers: AllowedSigners, _ armoured: String, namespace: String = "git") -> SSHSignature.Reason? {
            if case .bad(let reason, _) = SSHSignature.verify(
                armoured: armoured, message: message, signers: signers, namespace: namespace, at: now)
            {
                reason
            } else {
                nil
            }
        }
        #expect(reason(try keys.signers(), armoured) == nil)
        #expect(reason(try others.signers(), armoured) == .unknownKey)
        #expect(reason(try keys.signers(), armoured, namespace: "file") == .wrongNamespace)
        #expect(reason(try keys.signers(options: "namespaces=\"file,mail\""), armoured) == .notAllowed)
        #expect(reason(try keys.signers(options: "namespaces=\"file,git\""), armoured) == nil)
        #expect(reason(try keys.signers(options: "namespaces=\"g*\""), armoured) == nil)
        #expect(reason(try keys.signers(options: "valid-after=\"20260602\""), armoured) == .notAllowed)
        #expect(reason(try keys.signers(options: "valid-after=20260531,valid-before=20260602000000Z"), armoured) == nil)
        #expect(reason(try keys.signers(options: "valid-before=\"202605312359\""), armoured) == .notAllowed)
        #expect(reason(try keys.signers(), "-----BEGIN PGP SIGNATURE-----") == .unsupported)
        #expect(reason(try keys.signers(), armoured.replacing("U1NIU0lH", with: "U1NIU0lI")) == .malformed)
        let foreign = try SSHSignature.sign(
            Array("n".utf8), with: key)
        #expect(reason(try keys.signers(), foreign) == .wrong)
    }

    @Test func `any damage to a signature is noticed and none traps`() throws {
        let keys = try KeyFixture("ecdsa")
        let key = try SSHSigningKey(openSSH: try keys.privateKey)
        let message = Array("m".utf8)
        let armoured = try SSHSignature.sign(message, with: key)
        let lines = armoured.split(separator: "\n")
        let bytes = try #require(Base64.decode(lines.dropFirst().dropLast().joined()))
        let signers = try keys.signers()
        for index in bytes.indices {
            for mask: UInt8 in [1, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] ^= mask
                let text = "\(lines[0])\n\(Base64.encode(damaged))\n\(lines[lines.count - 1])\n"
                let verdict = SSHSignature.verify(
                    armoured: text, message: message, signers: signers, at: Timestamp(seconds: 0))
                #expect(verdict.signer == nil, "byte \(index)")
            }
            let cut = "\(lines[0])\n\(Base64.encode(Array(bytes[..<index])))\n\(lines[lines.count - 1])\n"
            #expect(
                SSHSignature.verify(armoured: cut, message: message, signers: signers, at: Timestamp(seconds: 0)).signer
                    == nil)
        }
    }

    @Test func `an encrypted key and a damaged one are refused in words`() throws {
        let folder = try TemporaryFolder()
        try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", folder / "key"], in: folder.path)
        let encrypted = Array(try Data(contentsOf: URL(fileURLWithPath: folder / "key")))
        #expect(throws: GitError.self) { try SSHSigningKey(openSSH: encrypted) }
        let good = try KeyFixture("ed25519").privateKey
        for count in stride(from: 0, to: good.count - 40, by: 7) {
            #expect(throws: GitError.self) { try SSHSigningKey(openSSH: Array(good[..<count])) }
        }
    }

    /// What OpenSSL writes and what old ssh-keygen wrote hold the same keys.
    @Test(arguments: kinds, ["PEM", "PKCS8"])
    func `keys in PEM are the keys that OpenSSH reads`(kind: (String, [String]), format: String) throws {
        guard kind.0 != "ed25519" else { return }
        let keys = try KeyFixture(kind.0, kind.1 + ["-m", format])
        let key = try SSHSigningKey(try keys.privateKey)
        let line = try keys.publicLine
        #expect(key.publicKey == (try SSHPublicKey(line: line)))
        let message = Array("m".utf8)
        let signature = try SSHSignature(armoured: try SSHSignature.sign(message, with: key))
        #expect(signature.isValid(for: message))
    }

    @Test func `an ed25519 key of OpenSSL is read, and one with a passphrase is not`() throws {
        let folder = try TemporaryFolder()
        try run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "key"], in: folder.path)
        try run(["chmod", "600", folder / "key"], in: folder.path)
        let key = try SSHSigningKey(Array(try Data(contentsOf: URL(fileURLWithPath: folder / "key"))))
        let message = Array("m".utf8)
        #expect(try SSHSignature(armoured: try SSHSignature.sign(message, with: key)).isValid(for: message))
        try run(
            ["openssl", "genrsa", "-aes128", "-passout", "pass:x", "-out", folder / "locked", "2048"], in: folder.path)
        let locked = Array(try Data(contentsOf: URL(fileURLWithPath: folder / "locked")))
        #expect(throws: GitError.self) { try SSHSigningKey(locked) }
    }

    @Test func `one person's several keys and one key's first name are told`() throws {
        let keys = try KeyFixture("ed25519")
        let signers = try AllowedSigners(
            """
            # people
            *@example.com,bob,bob@example.com \(try keys.publicLine)

            "carol@example.com" namespaces="git" \(try keys.publicLine)
            """)
        #expect(signers.entries.count == 2)
        #expect(signers.entries[0].names == ["bob", "bob@example.com"])
        #expect(signers.entries[1].principals == ["carol@example.com"])
        #expect(signers.entries[1].line == 4)
        #expect(signers.entries[0].covers(principal: "x@example.com"))
        #expect(!signers.entries[0].covers(principal: "x@example.org"))
    }

    @Test(arguments: [
        ("alice", "line 1"), ("alice ssh-ed25519", "line 1"), ("\nalice ssh-ed25519 AAAA", "line 2"),
        ("alice wrong=1 ssh-ed25519 AAAA", "unknown option"),
        ("alice cert-authority ssh-ed25519 AAAA", "malformed"),
        ("alice cert-authority=yes ssh-ed25519 AAAA", "cert-auth"),
        ("alice valid-after=2026 ssh-ed25519 AAAA", "valid-after"),
        ("alice valid-after=20261301 ssh-ed25519 AAAA", "calendar"), ("alice ssh-dss AAAAB3NzaC1kc3M=", "ssh-dss"),
        ("alice namespaces=\"git ssh-ed25519 AAAA", "quotation mark"),
    ])
    func `a line that cannot be read names itself`(text: String, part: String) {
        #expect {
            _ = try AllowedSigners(text)
        } throws: { error in
            "\(error)".contains(part) && "\(error)".contains("line")
        }
    }
}
