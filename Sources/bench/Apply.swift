internal import ArgumentParser
internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Server-side applies of small ConfigMaps, as fast as the client and the server go.
struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Applies ConfigMaps in a namespace of its own, first new, then unchanged.",
        discussion: """
            Prints "creates RATE CPU" and "no-op applies RATE CPU": objects a second, and the client's processor time \
            in microseconds for each.
            """)

    @Option(help: "How many objects.")
    var count = 1000

    @Option(help: "How many requests are under way at once.")
    var inFlight = 32

    func validate() throws {
        guard (1...100_000).contains(count), (1...1000).contains(inFlight) else {
            throw ValidationError("the count must lie in 1...100000, the requests in flight in 1...1000")
        }
    }

    func run() async throws {
        let cluster = try Cluster()
        let namespace = "bench-\(SystemClock().now().microseconds)"
        _ = try await cluster.client.create(
            .namespaces, Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]))
        do {
            for pass in ["creates", "no-op applies"] {
                let processor = processorTime()
                let begin = ContinuousClock.now
                try await applyAll(cluster.client, namespace)
                let wall = begin.duration(to: .now).inSeconds
                let used = (processorTime() - processor).inSeconds
                print("\(pass) \(Int(Double(count) / wall)) \(Int(used / Double(count) * 1e6))")
            }
        } catch {
            _ = try? await cluster.client.delete(.namespaces, namespace: nil, name: namespace)
            throw error
        }
        try await cluster.client.delete(.namespaces, namespace: nil, name: namespace)
    }

    private func applyAll(_ client: KubernetesClient, _ namespace: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 1...count {
                if index > inFlight { try await group.next() }
                group.addTask {
                    let object = Manifest([
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": ["name": .string("c\(index)"), "namespace": .string(namespace)],
                        "data": ["n": .string(String(index))],
                    ])
                    _ = try await client.apply(.configMaps, object, fieldManager: "bench")
                }
            }
            try await group.waitForAll()
        }
    }
}
