internal import Core
internal import HTTP
internal import KubernetesModel
internal import YAML

/// Whose kubeconfig it is, which decides what it may ask of this process.
package enum KubeconfigTrust: Sendable, Hashable {
    /// Given to the operator by whoever runs it: may name files and programs. Relative paths are relative to the
    /// directory.
    case operatorOwned(directory: String)
    /// Out of a Secret, written by a tenant: data only. `exec`, `auth-provider`, `insecure-skip-tls-verify`, files and
    /// proxies are refused by name.
    case data
}

extension ClusterConfiguration {
    /// Reads a kubeconfig, YAML or JSON.
    ///
    /// - Parameters:
    ///   - context: nil for `current-context`.
    ///   - name: how messages call it: a path, or `Secret shop/cluster key value`.
    package init(
        kubeconfig bytes: [UInt8], context: String? = nil, trust: KubeconfigTrust, name: String
    ) throws(KubernetesError) {
        let document: JSONValue
        do throws(YAMLError) {
            document = try YAML.document(parsing: bytes, file: name).json(.goYAML3, file: name)
        } catch {
            // Only the place: the text holds credentials.
            let place = error.line.map { " at line \($0)" } ?? ""
            throw KubernetesError(.invalidConfiguration, "\(name): the kubeconfig is not valid YAML\(place)")
        }
        self = try Kubeconfig(document: document, trust: trust, name: name).configuration(context: context)
    }
}

/// A kubeconfig while it is read.
private struct Kubeconfig {
    let document: JSONValue
    let trust: KubeconfigTrust
    let name: String

    func configuration(context wanted: String?) throws(KubernetesError) -> ClusterConfiguration {
        guard let contextName = wanted ?? document["current-context"]?.stringValue, !contextName.isEmpty else {
            throw fail("current-context is empty; set it or choose a context")
        }
        let context = try entry("contexts", "context", contextName)
        let cluster = try entry("clusters", "cluster", text(context, "cluster", of: "context \(contextName)"))
        guard let server = cluster["server"]?.stringValue, !server.isEmpty else {
            throw fail("clusters: server is missing")
        }
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw fail("clusters: server must be an https:// URL")
        }
        var tls = HTTPTLS()
        tls.caPEM = try bytes(cluster, "certificate-authority")
        tls.serverName = cluster["tls-server-name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        if cluster["insecure-skip-tls-verify"]?.boolValue == true {
            guard trust != .data else { throw refused("insecure-skip-tls-verify", "give certificate-authority-data") }
            tls.verify = false
        }
        var proxy = HTTPProxy.environment
        if let url = cluster["proxy-url"]?.stringValue, !url.isEmpty {
            guard trust != .data else { throw refused("proxy-url", "remove it") }
            proxy = .url(url)
        }
        var credentials = ClusterCredentials.none
        if let userName = context["user"]?.stringValue, !userName.isEmpty {
            let user = try entry("users", "user", userName)
            tls.clientCertificatePEM = try bytes(user, "client-certificate")
            tls.clientKeyPEM = try bytes(user, "client-key")
            guard (tls.clientCertificatePEM == nil) == (tls.clientKeyPEM == nil) else {
                throw fail("users: client-certificate and client-key belong together")
            }
            credentials = try self.credentials(user)
        }
        return ClusterConfiguration(
            server: server, tls: tls, proxy: proxy, credentials: credentials,
            namespace: context["namespace"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "default")
    }

    private func credentials(_ user: JSONValue) throws(KubernetesError) -> ClusterCredentials {
        for field in ["as", "as-uid", "as-groups", "as-user-extra"] where !(user[field]?.isNull ?? true) {
            throw fail("users: \(field) is not supported; use the Environment's serviceAccountName or impersonation")
        }
        if !(user["auth-provider"]?.isNull ?? true) { throw refused("auth-provider", "use a token or exec") }
        if let exec = user["exec"], !exec.isNull {
            guard trust != .data else { throw refused("exec", "use a token or a client certificate") }
            return .exec(try plugin(exec))
        }
        if let path = user["tokenFile"]?.stringValue, !path.isEmpty {
            guard case .operatorOwned(let directory) = trust else { throw refused("tokenFile", "use token") }
            return .tokenFile(absolute(path, directory))
        }
        if let token = user["token"]?.stringValue, !token.isEmpty { return .bearer(token) }
        if let username = user["username"]?.stringValue, !username.isEmpty {
            return .basic(user: username, password: user["password"]?.stringValue ?? "")
        }
        return .none
    }

    private func plugin(_ exec: JSONValue) throws(KubernetesError) -> ExecPlugin {
        var environment: [String: String] = [:]
        for pair in exec["env"]?.arrayValue ?? [] {
            if let name = pair["name"]?.stringValue { environment[name] = pair["value"]?.stringValue ?? "" }
        }
        var command = try text(exec, "command", of: "exec")
        if case .operatorOwned(let directory) = trust, command.contains("/") {
            command = absolute(command, directory)
        }
        return ExecPlugin(
            command: command, arguments: (exec["args"]?.arrayValue ?? []).compactMap(\.stringValue),
            environment: environment, apiVersion: try text(exec, "apiVersion", of: "exec"),
            provideClusterInfo: exec["provideClusterInfo"]?.boolValue ?? false)
    }

    /// The named entry of one of the three lists.
    private func entry(_ list: String, _ field: String, _ wanted: String) throws(KubernetesError) -> JSONValue {
        let entries = document[list]?.arrayValue ?? []
        guard let entry = entries.first(where: { $0["name"]?.stringValue == wanted }) else {
            throw fail("\(list): there is no entry named \"\(wanted)\"")
        }
        return entry[field] ?? .object(JSONObject())
    }

    private func text(_ value: JSONValue, _ field: String, of what: String) throws(KubernetesError) -> String {
        guard let text = value[field]?.stringValue, !text.isEmpty else { throw fail("\(what): \(field) is missing") }
        return text
    }

    /// PEM out of `<field>-data`, or the file `<field>`.
    private func bytes(_ value: JSONValue, _ field: String) throws(KubernetesError) -> [UInt8]? {
        if let encoded = value[field + "-data"]?.stringValue, !encoded.isEmpty {
            guard let bytes = Base64.decode(encoded) else { throw fail("\(field)-data is not base64") }
            return bytes
        }
        guard let path = value[field]?.stringValue, !path.isEmpty else { return nil }
        guard case .operatorOwned(let directory) = trust else { throw refused(field, "use \(field)-data") }
        return try ClusterConfiguration.read(absolute(path, directory), for: field)
    }

    private func absolute(_ path: String, _ directory: String) -> String {
        path.hasPrefix("/") ? path : directory + "/" + path
    }

    private func fail(_ what: String) -> KubernetesError {
        KubernetesError(.invalidConfiguration, "\(name): \(what)")
    }

    private func refused(_ field: String, _ instead: String) -> KubernetesError {
        fail("\(field) is not allowed in this kubeconfig; \(instead)")
    }
}
