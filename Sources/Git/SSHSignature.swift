internal import COpenSSL
package import Core

/// Signatures as `ssh-keygen -Y sign` and `git commit -S` with `gpg.format=ssh` make them.
///
/// The format is https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.sshsig
package struct SSHSignature: Sendable, Hashable {
    /// The namespace of Git's signatures.
    package static let gitNamespace = "git"

    package let key: SSHPublicKey
    /// What the key was signed with, if the signature brings a certificate.
    private let certificate: SSHCertificate?
    package let namespace: String
    private let reserved: [UInt8]
    private let hashAlgorithm: String
    private let signature: [UInt8]

    /// A signature that is good, and whose.
    package struct Signer: Sendable, Hashable {
        /// The identity: the first principal of the matching line that is a name; the first pattern if none is.
        package let principal: String
        /// All principals of the matching line.
        package let principals: [String]
        /// As `ssh-keygen -l` prints it.
        package let fingerprint: String
    }

    /// What verifying a signature found.
    package enum Verdict: Sendable, Hashable {
        case good(Signer)
        case bad(Reason, String)

        /// The signer, if the signature is good.
        package var signer: Signer? {
            if case .good(let signer) = self { signer } else { nil }
        }

        /// Why the signature does not count, for a person; nil if it does.
        package var objection: String? {
            if case .bad(_, let text) = self { text } else { nil }
        }
    }

    package enum Reason: String, Sendable, Hashable {
        case unsigned = "Unsigned"
        /// An OpenPGP or X.509 signature, or a key that is not supported.
        case unsupported = "UnsupportedSignature"
        case malformed = "MalformedSignature"
        /// The signature was not made over this commit.
        case wrong = "WrongSignature"
        case wrongNamespace = "WrongNamespace"
        case unknownKey = "UnknownKey"
        /// The key is listed, and not for this namespace or time.
        case notAllowed = "KeyNotAllowed"
    }

    private static let begin = "-----BEGIN SSH SIGNATURE-----"
    private static let end = "-----END SSH SIGNATURE-----"
    private static let magic = Array("SSHSIG".utf8)

    /// Reads the armoured form.
    package init(armoured: String) throws(GitError) {
        let malformed = GitError(.invalidInput, "the SSH signature is malformed")
        guard armoured.utf8.count <= 65_536, let start = armoured.firstRange(of: Self.begin),
            let stop = armoured[start.upperBound...].firstRange(of: Self.end),
            let bytes = Base64.decode(armoured[start.upperBound..<stop.lowerBound])
        else { throw malformed }
        var reader = SSHReader(bytes)
        guard reader.take(6) == Self.magic, reader.uint32() == 1, let blob = reader.string(),
            let namespace = reader.text(), let reserved = reader.string(), let hashAlgorithm = reader.text(),
            let signature = reader.string(), reader.isAtEnd, !namespace.isEmpty
        else { throw malformed }
        var kind = SSHReader(blob)
        if let name = kind.text(), SSHCertificate.isName(name) {
            let certificate = try SSHCertificate(blob: blob)
            self.certificate = certificate
            key = certificate.key
        } else {
            certificate = nil
            key = try SSHPublicKey(blob: blob)
        }
        self.namespace = namespace
        self.reserved = reserved
        self.hashAlgorithm = hashAlgorithm
        self.signature = signature
    }

    /// Whether the signature was made by its key over this message. Says nothing about who that is.
    package func isValid(for message: [UInt8]) -> Bool {
        guard
            let signed = Self.signedData(
                message, namespace: namespace, reserved: reserved, hashAlgorithm: hashAlgorithm)
        else { return false }
        return key.verifies(signature, over: signed)
    }

    /// Signs a message and returns the armoured form.
    package static func sign(
        _ message: [UInt8], with key: SSHSigningKey, namespace: String = gitNamespace
    ) throws(GitError) -> String {
        guard let data = signedData(message, namespace: namespace, reserved: [], hashAlgorithm: "sha512") else {
            throw GitError(.invalidInput, "the message cannot be hashed")
        }
        var writer = SSHWriter()
        writer.raw(magic)
        writer.uint32(1)
        writer.string(key.publicKey.blob)
        writer.string(namespace)
        writer.string([])
        writer.string("sha512")
        writer.string(try key.sign(data))
        var lines = [begin]
        var rest = Base64.encode(writer.bytes)[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(70)))
            rest = rest.dropFirst(70)
        }
        lines.append(end)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func signedData(
        _ message: [UInt8], namespace: String, reserved: [UInt8], hashAlgorithm: String
    ) -> [UInt8]? {
        let digest =
            switch hashAlgorithm {
            case "sha256": EVP_sha256()
            case "sha512": EVP_sha512()
            default: OpaquePointer?.none
            }
        guard let digest else { return nil }
        var hash = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        guard EVP_Digest(message, message.count, &hash, &count, digest, nil) == 1 else { return nil }
        var writer = SSHWriter()
        writer.raw(magic)
        writer.string(namespace)
        writer.string(reserved)
        writer.string(hashAlgorithm)
        writer.string(Array(hash.prefix(Int(count))))
        return writer.bytes
    }
}

