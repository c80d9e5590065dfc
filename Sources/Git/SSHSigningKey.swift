internal import COpenSSL
internal import Core

/// A private key without a passphrase that signs commits, or proves to an ssh server who asks: ed25519, ecdsa or rsa.
package struct SSHSigningKey: Sendable {
    package let publicKey: SSHPublicKey
    /// PKCS #8 or the algorithm's own structure, as OpenSSL reads either.
    private let privateDER: [UInt8]

    /// Reads `-----BEGIN OPENSSH PRIVATE KEY-----`, or PEM as OpenSSL writes it. Messages never hold any of the key.
    package init(_ file: [UInt8]) throws(GitError) {
        guard file.count <= 65_536 else { throw GitError(.invalidInput, "the private key is too large") }
        if file.firstRange(of: Array("BEGIN OPENSSH PRIVATE KEY".utf8)) != nil {
            try self.init(openSSH: file)
        } else {
            try self.init(pem: file)
        }
    }

    /// Reads `-----BEGIN OPENSSH PRIVATE KEY-----`. Messages never hold any of the key.
    package init(openSSH pem: [UInt8]) throws(GitError) {
        let text = String(decoding: pem, as: UTF8.self)
        guard pem.count <= 65_536, let start = text.firstRange(of: "-----BEGIN OPENSSH PRIVATE KEY-----"),
            let stop = text[start.upperBound...].firstRange(of: "-----END OPENSSH PRIVATE KEY-----"),
            let bytes = Base64.decode(text[start.upperBound..<stop.lowerBound])
        else {
            throw GitError(.invalidInput, "the private key is not in OpenSSH's format")
        }
        var reader = SSHReader(bytes)
        let malformed = GitError(.invalidInput, "the private key is damaged")
        // https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
        guard reader.take(15) == Array("openssh-key-v1\0".utf8), let cipher = reader.text(), reader.string() != nil,
            reader.string() != nil, reader.uint32() == 1, let blob = reader.string(), let secret = reader.string()
        else { throw malformed }
        guard cipher == "none" else {
            throw GitError(.invalidInput, "the private key is protected by a passphrase, use one without")
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
        case .rsa:
            guard let n = inner.string(), let e = inner.string(), let d = inner.string(), let q = inner.string(),
                let first = inner.string(), let second = inner.string(),
                let exponents = BigEndian.remainders(of: d, lessOne: [first, second])
            else { throw malformed }
            // RSAPrivateKey, RFC 8017
            privateDER = DER.sequence(
                DER.integer([0]), DER.integer(n), DER.integer(e), DER.integer(d), DER.integer(first),
                DER.integer(second), DER.integer(exponents[0]), DER.integer(exponents[1]), DER.integer(q))
        case .securityKeyEd25519, .securityKeyECDSA:
            throw GitError(
                .unsupported, "a key of type \(publicKey.kind.rawValue) needs its device to sign, use ed25519")
        }
    }

    /// Reads PEM: PKCS #8, or the older forms of RSA and EC keys.
    private init(pem: [UInt8]) throws(GitError) {
        let unreadable = GitError(
            .invalidInput, "the private key cannot be read; it must be ed25519, ecdsa or rsa and without a passphrase")
        guard let memory = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw unreadable }
        // Without this, OpenSSL would ask the terminal for a passphrase.
        let refuse: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
            _, _, _, _ in -1
        }
        let key = PEM_read_bio_PrivateKey(memory, nil, refuse, nil)
        BIO_free(memory)
        defer {
            EVP_PKEY_free(key)
            ERR_clear_error()
        }
        guard let key, let blob = Self.publicBlob(key) else { throw unreadable }
        publicKey = try SSHPublicKey(blob: blob)
        var written: UnsafeMutablePointer<UInt8>?
        let count = i2d_PrivateKey(key, &written)
        defer { sluice_openssl_free(written) }
        guard count > 0, let written else { throw unreadable }
        privateDER = Array(UnsafeBufferPointer(start: written, count: Int(count)))
    }

    /// The public half in SSH's wire format; nil for a kind that SSH does not know.
    private static func publicBlob(_ key: OpaquePointer) -> [UInt8]? {
        var writer = SSHWriter()
        if EVP_PKEY_is_a(key, "ED25519") == 1 {
            var raw = [UInt8](repeating: 0, count: 32)
            var count = raw.count
            guard EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, count == 32 else { return nil }
            writer.string(SSHPublicKey.Kind.ed25519.rawValue)
            writer.string(raw)
            return writer.bytes
        }
        if EVP_PKEY_is_a(key, "RSA") == 1 {
            guard let e = number(key, "e"), let n = number(key, "n") else { return nil }
            writer.string(SSHPublicKey.Kind.rsa.rawValue)
            writer.mpint(e)
            writer.mpint(n)
            return writer.bytes
        }
        var name = [CChar](repeating: 0, count: 64)
        var point = [UInt8](repeating: 0, count: 256)
        var count = 0
        guard EVP_PKEY_is_a(key, "EC") == 1, EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1,
            EVP_PKEY_get_octet_string_param(key, "pub", &point, point.count, &count) == 1
        else { return nil }
        let kinds: [String: SSHPublicKey.Kind] = [
            "prime256v1": .ecdsaP256, "secp384r1": .ecdsaP384, "secp521r1": .ecdsaP521,
        ]
        let group = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let kind = kinds[group], let curve = SSHPublicKey.Curve(kind) else { return nil }
        writer.string(kind.rawValue)
        writer.string(curve.name)
        writer.string(Array(point.prefix(count)))
        return writer.bytes
    }

    private static func number(_ key: OpaquePointer, _ name: String) -> [UInt8]? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { return nil }
        defer { BN_free(number) }
        return BigEndian.bytes(number)
    }

    /// A signature in SSH's wire format: the algorithm's name, then ``rawSignature(of:)``.
    func sign(_ message: [UInt8]) throws(GitError) -> [UInt8] {
        var writer = SSHWriter()
        writer.string(algorithm)
        writer.string(try rawSignature(of: message))
        return writer.bytes
    }

    /// What signatures of this key are called: SHA-2 for RSA (RFC 8332), elsewhere the key's own name.
    var algorithm: String { publicKey.kind == .rsa ? "rsa-sha2-512" : publicKey.kind.rawValue }

    /// A signature without its algorithm's name.
    func rawSignature(of message: [UInt8]) throws(GitError) -> [UInt8] {
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
            case .ecdsaP521, .rsa: EVP_sha512()
            default: OpaquePointer?.none
            }
        var signature = [UInt8](repeating: 0, count: max(256, Int(EVP_PKEY_get_size(key))))
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        else { throw failed }
        signature.removeLast(signature.count - count)
        switch publicKey.kind {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521:
            guard let (r, s) = DER.twoIntegers(signature) else { throw failed }
            var numbers = SSHWriter()
            numbers.mpint(r)
            numbers.mpint(s)
            return numbers.bytes
        default: return signature
        }
    }
}

extension BigEndian {
    /// The bytes of one of OpenSSL's numbers.
    static func bytes(_ number: OpaquePointer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(number)) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return bytes
    }

    /// For each divisor, the remainder of `number` by that divisor less one; nil if that cannot be told.
    fileprivate static func remainders(of number: [UInt8], lessOne divisors: [[UInt8]]) -> [[UInt8]]? {
        var found: [[UInt8]] = []
        for bytes in divisors {
            let (a, b, r) = (
                BN_bin2bn(number, Int32(number.count), nil), BN_bin2bn(bytes, Int32(bytes.count), nil), BN_new()
            )
            let context = BN_CTX_new()
            defer {
                for secret in [a, b, r] { BN_clear_free(secret) }
                BN_CTX_free(context)
                ERR_clear_error()
            }
            guard let a, let b, let r, BN_sub_word(b, 1) == 1, BN_is_zero(b) == 0,
                BN_div(nil, r, a, b, context) == 1
            else { return nil }
            found.append(BigEndian.bytes(r))
        }
        return found
    }
}

extension SSHSigningKey: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { publicKey.fingerprint }
    package var debugDescription: String { description }
}
