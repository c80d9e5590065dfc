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
        let left = state.withLock { state in
            let old = state.used.updateValue(cluster, forKey: name)
            return old === cluster ? nil : old
        }
        left?.index.forget(name)
        return cluster
    }

    /// Announces the Environments that exist, so that nobody takes objects from one that has not been looked at yet.
    package func expect(_ environments: [NamespacedName]) {
        for name in environments { own.index.expectClaim(of: name) }
    }

    /// Forgets an Environment that is gone.
    package func forget(_ environment: NamespacedName) {
        router.labels.withLock { $0[TrackingID.label(for: environment)] = nil }
        state.withLock { $0.used.removeValue(forKey: environment) }?.index.forget(environment)
    }

    private func remote(
        _ environment: Environment, _ content: ReferenceContent?
    ) throws(KubernetesError) -> ClusterSync {
        let secret = environment.spec.destination.kubeconfigRef?.name ?? ""
        guard let bytes = content?["value"] ?? content?["kubeconfig"] else {
            throw KubernetesError(
                .invalidConfiguration,
                "Secret \(secret): it does not exist or has neither of the keys value and kubeconfig")
        }
        let key = SHA256Digest(of: bytes).hex
        if let known = state.withLock({ $0.remote[key] }) { return known }
        let configuration = try ClusterConfiguration(kubeconfig: bytes, trust: .data, name: "Secret \(secret)")
        let client = KubernetesClient(configuration: configuration, transport: transport, observer: observer)
        let made = ClusterSync(client: client, counters: counters, onChange: { [router] in router.route($0) })
        return state.withLock { state in
            if let known = state.remote[key] { return known }
            state.remote[key] = made
            return made
        }
    }
}
