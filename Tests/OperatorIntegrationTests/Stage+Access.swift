import FoundationEssentials

extension Stage {
    /// A kubeconfig with the token of a service account of this stage's namespace, and no other right.
    func kubeconfig(of account: String) throws -> String {
        let request = try kubectl(
            ["create", "--raw", "/api/v1/namespaces/\(namespace)/serviceaccounts/\(account)/token", "-f", "-"],
            input: #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}"#
        )
        guard let start = request.firstRange(of: #""token":""#) else {
            throw Failure(description: "no token for \(account): \(request.prefix(200))")
        }
        let token = String(request[start.upperBound...].prefix { $0 != "\"" })
        let path = folder + "/\(account).kubeconfig"
        let cluster = try kubectl(
            "config", "view", "--minify", "--raw", "--flatten", "-o", "jsonpath={.clusters[0].cluster}")
        try Files.write(
            """
            {"apiVersion": "v1", "kind": "Config", "current-context": "c",
             "clusters": [{"name": "c", "cluster": \(cluster)}],
             "users": [{"name": "u", "user": {"token": "\(token)"}}],
             "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}
            """, to: path)
        return path
    }

    /// Whether somebody may do something, as the API server's own authorization says.
    func may(
        _ user: String, _ verb: String, _ resource: String, subresource: String? = nil, in place: String? = nil
    ) throws -> Bool {
        // Its status is 1 for no.
        let answer = try Command.run(
            "sh",
            [
                "-c", #""$@" 2>/dev/null || :"#, "may", World.kubectl, "--kubeconfig", World.kubeconfig, "auth",
                "can-i",
                verb, resource, "--as", user, "--namespace", place ?? namespace,
            ] + (subresource.map { ["--subresource", $0] } ?? []))
        return answer.split(separator: "\n").last == "yes"
    }

    /// The series of the operator's requests that the API server refused for want of rights.
    func forbidden() throws -> [String] {
        try sluice.metrics().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("sluice_api_requests_total{") && ($0.contains(#"code="403""#) || $0.contains(#"code="401""#))
        }
    }
}
