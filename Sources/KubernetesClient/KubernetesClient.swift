package import Core
package import HTTP
package import KubernetesModel

/// A client of one API server, as one identity. A value: copies share the connection, discovery and credentials.
///
/// It does not retry: ``KubernetesError/disposition`` says what another try may achieve. The one exception is a 401,
/// after which credentials that can be renewed are renewed and the request is sent once more.
package struct KubernetesClient: Sendable {
    let core: ClientCore
    private(set) var impersonation: Impersonation?
    /// The longest that a request other than a watch may take; nil for the default of 90 s.
    private(set) var timeout: Duration?
    /// Finds out how kinds are served; shared by all copies.
    package let discovery: Discovery

    /// - Parameter transport: shared by all clients of the process.
    package init(
        configuration: ClusterConfiguration, transport: any HTTPTransport, clock: any WallClock = SystemClock(),
        monotonicClock: any MonotonicClock = UptimeClock(), observer: (any RequestObserver)? = nil
    ) {
        let core = ClientCore(
            configuration: configuration, transport: transport, clock: clock, monotonicClock: monotonicClock,
            observer: observer)
        self.core = core
        discovery = Discovery(core: core)
    }

    /// The namespace that the configuration names for requests without one.
    /// How far this machine's clock is from the API server's.
    package var serverClock: ServerClock { core.serverClock }

    package var defaultNamespace: String { core.configuration.namespace }
    /// The server's URL.
    package var server: String { core.configuration.server }

    /// The same client acting as somebody else. An empty user is refused: it would act as ourselves.
    package func impersonating(user: String, groups: [String] = []) throws(KubernetesError) -> KubernetesClient {
        guard !user.isEmpty, groups.allSatisfy({ !$0.isEmpty }) else {
            throw KubernetesError(.invalidConfiguration, "the user or a group to impersonate is empty; name it")
        }
        var copy = self
        copy.impersonation = Impersonation(user: user, groups: groups)
        return copy
    }

    /// The same client, whose requests other than watches end after this time.
    package func withTimeout(_ timeout: Duration) -> KubernetesClient {
        var copy = self
        copy.timeout = timeout
        return copy
    }

    /// How a kind is served; asks the server when it is not known yet.
    package func resource(for gvk: GroupVersionKind) async throws(KubernetesError) -> APIResource {
        try await discovery.resource(for: gvk)
    }
}

/// Whom the server shall take us for.
struct Impersonation: Sendable, Hashable {
    let user: String
    let groups: [String]

    var headers: [(name: String, value: String)] {
        [("Impersonate-User", user)] + groups.map { ("Impersonate-Group", $0) }
    }
}
