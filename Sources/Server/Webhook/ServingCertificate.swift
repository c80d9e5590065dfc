/// What a TLS server shows and proves itself with.
package struct ServingCertificate: Sendable, Hashable {
    /// PEM: the server's certificate, and whatever lies between it and what clients trust.
    package let chain: [UInt8]
    /// PEM.
    package let key: [UInt8]

    package init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}

/// Where a TLS server gets its certificate.
package protocol ServingCertificateSource: Sendable {
    /// The one for the next handshake; nil while there is none.
    var current: ServingCertificate? { get }

    /// Returns when there is a first one.
    func first() async throws -> ServingCertificate
}
