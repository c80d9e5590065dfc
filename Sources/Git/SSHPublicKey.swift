internal import COpenSSL
internal import Core

/// A public key in OpenSSH's encoding.
package struct SSHPublicKey: Sendable, Hashable {
    /// The kinds of key whose signatures can be verified.
    package enum Kind: String, Sendable, Hashable {
        case ed25519 = "ssh-ed25519"
        case ecdsaP256 = "ecdsa-sha2-nistp256"
        case ecdsaP384 = "ecdsa-sha2-nistp384"
        case ecdsaP521 = "ecdsa-sha2-nistp521"
        case rsa = "ssh-rsa"
        /// A FIDO security key with Ed25519.
        case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
        /// A FIDO security key with ECDSA on P-256.
        case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
    }

    package let kind: Kind
    /// The key in SSH's wire format, which begins with the kind.
    package let blob: [UInt8]
    /// The key as an X.509 SubjectPublicKeyInfo, for OpenSSL.
    let der: [UInt8]
    /// What a security key signs for; empty for other kinds.
    let application: [UInt8]

    /// Reads the wire format. The error's message says what is wrong, without naming the place.
    package init(blob: [UInt8]) throws(GitError) {
        var reader = SSHReader(blob)
        guard blob.count <= 16_384, let name = reader.text() else {
            throw GitError(.invalidInput, "the SSH key is malformed")
        }
        guard let kind = Kind(rawValue: name) else {
            let certificate = name.contains("-cert-")
            throw GitError(
                .unsupported,
                "SSH key type \(name.bounded(to: 64)) is not supported"
                    + (certificate ? "; list the authority's key with cert-authority, not the certificate" : ""))
        }
        guard let (der, application) = Self.read(kind, &reader), reader.isAtEnd else {
            throw GitError(.invalidInput, "the SSH key of type \(name) is malformed")
        }
        self.kind = kind
        self.blob = blob
        self.der = der
        self.application = application
    }

    /// Reads a line as of `id_ed25519.pub`: type, base64, comment.
    package init(line: some StringProtocol) throws(GitError) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let blob = Base64.decode(words[1]) else {
            throw GitError(.invalidInput, "an SSH public key is written as its type and base64")
        }
        try self.init(blob: blob)
        guard kind.rawValue == words[0] else {
            throw GitError(.invalidInput, "the SSH key is of type \(kind.rawValue), and said to be another")
        }
    }

    /// The fingerprint as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
    package var fingerprint: String {
        "SHA256:" + Base64.encode(SHA256Digest(of: blob).bytes).filter { $0 != "=" }
    }

    private static func read(_ kind: Kind, _ reader: inout SSHReader) -> (der: [UInt8], application: [UInt8])? {
        switch kind {
        case .ed25519, .securityKeyEd25519:
            guard let key = reader.string(), key.count == 32 else { return nil }
            var application: [UInt8] = []
            if kind == .securityKeyEd25519 {
                guard let name = reader.string() else { return nil }
                application = name
            }
            // id-Ed25519, RFC 8410
            return (DER.sequence(DER.sequence(DER.objectID([0x2B, 0x65, 0x70])), DER.bitString(key)), application)
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .securityKeyECDSA:
            guard let curve = Curve(kind), reader.text() == curve.name, let point = reader.string(),
                point.count == 1 + 2 * curve.coordinateBytes, point[0] == 4
            else { return nil }
            var application: [UInt8] = []
            if kind == .securityKeyECDSA {
                guard let name = reader.string() else { return nil }
                application = name
            }
            return (
                DER.sequence(
                    DER.sequence(DER.objectID(Curve.ecPublicKey), DER.objectID(curve.objectID)), DER.bitString(point)),
                application
            )
        case .rsa:
            guard let exponent = reader.string(), let modulus = reader.string(), let first = modulus.first else {
                return nil
            }
            let bits = modulus.drop { $0 == 0 }.count * 8
            // OpenSSH refuses shorter keys too; longer ones only burn time.
            guard first < 0x80, bits >= 2048, bits <= 16_384, exponent.count <= 8 else { return nil }
            let key = DER.sequence(DER.integer(modulus), DER.integer(exponent))
            let rsaEncryption: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
            return (DER.sequence(DER.sequence(DER.objectID(rsaEncryption), DER.null), DER.bitString(key)), [])
        }
    }

    /// The curves of RFC 5656.
    struct Curve {
        let name: String
        let objectID: [UInt8]
        let coordinateBytes: Int

        static let ecPublicKey: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]

        init?(_ kind: Kind) {
            switch kind {
            case .ecdsaP256, .securityKeyECDSA:
                (name, objectID, coordinateBytes) =
                    ("nistp256", [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], 32)
            case .ecdsaP384: (name, objectID, coordinateBytes) = ("nistp384", [0x2B, 0x81, 0x04, 0x00, 0x22], 48)
            case .ecdsaP521: (name, objectID, coordinateBytes) = ("nistp521", [0x2B, 0x81, 0x04, 0x00, 0x23], 66)
            case .ed25519, .rsa, .securityKeyEd25519: return nil
            }
        }
    }

    /// Whether `signature` (wire format: algorithm, then its bytes) was made over `message` by this key.
    func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        var reader = SSHReader(signature)
        guard let algorithm = reader.text(), let raw = reader.string() else { return false }
        var message = message
        if kind == .securityKeyEd25519 || kind == .securityKeyECDSA {
            // What a security key signs: https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.u2f
            guard let flags = reader.byte(), let counter = reader.take(4), flags & 1 == 1 else { return false }
            message = SHA256Digest(of: application).bytes + [flags] + counter + SHA256Digest(of: message).bytes
        }
        guard reader.isAtEnd else { return false }
        switch kind {
        case .ed25519, .securityKeyEd25519:
            return algorithm == kind.rawValue && raw.count == 64 && verify(raw, message, digest: nil)
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .securityKeyECDSA:
            var numbers = SSHReader(raw)
            guard algorithm == kind.rawValue, let r = numbers.string(), let s = numbers.string(), numbers.isAtEnd,
                r.count <= 67, s.count <= 67
            else { return false }
            let digest =
                switch kind {
                case .ecdsaP384: EVP_sha384()
                case .ecdsaP521: EVP_sha512()
                default: EVP_sha256()
                }
            return verify(DER.sequence(DER.integer(r), DER.integer(s)), message, digest: digest)
        case .rsa:
            // `ssh-rsa` names SHA-1 here, which is refused.
            switch algorithm {
            case "rsa-sha2-256": return verify(raw, message, digest: EVP_sha256())
            case "rsa-sha2-512": return verify(raw, message, digest: EVP_sha512())
            default: return false
            }
        }
    }

    private func verify(_ signature: [UInt8], _ message: [UInt8], digest: OpaquePointer?) -> Bool {
        let key = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_PUBKEY(nil, &cursor, buffer.count)
        }
        guard let key, let context = EVP_MD_CTX_new() else {
            ERR_clear_error()
            return false
        }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
