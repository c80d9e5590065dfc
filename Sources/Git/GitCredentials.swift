internal import Core

/// How a repository's server is told who asks, and how the server is known.
package struct GitCredentials: Sendable, Hashable {
    package enum Method: Sendable, Hashable {
        case anonymous
        /// HTTP basic authentication, which is also how forges take their tokens.
        case basic(username: String, password: String)
        /// HTTP `Authorization: Bearer`.
        case bearer(token: String)
        /// An OpenSSH or PEM private key without a passphrase, and the known_hosts lines that name the server's keys.
        case ssh(privateKey: [UInt8], knownHosts: String)
    }

    package var method: Method
    /// Certificates to trust in place of the system's, as PEM; empty for the system's.
    package var caPEM: [UInt8]
    /// A client certificate and its key, as PEM.
    package var clientCertificate: ClientCertificate?

    package struct ClientCertificate: Sendable, Hashable {
        package var certificatePEM: [UInt8]
        package var keyPEM: [UInt8]

        package init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
            self.certificatePEM = certificatePEM
            self.keyPEM = keyPEM
        }
    }

    package init(
        _ method: Method = .anonymous, caPEM: [UInt8] = [], clientCertificate: ClientCertificate? = nil
    ) {
        self.method = method
        self.caPEM = caPEM
        self.clientCertificate = clientCertificate
    }

    package static let anonymous = GitCredentials()

    /// A digest that differs whenever the credentials do; says nothing about them.
    package var identity: String {
        var bytes: [UInt8] = []
        func add(_ part: [UInt8]) {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: part)
        }
        switch method {
        case .anonymous: add([0])
        case .basic(let username, let password):
            add([1])
            add(Array(username.utf8))
            add(Array(password.utf8))
        case .bearer(let token):
            add([2])
            add(Array(token.utf8))
        case .ssh(let privateKey, let knownHosts):
            add([3])
            add(privateKey)
            add(Array(knownHosts.utf8))
        }
        add(caPEM)
        add(clientCertificate?.certificatePEM ?? [])
        add(clientCertificate?.keyPEM ?? [])
        return String(SHA256Digest(of: bytes).hex.prefix(32))
    }
}

extension GitCredentials: CustomStringConvertible, CustomDebugStringConvertible {
    /// Names the method only.
    package var description: String {
        switch method {
        case .anonymous: "anonymous"
        case .basic: "basic"
        case .bearer: "bearer"
        case .ssh: "ssh"
        }
    }

    package var debugDescription: String { description }
}
