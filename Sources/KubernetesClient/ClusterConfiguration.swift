package import HTTP

/// Where an API server is, whom to trust, and who we are there.
package struct ClusterConfiguration: Sendable {
    /// `https://host:port` with an optional path, without a slash at the end.
    package var server: String
    package var tls: HTTPTLS
    /// Where the authority of ``tls`` was read, if it is to be read again from time to time.
    package var authorityFile: String?
    package var proxy: HTTPProxy
    package var credentials: ClusterCredentials
    /// The namespace for requests that name none.
    package var namespace: String

    package init(
        server: String, tls: HTTPTLS = HTTPTLS(), proxy: HTTPProxy = .environment,
        credentials: ClusterCredentials = .none, namespace: String = "default"
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.tls = tls
        self.proxy = proxy
        self.credentials = credentials
        self.namespace = namespace
    }
}

/// How we say who we are, beside a client certificate in ``ClusterConfiguration/tls``.
package enum ClusterCredentials: Sendable, Hashable {
    case none
    case bearer(String)
    case basic(user: String, password: String)
    /// A file whose content is replaced from time to time; read again after a minute and after a 401.
    case tokenFile(String)
    /// A program that prints an `ExecCredential`; only ever from the operator's own kubeconfig.
    case exec(ExecPlugin)
}

/// A credential plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
package struct ExecPlugin: Sendable, Hashable {
    package var command: String
    package var arguments: [String]
    /// Added to the environment of this process.
    package var environment: [String: String]
    /// `client.authentication.k8s.io/v1` or `/v1beta1`.
    package var apiVersion: String
    package var provideClusterInfo: Bool

    package init(
        command: String, arguments: [String] = [], environment: [String: String] = [:], apiVersion: String,
        provideClusterInfo: Bool = false
    ) {
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.apiVersion = apiVersion
        self.provideClusterInfo = provideClusterInfo
    }
}
