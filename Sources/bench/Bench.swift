internal import ArgumentParser
internal import Core
internal import HTTP
internal import KubernetesClient
internal import KubernetesModel

/// Measures this project's own parts, most against real servers; `hack/bench` runs it beside yardsticks.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the renderer, the policy, the client, the Git library and an operator.",
        subcommands: [Render.self, Judge.self, Apply.self, GitBench.self, Heal.self, Until.self])
}

/// The cluster that is measured.
struct Cluster {
    let client: KubernetesClient
    let counters = RequestCounters()

    /// The cluster of `$KUBECONFIG`.
    init() throws {
        client = KubernetesClient(
            configuration: try ClusterConfiguration.load(), transport: try CurlTransport(), observer: counters)
    }

    /// How a resource is served: `deployments.apps/v1`, `configmaps/v1`.
    func resource(_ text: String) async throws -> APIResource {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw ValidationError("a resource looks like deployments.apps/v1") }
        let names = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
        return APIResource(
            gvk: GroupVersionKind(group: names.count > 1 ? names[1] : "", version: parts[1], kind: ""),
            plural: names[0], namespaced: true)
    }
}

/// Where an object is, on the command line.
struct ObjectArguments: ParsableArguments {
    @Option(help: "The resource, as deployments.apps/v1.")
    var resource = "deployments.apps/v1"

    @Option(help: "The object's namespace.")
    var namespace: String

    @Option(help: "The object's name.")
    var name: String

    @Option(help: "The field, as a JSON pointer.")
    var pointer: String

    func parsedPointer() throws -> JSONPointer {
        guard let pointer = JSONPointer(pointer) else { throw ValidationError("a pointer looks like /spec/replicas") }
        return pointer
    }

    /// A watch on just this object, from now on.
    func watch(_ cluster: Cluster, _ resource: APIResource) async throws -> (object: Manifest, events: WatchStream) {
        let selector = ObjectSelector(namespace: namespace, fields: "metadata.name=\(name)")
        let list = try await cluster.client.listPage(resource, selector)
        guard let object = list.items.first else { throw ValidationError("there is no \(name) in \(namespace)") }
        let events = try await cluster.client.watch(
            resource, WatchOptions(selector, resourceVersion: list.resourceVersion))
        return (object, events)
    }
}
