package import Core
internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// A certificate and its private key (ECDSA on P-256).
package struct KeyedCertificate: Sendable, Hashable {
    /// One certificate.
    package let certificate: [UInt8]
    /// PKCS #8.
    package let key: [UInt8]

    /// - Parameters:
    ///   - certificate: PEM; the first certificate in it is meant.
    ///   - key: PEM.
    package init(certificate: [UInt8], key: [UInt8]) {
        self.certificate = certificate
        self.key = key
    }

    /// How long before they are made certificates are valid, for machines whose clocks are behind.
    package static let backdating = Duration.seconds(300)

    /// A certificate that signs others and itself.
    package static func authority(_ name: String, now: Timestamp, lifetime: Duration) throws(CertificateError)
        -> KeyedCertificate
    {
        try making("the certificate authority") {
            let key = P256.Signing.PrivateKey()
            let subject = try DistinguishedName { CommonName(name) }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
                notValidBefore: date(now - backdating), notValidAfter: date(now + lifetime), issuer: subject,
                subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                },
                issuerPrivateKey: .init(key))
            return try KeyedCertificate(certificate, key)
        }
    }

    /// A server's certificate, signed by this authority.
    ///
    /// - Parameter names: DNS names and IPv4 addresses.
    package func serving(_ names: [String], now: Timestamp, lifetime: Duration) throws(CertificateError)
        -> KeyedCertificate
    {
        let authority = self
        return try KeyedCertificate.making("the serving certificate") {
            let issuer = try authority.parsed()
            let issuerKey = try Certificate.PrivateKey(pemEncoded: String(decoding: authority.key, as: UTF8.self))
            let key = P256.Signing.PrivateKey()
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
                notValidBefore: date(now - KeyedCertificate.backdating), notValidAfter: date(now + lifetime),
                issuer: issuer.subject,
                subject: try DistinguishedName { CommonName(names.first ?? "sluice") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names.map(generalName))
                    SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                },
                issuerPrivateKey: issuerKey)
            return try KeyedCertificate(certificate, key)
        }
    }

    private init(_ certificate: Certificate, _ key: P256.Signing.PrivateKey) throws {
        self.certificate = Array(try certificate.serializeAsPEM().pemString.utf8) + [0x0A]
        self.key = Array(key.pemRepresentation.utf8) + [0x0A]
    }

    func parsed() throws -> Certificate {
        try Certificate(pemEncoded: String(decoding: certificate, as: UTF8.self))
    }

    private static func making(
        _ what: String, _ make: () throws -> KeyedCertificate
    ) throws(CertificateError) -> KeyedCertificate {
        do {
            return try make()
        } catch {
            throw CertificateError("\(what) cannot be made: \(error)")
        }
    }
}

private func date(_ time: Timestamp) -> Date { Date(timeIntervalSince1970: Double(time.seconds)) }

private func generalName(_ name: String) -> GeneralName {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4, parts.allSatisfy({ $0 != nil }) else { return .dnsName(name) }
    return .ipAddress(ASN1OctetString(contentBytes: parts.compactMap(\.self)[...]))
}
