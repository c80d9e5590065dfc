internal import Core
internal import HTTP
internal import KubernetesModel
internal import Synchronization

/// What a request carries to say who we are. Never logged.
struct CurrentCredentials: Sendable {
    /// The value of the `Authorization` header.
    var authorization: String?
    var clientCertificatePEM: [UInt8]?
    var clientKeyPEM: [UInt8]?
    /// When they end, by the wall clock; nil when they do not, or nobody said.
    var expires: Timestamp?
}

/// Keeps credentials and renews those that can be.
final class CredentialProvider: Sendable {
    private struct Cached {
        var credentials: CurrentCredentials
        var since: Duration
    }

    /// How old the content of a token file may be. The kubelet replaces it long before it ends.
    private static let tokenFileAge = Duration.seconds(60)
    /// How long before their end credentials of a plugin are renewed.
    private static let expiryMargin = Duration.seconds(60)

    private let source: ClusterCredentials
    private let server: String
    private let clock: any WallClock
    private let monotonicClock: any MonotonicClock
    private let cached = Mutex<Cached?>(nil)
    private let renewal = RenewalGate()

    init(
        _ source: ClusterCredentials, server: String, clock: any WallClock, monotonicClock: any MonotonicClock
    ) {
        self.source = source
        self.server = server
        self.clock = clock
        self.monotonicClock = monotonicClock
    }

    func current() async throws(KubernetesError) -> CurrentCredentials {
        switch source {
        case .none: return CurrentCredentials()
        case .bearer(let token): return CurrentCredentials(authorization: "Bearer " + token)
        case .basic(let user, let password):
            let encoded = Base64.encode(Array("\(user):\(password)".utf8))
            return CurrentCredentials(authorization: "Basic " + encoded)
        case .tokenFile(let path):
            if let valid { return valid }
            return keep(CurrentCredentials(authorization: "Bearer " + (try token(path))))
        case .exec(let plugin):
            if let valid { return valid }
            // One program at a time, whose answer serves all who waited for it.
            return try await renewal.run { [self] () async throws(KubernetesError) in
                if let valid { return valid }
                return keep(try await plugin.run(server: server))
            }
        }
    }

    /// Forgets what the server refused; false if there is nothing to renew.
    func invalidate() -> Bool {
        cached.withLock { cached in
            defer { cached = nil }
            return cached != nil
        }
    }

    private var valid: CurrentCredentials? {
        let age = monotonicClock.now()
        let now = clock.now()
        return cached.withLock { cached in
            guard let cached else { return nil }
            if case .tokenFile = source, age - cached.since >= CredentialProvider.tokenFileAge { return nil }
            if let expires = cached.credentials.expires, expires - CredentialProvider.expiryMargin <= now {
                return nil
            }
            return cached.credentials
        }
    }

    private func keep(_ credentials: CurrentCredentials) -> CurrentCredentials {
        let now = monotonicClock.now()
        cached.withLock { $0 = Cached(credentials: credentials, since: now) }
        return credentials
    }

    private func token(_ path: String) throws(KubernetesError) -> String {
        let bytes = try ClusterConfiguration.read(path, for: "the token")
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty else {
            throw KubernetesError(.invalidConfiguration, "\(path): the token file is empty")
        }
        return token
    }
}

/// Lets one caller in after the other.
private actor RenewalGate {
    private var last: Task<CurrentCredentials, any Error>?

    func run(
        _ body: @escaping @Sendable () async throws(KubernetesError) -> CurrentCredentials
    ) async throws(KubernetesError) -> CurrentCredentials {
        let previous = last
        let task = Task {
            _ = await previous?.result
            return try await body()
        }
        last = task
        do {
            return try await task.value
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.cancelled, "the credential plugin was cancelled")
        }
    }
}
