internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Creates the namespaces of destinations, each once.
actor NamespaceKeeper {
    /// Not the manager of synced objects: a Namespace may be among these too, with other fields.
    static let manager = "sluice-namespace"

    private let client: KubernetesClient
    private var done: [String: NamespaceSetup] = [:]
    private var running: [String: (setup: NamespaceSetup, task: Task<Result<Void, KubernetesError>, Never>)] = [:]

    init(client: KubernetesClient) {
        self.client = client
    }

    /// Returns once the namespace is there, with its labels and annotations.
    func ensure(_ setup: NamespaceSetup) async throws(KubernetesError) {
        if done[setup.name] == setup { return }
        if let known = running[setup.name] {
            let result = await known.task.value
            // All apps of an environment ask at the same time, and one request answers them all.
            if known.setup == setup { return try result.get() }
        }
        let task = Task { [client] () -> Result<Void, KubernetesError> in
            do throws(KubernetesError) {
                _ = try await client.apply(.namespaces, setup.manifest, fieldManager: NamespaceKeeper.manager)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        running[setup.name] = (setup, task)
        let result = await task.value
        if running[setup.name]?.task == task { running[setup.name] = nil }
        if case .success = result { done[setup.name] = setup }
        try result.get()
    }

    /// Whether this very setup was made already.
    func isDone(_ setup: NamespaceSetup) -> Bool { done[setup.name] == setup }

    /// Forgets a namespace that turned out to be missing.
    func forget(_ name: String) { done[name] = nil }
}
