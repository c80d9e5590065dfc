internal import COpenSSL

/// A keyed digest (RFC 2104) with SHA-256, computed by OpenSSL.
package enum HMACSHA256 {
    /// The code of a message under a key: 32 bytes.
    package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        var length = UInt32(0)
        _ = HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &out, &length)
        return out
    }

    /// Whether a code is that of a message under a key. It takes the same time wherever the code is wrong.
    package static func isValid(_ code: [UInt8], of message: [UInt8], key: [UInt8]) -> Bool {
        let right = HMACSHA256.code(of: message, key: key)
        guard code.count == right.count else { return false }
        return CRYPTO_memcmp(code, right, right.count) == 0
    }
}
