internal import Admission
internal import Certificates
internal import Core
internal import KubernetesModel

/// What the webhook's Secret holds: certificates for TLS, and the key of the stamps.
struct WebhookKeys: Sendable {
    var certificates: WebhookCertificates
    var stampKey: [UInt8]

    init(certificates: WebhookCertificates, stampKey: [UInt8]) {
        self.certificates = certificates
        self.stampKey = stampKey
    }

    /// Nil where something is missing.
    init?(_ secret: Manifest) {
        let data = secret.json["data"]
        func bytes(_ key: String) -> [UInt8]? { data?[key]?.stringValue.flatMap { Base64.decode($0) } }
        guard let trusted = bytes("ca.crt"), let authorityKey = bytes("ca.key"), let certificate = bytes("tls.crt"),
            let key = bytes("tls.key"), let stampKey = WebhookKeys.stampKey(of: secret)
        else { return nil }
        self.init(
            certificates: WebhookCertificates(
                trusted: trusted, authorityKey: authorityKey,
                serving: KeyedCertificate(certificate: certificate, key: key)), stampKey: stampKey)
    }

    /// The key of the stamps alone: it outlives a Secret whose certificates somebody spoiled.
    static func stampKey(of secret: Manifest) -> [UInt8]? {
        guard let text = secret.json["data"]?["stamp.key"]?.stringValue, let bytes = Base64.decode(text),
            StampKey(bytes) != nil
        else { return nil }
        return bytes
    }

    /// The Secret that holds them.
    func secret(_ name: NamespacedName, resourceVersion: String) -> Manifest {
        var metadata: JSONObject = [
            "name": .string(name.name), "namespace": .string(name.namespace),
            "labels": ["app.kubernetes.io/name": "sluice", "app.kubernetes.io/part-of": "sluice"],
        ]
        if !resourceVersion.isEmpty { metadata["resourceVersion"] = .string(resourceVersion) }
        func text(_ bytes: [UInt8]) -> JSONValue { .string(Base64.encode(bytes)) }
        return Manifest([
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": .object(metadata),
            "data": [
                "ca.crt": text(certificates.trusted), "ca.key": text(certificates.authorityKey),
                "tls.crt": text(certificates.serving.certificate), "tls.key": text(certificates.serving.key),
                "stamp.key": text(stampKey),
            ],
        ])
    }
}
