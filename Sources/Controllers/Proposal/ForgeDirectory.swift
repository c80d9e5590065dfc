package import Core
package import Forge
package import Git
package import HTTP
package import SluiceAPI

/// Makes clients for the forges of environments' repositories.
package struct ForgeDirectory: Sendable {
    private let transport: any HTTPTransport
    private let clock: any WallClock
    private let limits: GitLimits

    package init(transport: any HTTPTransport, clock: any WallClock, limits: GitLimits) {
        self.transport = transport
        self.clock = clock
        self.limits = limits
    }

    /// - Parameters:
    ///   - token: what is sent instead of that of `spec.source.credentialsRef`.
    ///   - caPEM: what is trusted instead of what the references say.
    /// - Throws: ``ForgeError`` where it is not known which forge it is, or there is no token; ``GitError`` for a URL that
    ///   is refused.
    package func client(
        of environment: Environment, _ references: EnvironmentReferences, token: String? = nil, caPEM: [UInt8]? = nil
    ) throws -> ForgeClient {
        let source = environment.spec.source
        let url = try GitURL(source.repository, limits: limits)
        let isWeb = url.scheme == .https || url.scheme == .http
        let authority = isWeb ? url.host + (url.port.map { ":\($0)" } ?? "") : url.host
        let repository = try ForgeRepository(
            kind: source.push.pullRequest.provider.flatMap { ForgeKind(rawValue: $0.rawValue) },
            apiURL: source.push.pullRequest.apiURL, host: url.host, authority: authority,
            isSecure: url.scheme != .http, path: url.path)
        return try ForgeClient(
            repository, token: token ?? references.forgeToken, caPEM: caPEM ?? references.credentials.caPEM,
            transport: transport,
            clock: clock, allowsInsecure: limits.allowInsecureHTTP)
    }
}
