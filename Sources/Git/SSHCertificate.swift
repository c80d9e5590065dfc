internal import Core

/// An OpenSSH certificate: an authority's word that a key belongs to some principals for a time.
///
/// The format is https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.certkeys
struct SSHCertificate: Sendable, Hashable {
    /// The key that the certificate is about.
    let key: SSHPublicKey
    /// The key that signed the certificate.
    let authority: SSHPublicKey
    let principals: [String]
    /// Seconds since 1970, inclusive.
    private let validAfter: UInt64
    /// Seconds since 1970, exclusive; the largest number for ever.
    private let validBefore: UInt64
    private let isForUsers: Bool
    private let hasCriticalOptions: Bool

    static let suffix = "-cert-v01@openssh.com"

    /// Reads a certificate and checks that its authority signed it. Whether that authority counts is the caller's to say.
    init(blob: [UInt8]) throws(GitError) {
        let malformed = GitError(.invalidInput, "the SSH certificate is malformed")
        var reader = SSHReader(blob)
        guard blob.count <= 32_768, let name = reader.text(), let kind = Self.kind(name), reader.string() != nil else {
            throw malformed
        }
        // The key's own fields stand in the certificate as they do in the key.
        var plain = SSHWriter()
        plain.string(kind.rawValue)
        for _ in 0..<Self.fields(of: kind) {
            guard let field = reader.string() else { throw malformed }
            plain.string(field)
        }
        guard reader.uint64() != nil, let type = reader.uint32(), reader.string() != nil,
            let names = reader.string(), let after = reader.uint64(), let before = reader.uint64(),
            let critical = reader.string(), reader.string() != nil, reader.string() != nil,
            let authority = reader.string()
        else { throw malformed }
        let signed = Array(blob.prefix(blob.count - reader.rest.count))
        guard let signature = reader.string(), reader.isAtEnd else { throw malformed }
        key = try SSHPublicKey(blob: plain.bytes)
        self.authority = try SSHPublicKey(blob: authority)
        guard self.authority.verifies(signature, over: signed) else {
            throw GitError(.invalidInput, "the SSH certificate is not signed by the authority that it names")
        }
        var list = SSHReader(names)
        var principals: [String] = []
        while !list.isAtEnd {
            guard let principal = list.text(), principals.count < 256 else { throw malformed }
            principals.append(principal)
        }
        self.principals = principals
        validAfter = after
        validBefore = before
        isForUsers = type == 1
        hasCriticalOptions = !critical.isEmpty
    }

    /// Why the certificate is not good for its user at a time; nil if it is.
    func objection(at time: Timestamp) -> String? {
        if !isForUsers { return "the certificate is for a host" }
        if principals.isEmpty { return "the certificate names no principal" }
        if hasCriticalOptions { return "the certificate has critical options, and none is supported" }
        let now = UInt64(clamping: time.seconds)
        if now < validAfter { return "the certificate is not valid yet" }
        if now >= validBefore { return "the certificate has expired" }
        return nil
    }

    /// Whether a key's name is that of a certificate.
    static func isName(_ name: String) -> Bool { kind(name) != nil }

    private static func kind(_ name: String) -> SSHPublicKey.Kind? {
        guard name.hasSuffix(suffix) else { return nil }
        let base = String(name.dropLast(suffix.count))
        return SSHPublicKey.Kind(rawValue: base) ?? SSHPublicKey.Kind(rawValue: base + "@openssh.com")
    }

    /// How many strings a key of a kind has after its name.
    private static func fields(of kind: SSHPublicKey.Kind) -> Int {
        switch kind {
        case .ed25519: 1
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsa, .securityKeyEd25519: 2
        case .securityKeyECDSA: 3
        }
    }
}
