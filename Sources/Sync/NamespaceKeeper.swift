internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Creates the namespaces of destinations, each once.
actor NamespaceKeeper {
    /// Not the manager of synced objects: a Namespace may be among these too, with other fields.
    static let manager = "sluice-namespace"

    /// A namespace, and as whom it is written.
    private struct Order: Hashable {
        let setup: NamespaceSetup
        let user: String?
    }

    private let client: KubernetesClient
    private var done: [String: Order] = [:]
    private var running: [String: (order: Order, task: Task<Result<Void, KubernetesError>, Never>)] = [:]

    init(client: KubernetesClient) {
        self.client = client
    }

    /// Returns once the namespace is there, with its labels and annotations.
    ///
    /// - Parameter user: whom to impersonate where it must be written; nil for the operator itself. A namespace that is
    ///   as it shall be needs no right to write namespaces.
    func ensure(_ setup: NamespaceSetup, as user: String?) async throws(KubernetesError) {
        let order = Order(setup: setup, user: user)
        if done[setup.name] == order { return }
        if let known = running[setup.name] {
            let result = await known.task.value
            // All apps of an environment ask at the same time, and one request answers them all.
            if known.order == order { return try result.get() }
        }
        let task = Task { [client] () -> Result<Void, KubernetesError> in
            do throws(KubernetesError) {
                try await Self.write(order, client)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        running[setup.name] = (order, task)
        let result = await task.value
        if running[setup.name]?.task == task { running[setup.name] = nil }
        if case .success = result { done[setup.name] = order }
        try result.get()
    }

    private static func write(_ order: Order, _ client: KubernetesClient) async throws(KubernetesError) {
        var acting = client
        if let user = order.user {
            if let live = try await client.getIfPresent(.namespaces, namespace: nil, name: order.setup.name),
                live.deletionTimestamp == nil, carries(live, order.setup)
            {
                return
            }
            acting = try client.impersonating(user: user)
        }
        _ = try await acting.apply(.namespaces, order.setup.manifest, fieldManager: manager)
    }

    private static func carries(_ live: Manifest, _ setup: NamespaceSetup) -> Bool {
        setup.labels.allSatisfy { live.label($0.key) == $0.value }
            && setup.annotations.allSatisfy { live.annotation($0.key) == $0.value }
    }

    /// Looks at a namespace anew the next time: something in it could not be written, and it may be gone.
    func forget(_ name: String) { done[name] = nil }
}
