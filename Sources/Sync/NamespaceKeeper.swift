internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Creates the namespaces of destinations, each once.
actor NamespaceKeeper {
    /// Not the manager of synced objects: a Namespace may be among these too, with other fields.
    static let manager = "sluice-namespace"

    private let client: KubernetesClient
    private var done: [String: NamespaceSetup] = [:]
    private var running: [String: Task<Result<Void, KubernetesError>, Never>] = [:]

    init(client: KubernetesClient) {
        self.client = client
    }

    /// Returns once the namespace is there, with its labels and annotations.
    func ensure(_ setup: NamespaceSetup) async throws(KubernetesError) {
        if done[setup.name] == setup { return }
        if let task = running[setup.name] {
            try await task.value.get()
            if done[setup.name] == setup { return }
        }
        let task = Task { [client] () -> Result<Void, KubernetesError> in
            do throws(KubernetesError) {
                _ = try await client.apply(.namespaces, setup.manifest, fieldManager: NamespaceKeeper.manager)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        running[setup.name] = task
        let result = await task.value
        running[setup.name] = nil
        if case .success = result { done[setup.name] = setup }
        try result.get()
    }

    /// Whether this very setup was made already.
    func isDone(_ setup: NamespaceSetup) -> Bool { done[setup.name] == setup }

    /// Forgets a namespace that turned out to be missing.
    func forget(_ name: String) { done[name] = nil }
}
