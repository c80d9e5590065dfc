internal import COpenSSL
internal import Core

/// A private key that signs commits: unencrypted, in OpenSSH's own format, of type ed25519 or ecdsa.
package struct SSHSigningKey: Sendable {
    package let publicKey: SSHPublicKey
    /// PKCS #8 for ed25519, SEC 1 for ecdsa.
    private let privateDER: [UInt8]

    /// Reads `-----BEGIN OPENSSH PRIVATE KEY-----`. Messages never hold any of the key.
    package init(openSSH pem: [UInt8]) throws(GitError) {
        let text = String(decoding: pem, as: UTF8.self)
        guard pem.count <= 65_536, let start = text.firstRange(of: "-----BEGIN OPENSSH PRIVATE KEY-----"),
            let stop = text[start.upperBound...].firstRange(of: "-----END OPENSSH PRIVATE KEY-----"),
            let bytes = Base64.decode(text[start.upperBound..<stop.lowerBound])
        else {
            throw GitError(.invalidInput, "the signing key is not in OpenSSH's private key format")
        }
        var reader = SSHReader(bytes)
        let malformed = GitError(.invalidInput, "the signing key is damaged")
        // https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
        guard reader.take(15) == Array("openssh-key-v1\0".utf8), let cipher = reader.text(), reader.string() != nil,
            reader.string() != nil, reader.uint32() == 1, let blob = reader.string(), let secret = reader.string()
        else { throw malformed }
        guard cipher == "none" else {
            throw GitError(.invalidInput, "the signing key is protected by a passphrase, use one without")
        }
        publicKey = try SSHPublicKey(blob: blob)
        var inner = SSHReader(secret)
        guard let check = inner.uint32(), inner.uint32() == check, inner.text() == publicKey.kind.rawValue else {
            throw malformed
        }
        switch publicKey.kind {
        case .ed25519:
            guard inner.string()?.count == 32, let pair = inner.string(), pair.count == 64 else { throw malformed }
            privateDER = DER.sequence(
                DER.integer([0]), DER.sequence(DER.objectID([0x2B, 0x65, 0x70])),
                DER.octetString(DER.octetString(Array(pair.prefix(32)))))
        case .ecdsaP256, .ecdsaP384, .ecdsaP521:
            guard let curve = SSHPublicKey.Curve(publicKey.kind), inner.string() != nil, let point = inner.string(),
                let number = inner.string(), let scalar = BigEndian.fixed(number, count: curve.coordinateBytes)
            else { throw malformed }
            privateDER = DER.sequence(
                DER.integer([1]), DER.octetString(scalar), DER.element(0xA0, DER.objectID(curve.objectID)),
                DER.element(0xA1, DER.bitString(point)))
        case .rsa, .securityKeyEd25519, .securityKeyECDSA:
            throw GitError(
                .unsupported, "signing with a key of type \(publicKey.kind.rawValue) is not supported, use ed25519")
        }
    }

    /// A signature in SSH's wire format.
    func sign(_ message: [UInt8]) throws(GitError) -> [UInt8] {
        let failed = GitError(.invalidInput, "signing with the key \(publicKey.fingerprint) failed")
        let key = privateDER.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, buffer.count)
        }
        guard let key, let context = EVP_MD_CTX_new() else {
            ERR_clear_error()
            throw failed
        }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        let digest =
            switch publicKey.kind {
            case .ecdsaP256: EVP_sha256()
            case .ecdsaP384: EVP_sha384()
            case .ecdsaP521: EVP_sha512()
            default: OpaquePointer?.none
            }
        var signature = [UInt8](repeating: 0, count: 256)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw failed }
        signature.removeLast(signature.count - count)
        var writer = SSHWriter()
        writer.string(publicKey.kind.rawValue)
        if publicKey.kind == .ed25519 {
            writer.string(signature)
        } else {
            guard let (r, s) = DER.twoIntegers(signature) else { throw failed }
            var numbers = SSHWriter()
            numbers.mpint(r)
            numbers.mpint(s)
            writer.string(numbers.bytes)
        }
        return writer.bytes
    }
}

extension SSHSigningKey: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { publicKey.fingerprint }
    package var debugDescription: String { description }
}
