internal import FoundationEssentials
internal import HTTP

extension ClusterConfiguration {
    /// The operator's own configuration: an explicit file, else `$KUBECONFIG`, else the Pod's service account, else
    /// `~/.kube/config`. Exec plugins are allowed.
    package static func load(
        path: String? = nil, context: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(KubernetesError) -> ClusterConfiguration {
        if let path { return try load(file: path, context: context) }
        // Of a list of files the first that exists; merging several is kubectl's business.
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if let file = listed.first(where: { FileManager.default.fileExists(atPath: $0) }) ?? listed.first {
            return try load(file: file, context: context)
        }
        if context == nil, let inCluster = try inCluster(environment: environment) { return inCluster }
        guard let home = environment["HOME"] else {
            throw KubernetesError(.invalidConfiguration, "no kubeconfig: set --kubeconfig or KUBECONFIG")
        }
        return try load(file: home + "/.kube/config", context: context)
    }

    private static func load(file: String, context: String?) throws(KubernetesError) -> ClusterConfiguration {
        let bytes = try read(file, for: "the kubeconfig")
        let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        return try ClusterConfiguration(
            kubeconfig: bytes, context: context, trust: .operatorOwned(directory: directory), name: file)
    }

    /// Where a Pod finds its service account.
    static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The configuration of a Pod, or nil outside of one.
    package static func inCluster(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) throws(KubernetesError) -> ClusterConfiguration? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            FileManager.default.fileExists(atPath: directory + "/token")
        else { return nil }
        let ca = try read(directory + "/ca.crt", for: "the service account's CA")
        let namespace = FileManager.default.contents(atPath: directory + "/namespace").map {
            String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace }
        }
        let authority = host.contains(":") ? "[\(host)]" : host
        var configuration = ClusterConfiguration(
            server: "https://\(authority):\(port)", tls: HTTPTLS(caPEM: ca), proxy: .none,
            credentials: .tokenFile(directory + "/token"), namespace: namespace ?? "default")
        configuration.authorityFile = directory + "/ca.crt"
        return configuration
    }

    /// A file's bytes.
    static func read(_ path: String, for what: String) throws(KubernetesError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw KubernetesError(.invalidConfiguration, "\(path): \(what) cannot be read")
        }
        return [UInt8](data)
    }
}
