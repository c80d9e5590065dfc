package import Git

extension GitCredentials {
    /// Credentials from the data of a Secret, by the keys that `spec.source.credentialsRef` documents:
    /// `username` and `password`, or `token`, or `ssh-privatekey` and `known_hosts`; beside them `ca.crt`, and
    /// `tls.crt` with `tls.key`.
    ///
    /// - Parameter secret: the Secret's name, for messages.
    package init(data: [String: [UInt8]], secret: String) throws(GitError) {
        func text(_ key: String) -> String? {
            data[key].map { bytes in
                String(decoding: bytes, as: UTF8.self).trimmingNewline
            }
        }
        let method: Method
        if let key = data["ssh-privatekey"] {
            guard let hosts = text("known_hosts"), !hosts.isEmpty else {
                throw GitError(
                    .invalidInput,
                    "Secret \(secret): known_hosts is missing; without it the server's key cannot be checked")
            }
            method = .ssh(privateKey: key, knownHosts: hosts)
        } else if let token = text("token") {
            method = .bearer(token: token)
        } else if let password = text("password") {
            method = .basic(username: text("username") ?? "", password: password)
        } else if data["ca.crt"] != nil || data["tls.crt"] != nil {
            method = .anonymous
        } else {
            throw GitError(
                .invalidInput,
                "Secret \(secret): has none of password, token, ssh-privatekey, ca.crt and tls.crt")
        }
        self.init(method, caPEM: data["ca.crt"] ?? [])
        if let certificate = data["tls.crt"] {
            guard let key = data["tls.key"] else {
                throw GitError(.invalidInput, "Secret \(secret): tls.crt is there without tls.key")
            }
            clientCertificate = ClientCertificate(certificatePEM: certificate, keyPEM: key)
        }
    }
}

extension String {
    /// Without the line ends that editors and `kubectl create secret --from-file` leave behind.
    fileprivate var trimmingNewline: String {
        var copy = self
        while let last = copy.last, last.isNewline { copy.removeLast() }
        return copy
    }
}
