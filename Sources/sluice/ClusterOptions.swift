import ArgumentParser
import Core
import HTTP
import KubernetesClient
import KubernetesModel
import SluiceAPI

/// Which cluster.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "A kubeconfig; by default $KUBECONFIG, ~/.kube/config, or the pod's service account.")
    var kubeconfig: String?

    @Option(help: "The context of the kubeconfig.")
    var context: String?

    func client() throws -> KubernetesClient {
        let configuration = try ClusterConfiguration.load(path: kubeconfig, context: context)
        return KubernetesClient(configuration: configuration, transport: try CurlTransport())
    }
}

/// Which cluster, and where in it.
struct ClusterOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions

    @Option(name: [.short, .long], help: "The namespace; by default the context's.")
    var namespace: String?

    func client() throws -> KubernetesClient { try connection.client() }

    func namespace(_ client: KubernetesClient) -> String {
        if let namespace { return namespace }
        return client.defaultNamespace.isEmpty ? "default" : client.defaultNamespace
    }
}

extension KubernetesClient {
    /// All objects of one of this project's kinds in a namespace, sorted by name.
    func all<R: CustomResource>(_ type: R.Type, in namespace: String) async throws -> [R] {
        let resource = try await resource(for: R.gvk)
        let manifests = try await list(resource, ObjectSelector(namespace: namespace))
        return try manifests.map { try R(manifest: $0) }.sorted { $0.metadata.name < $1.metadata.name }
    }

    /// One object of this project's kinds.
    func one<R: CustomResource>(_ type: R.Type, _ name: String, in namespace: String) async throws -> R {
        let resource = try await resource(for: R.gvk)
        guard let manifest = try await getIfPresent(resource, namespace: namespace, name: name) else {
            throw Failure.found("\(R.kind.lowercased()) \(name) does not exist in namespace \(namespace)")
        }
        return try R(manifest: manifest)
    }
}