extension SSHSignature {
    /// Verifies a signature of a message against the list of those who may sign.
    ///
    /// `time` is when the signature counts: for a commit, the time from which it is judged (the committer's time is only
    /// the signer's claim). The identity never comes from the commit's author line, only from the list.
    package static func verify(
        armoured: String, message: [UInt8], signers: AllowedSigners, namespace: String = gitNamespace,
        at time: Timestamp
    ) -> Verdict {
        guard armoured.contains(begin) else {
            return .bad(.unsupported, "the signature is no SSH signature")
        }
        let signature: SSHSignature
        do throws(GitError) {
            signature = try SSHSignature(armoured: armoured)
        } catch {
            return .bad(error.code == .unsupported ? .unsupported : .malformed, error.message)
        }
        guard signature.namespace == namespace else {
            return .bad(.wrongNamespace, "the signature was made for another purpose than \(namespace)")
        }
        guard signature.isValid(for: message) else {
            return .bad(.wrong, "the signature does not belong to this content")
        }
        if let certificate = signature.certificate {
            return verify(certificate, signers, namespace: namespace, at: time)
        }
        let fingerprint = signature.key.fingerprint
        let listed = signers.entries(for: signature.key)
        guard !listed.isEmpty else {
            return .bad(.unknownKey, "the key \(fingerprint) is not among the allowed signers")
        }
        var objection = ""
        for entry in listed {
            if let found = entry.objection(namespace: namespace, at: time) {
                objection = found
            } else if let principal = entry.names.first ?? entry.principals.first {
                return .good(Signer(principal: principal, principals: entry.principals, fingerprint: fingerprint))
            }
        }
        return .bad(.notAllowed, "\(objection) (\(fingerprint))")
    }

    /// Whether a certificate's holder is an allowed signer, the signature itself being good.
    private static func verify(
        _ certificate: SSHCertificate, _ signers: AllowedSigners, namespace: String, at time: Timestamp
    ) -> Verdict {
        let fingerprint = certificate.key.fingerprint
        let listed = signers.authorities(certificate.authority)
        guard !listed.isEmpty else {
            return .bad(
                .unknownKey,
                "the certificate's authority \(certificate.authority.fingerprint) is not among the allowed signers")
        }
        if let objection = certificate.objection(at: time) { return .bad(.notAllowed, "\(objection) (\(fingerprint))") }
        var objection = ""
        for entry in listed {
            let covered = certificate.principals.filter(entry.covers)
            if let found = entry.objection(namespace: namespace, at: time) {
                objection = found
            } else if let principal = covered.first {
                return .good(Signer(principal: principal, principals: covered, fingerprint: fingerprint))
            } else {
                objection = "the certificate names nobody whom its authority may vouch for"
            }
        }
        return .bad(.notAllowed, "\(objection) (\(fingerprint))")
    }

    /// Verifies a commit's signature; an unsigned commit is `.bad(.unsigned)`.
    package static func verify(
        _ commit: CommitInfo, signers: AllowedSigners, at time: Timestamp
    ) -> Verdict {
        guard let signature = commit.signature else { return .bad(.unsigned, "the commit is not signed") }
        return verify(
            armoured: signature.armoured, message: signature.payload, signers: signers, at: time)
    }
}
