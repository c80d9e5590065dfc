package import ControllerRuntime
internal import Core
package import HTTP
package import KubernetesClient
package import KubernetesModel
package import SluiceAPI
package import Sync
internal import Synchronization

/// The clusters that Environments deploy to: the operator's own, and those whose kubeconfig a Secret holds.
package final class ClusterRegistry: Sendable {
    private struct State {
        var remote: [String: ClusterSync] = [:]
        var used: [NamespacedName: ClusterSync] = [:]

        /// Lets go of clusters that no Environment uses: a kubeconfig whose token is renewed leaves one each time.
        mutating func dropUnused() {
            let kept = Set(used.values.map(ObjectIdentifier.init))
            remote = remote.filter { kept.contains(ObjectIdentifier($0.value)) }
        }
    }

    /// Tells Environments of changes of their objects; known before the clusters are.
    private final class Router: Sendable {
        let labels = Mutex<[String: NamespacedName]>([:])
        let changed: @Sendable (NamespacedName) -> Void

        init(changed: @escaping @Sendable (NamespacedName) -> Void) {
            self.changed = changed
        }

        func route(_ change: LiveIndex.Change) {
            for name in labels.withLock({ labels in change.labels.compactMap { labels[$0] } }) { changed(name) }
        }
    }

    private let own: ClusterSync
    private let transport: any HTTPTransport
    private let observer: (any RequestObserver)?
    private let router: Router
    private let counters: SyncCounters
    private let state = Mutex(State())

    /// - Parameter changed: told of each Environment one of whose objects changed. Must not block.
    package init(
        own client: KubernetesClient, transport: any HTTPTransport, observer: (any RequestObserver)? = nil,
        counters: SyncCounters = SyncCounters(), changed: @escaping @Sendable (NamespacedName) -> Void
    ) {
        let router = Router(changed: changed)
        self.router = router
        self.transport = transport
        self.observer = observer
        self.counters = counters
        own = ClusterSync(client: client, counters: counters, onChange: { router.route($0) })
    }

    /// The cluster of an Environment, which is told of changes there from now on.
    ///
    /// - Parameter kubeconfig: the content of the Secret that `kubeconfigRef` names; nil without one.
    package func cluster(
        of environment: Environment, kubeconfig: ReferenceContent?
    ) throws(KubernetesError) -> ClusterSync {
        let name = environment.namespacedName
        router.labels.withLock { $0[TrackingID.label(for: name)] = name }
        let cluster = try environment.spec.destination.kubeconfigRef == nil ? own : remote(environment, kubeconfig)
        let left = state.withLock { state -> ClusterSync? in
            let old = state.used.updateValue(cluster, forKey: name)
            guard old !== cluster else { return nil }
            state.dropUnused()
            return old
        }
        left?.index.forget(name)
        return cluster
    }

    /// Announces the Environments that exist, so that nobody takes objects from one that has not been looked at yet.
    package func expect(_ environments: [NamespacedName]) {
        for name in environments { own.index.expectClaim(of: name) }
    }

    /// Forgets an Environment that is gone, or that another replica works on: its objects are not up for grabs then.
    package func forget(_ environment: NamespacedName, isElsewhere: Bool = false) {
        router.labels.withLock { $0[TrackingID.label(for: environment)] = nil }
        let left = state.withLock { state in
            let left = state.used.removeValue(forKey: environment)
            state.dropUnused()
            return left
        }
        left?.index.forget(environment, isElsewhere: isElsewhere)
        if left !== own { own.index.forget(environment, isElsewhere: isElsewhere) }
    }

    private func remote(
        _ environment: Environment, _ content: ReferenceContent?
    ) throws(KubernetesError) -> ClusterSync {
        let secret = environment.spec.destination.kubeconfigRef?.name ?? ""
        let bytes = try ClusterConfiguration.kubeconfig(of: content, secret: secret)
        let key = SHA256Digest(of: bytes).hex
        if let known = state.withLock({ $0.remote[key] }) { return known }
        let configuration = try ClusterConfiguration(kubeconfigOf: content, secret: secret)
        let client = KubernetesClient(configuration: configuration, transport: transport, observer: observer)
        let made = ClusterSync(client: client, counters: counters, onChange: { [router] in router.route($0) })
        return state.withLock { state in
            if let known = state.remote[key] { return known }
            state.remote[key] = made
            return made
        }
    }
}

extension ClusterConfiguration {
    /// The kubeconfig that a Secret holds under `value` or `kubeconfig`.
    fileprivate static func kubeconfig(
        of content: ReferenceContent?, secret: String
    ) throws(KubernetesError) -> [UInt8] {
        guard let bytes = content?["value"] ?? content?["kubeconfig"] else {
            throw KubernetesError(
                .invalidConfiguration,
                "Secret \(secret): it does not exist or has neither of the keys value and kubeconfig")
        }
        return bytes
    }

    /// The cluster of a Secret's kubeconfig; programs, files and insecure TLS in it are refused.
    init(kubeconfigOf content: ReferenceContent?, secret: String) throws(KubernetesError) {
        try self.init(
            kubeconfig: try Self.kubeconfig(of: content, secret: secret), trust: .data, name: "Secret \(secret)")
    }
}
