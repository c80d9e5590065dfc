internal import Core
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// What decides about the renewal of a certificate.
struct CertificateFacts {
    let certificate: Certificate
    /// When it was made.
    let made: Timestamp
    let expires: Timestamp
    /// Its names, as they were asked for.
    let names: [String]

    /// Nil for what is no certificate.
    init?(_ pem: [UInt8]) {
        guard let certificate = try? Certificate(pemEncoded: String(decoding: pem, as: UTF8.self)) else { return nil }
        self.init(certificate)
    }

    init(_ certificate: Certificate) {
        self.certificate = certificate
        made = CertificateFacts.time(certificate.notValidBefore) + KeyedCertificate.backdating
        expires = CertificateFacts.time(certificate.notValidAfter)
        let alternatives = try? certificate.extensions.subjectAlternativeNames
        names = (alternatives.map { Array($0) } ?? []).map { name in
            switch name {
            case .dnsName(let text): text
            case .ipAddress(let octets): octets.bytes.map { String($0) }.joined(separator: ".")
            default: "\(name)"
            }
        }
    }

    /// From then on it is renewed: two thirds of its life are over.
    var renewal: Timestamp { made + (expires - made) * 2 / 3 }

    func isSigned(by authority: CertificateFacts) -> Bool {
        certificate.issuer == authority.certificate.subject
            && authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Whether a private key is that of the certificate.
    func belongs(to key: [UInt8]) -> Bool {
        guard let key = try? Certificate.PrivateKey(pemEncoded: String(decoding: key, as: UTF8.self)) else {
            return false
        }
        return key.publicKey == certificate.publicKey
    }

    private static func time(_ date: Date) -> Timestamp { Timestamp(seconds: Int64(date.timeIntervalSince1970)) }
}
