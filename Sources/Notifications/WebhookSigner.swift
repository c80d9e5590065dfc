internal import Core

/// Signs the requests of a generic webhook as Standard Webhooks has it (<https://www.standardwebhooks.com>): receivers find
/// libraries for it, know repetitions by the id, and refuse what is old.
package struct WebhookSigner: Sendable, CustomStringConvertible, CustomReflectable {
    private static let prefix = "whsec_"

    private let key: [UInt8]

    package var description: String { "a signing key" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// - Parameter secret: `whsec_` and base64, or any other text, which is the key as it stands; at least 16 bytes.
    package init(_ secret: String) throws(NotificationError) {
        let key =
            secret.hasPrefix(Self.prefix)
            ? Base64.decode(secret.dropFirst(Self.prefix.count)) : Array(secret.utf8)
        guard let key, key.count >= 16 else {
            throw NotificationError(
                .notConfigured, "signing-key must be 16 bytes or more, or whsec_ and base64 of as many")
        }
        self.key = key
    }

    /// The value of `webhook-signature` for a body.
    ///
    /// - Parameter seconds: since 1970, when it is sent.
    func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        "v1," + Base64.encode(HMACSHA256.code(of: Array("\(id).\(seconds).".utf8) + body, key: key))
    }
}
