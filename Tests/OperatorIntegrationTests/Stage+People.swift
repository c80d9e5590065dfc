import FoundationEssentials

/// People who go through the API: the webhook of a stage's operator, their permissions, their certificates.
extension Stage {
    private var operatorKubeconfig: String { folder + "/operator.kubeconfig" }

    /// Has the operator run as a service account of its own and with its admission webhook, and waits until the API
    /// server asks it. No node runs here, so the API server comes by address and not through a Service.
    func openWebhook(flags: [String] = []) async throws {
        // Servers before 1.21 do not set this label themselves.
        try kubectl("label", "namespace", namespace, "kubernetes.io/metadata.name=\(namespace)", "--overwrite")
        try await becomeServiceAccount()
        try await restartWithWebhook(flags: flags)
    }

    func restartWithWebhook(flags: [String] = []) async throws {
        try restart(
            kubeconfig: operatorKubeconfig,
            flags: ["--webhook-port", "0", "--webhook-listen", "127.0.0.1", "--webhook-host", "127.0.0.1"] + flags)
        try await eventually("the API server asks the webhook") {
            Files.read(self.sluice.log).contains("Admission webhook is reached")
        }
    }

    /// The webhook configurations are of the whole cluster: they do not go with the namespace.
    func closeWebhook() {
        sluice.terminate()
        _ = try? deleteConfigurations()
        _ = try? kubectl("delete", "clusterrolebinding", "\(namespace)-operator", "--ignore-not-found")
    }

    func deleteConfigurations() throws {
        try kubectl(
            "delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "sluice-\(namespace)",
            "--ignore-not-found")
    }

    private func becomeServiceAccount() async throws {
        try kubectl("create", "serviceaccount", "operator")
        try kubectl(
            "create", "clusterrolebinding", "\(namespace)-operator", "--clusterrole=cluster-admin",
            "--serviceaccount=\(namespace):operator")
        var token = ""
        try await eventually("the service account has a token") {
            let secret = try self.kubectl(
                "get", "secret", "-o",
                "jsonpath={.items[?(@.metadata.annotations.kubernetes\\.io/service-account\\.name==\"operator\")].data.token}"
            )
            token = Data(base64Encoded: secret).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return !token.isEmpty
        }
        try useCredentials("operator", ["--token=\(token)"], in: operatorKubeconfig)
    }

    /// A kubeconfig like the cluster's, for another user.
    private func useCredentials(_ user: String, _ credentials: [String], in file: String) throws {
        let config = try Command.run(
            World.kubectl, ["--kubeconfig", World.kubeconfig, "config", "view", "--raw", "--flatten"])
        try Files.write(config, to: file)
        try Command.run(
            World.kubectl, ["--kubeconfig", file, "config", "set-credentials", user] + credentials)
        try Command.run(World.kubectl, ["--kubeconfig", file, "config", "set-context", "--current", "--user=\(user)"])
    }

    /// Lets people write objects of this project, and some of them use its verbs on `production`.
    func permit(_ verbs: [String: [String]]) throws {
        var yaml = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: write}
            rules:
            - {apiGroups: [sluice.dev], resources: ["*"], verbs: [get, list, create, update, patch, delete]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: write}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: write}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: people}]
            """
        for (verb, users) in verbs.sorted(by: { $0.key < $1.key }) {
            let subjects = users.map { "{apiGroup: rbac.authorization.k8s.io, kind: User, name: \($0)}" }
            yaml += """

                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: \(verb)}
                rules:
                - {apiGroups: [sluice.dev], resources: [environments], resourceNames: [production], verbs: [\(verb)]}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: \(verb)}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: \(verb)}
                subjects: [\(subjects.joined(separator: ", "))]
                """
        }
        try apply(yaml)
    }

    /// kubectl as an API user in the groups people and, as far as they are, sre.
    @discardableResult
    func kubectl(as user: String, _ arguments: String..., input: String = "") throws -> String {
        let groups = ["people", "system:authenticated"] + (["alice", "carol"].contains(user) ? ["sre"] : [])
        return try kubectl(["--as", user] + groups.flatMap { ["--as-group", $0] } + arguments, input: input)
    }

    /// What the API server says where it refuses; a failure where it does not.
    func refusal(as user: String, _ arguments: String..., input: String = "") throws -> String {
        let groups = ["people", "system:authenticated"]
        do {
            let said = try kubectl(
                ["--as", user] + groups.flatMap { ["--as-group", $0] } + arguments, input: input)
            throw Failure(description: "\(user) was let through: \(arguments.joined(separator: " ")): \(said)")
        } catch let failure as Failure {
            guard !failure.description.contains("was let through") else { throw failure }
            return failure.description
        }
    }

    /// The operations of `kubectl patch promotion NAME --type=json` for one more approval; the list may not be there yet.
    func approval(of user: String, on promotion: String = "p", digest: String) throws -> String {
        let isFirst = try field("promotion", promotion, ".spec.approvals").isEmpty
        let entry = #"{"user":"\#(user)","decision":"Approve","planDigest":"\#(digest)"}"#
        return isFirst
            ? #"[{"op":"add","path":"/spec/approvals","value":[\#(entry)]}]"#
            : #"[{"op":"add","path":"/spec/approvals/-","value":\#(entry)}]"#
    }

    func records(of promotion: String) throws -> [String] {
        try kubectl(
            "get", "promotion", promotion, "-o",
            "jsonpath={range .status.approvals.records[*]}{.user} {.source} {.valid} {.invalidReason}{\"\\n\"}{end}"
        ).split(separator: "\n").map { line in line.split(separator: " ").joined(separator: " ") }.sorted()
    }

    /// A kubeconfig with a certificate that the cluster signed for a person.
    func certificate(for person: String, group: String) async throws -> String {
        let base = "\(folder)/keys/\(person)-tls"
        try Command.run(
            "openssl",
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                base + ".key", "-out", base + ".csr", "-subj", "/O=\(group)/O=people/CN=\(person)",
            ])
        let name = "\(namespace)-\(person)"
        let request = Data(Files.read(base + ".csr").utf8).base64EncodedString()
        try apply(
            """
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata: {name: \(name)}
            spec:
              request: \(request)
              signerName: kubernetes.io/kube-apiserver-client
              usages: [client auth]
            """)
        try kubectl("certificate", "approve", name)
        var signed = ""
        try await eventually("the certificate of \(person) is signed") {
            signed = try self.kubectl("get", "csr", name, "-o", "jsonpath={.status.certificate}")
            return !signed.isEmpty
        }
        try kubectl("delete", "csr", name)
        try Files.write(String(decoding: Data(base64Encoded: signed) ?? Data(), as: UTF8.self), to: base + ".crt")
        let file = base + ".kubeconfig"
        try useCredentials(
            person,
            ["--client-certificate=\(base).crt", "--client-key=\(base).key", "--embed-certs=true"], in: file)
        return file
    }
}
