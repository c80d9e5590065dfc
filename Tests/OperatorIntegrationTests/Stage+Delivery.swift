import Testing

/// Promotions, approvals and Environments as commits to a delivery folder, which one Environment brings to the cluster.
extension Stage {
    /// Puts a delivery folder into the repository, and the one Environment over it into the cluster.
    func deliver(_ environments: [String: String]) async throws {
        try write("delivery/allowed_signers", try allowedSigners())
        try write("delivery/groups", "sre: carol dave")
        for (name, yaml) in environments { try write("delivery/environment-\(name).yaml", yaml) }
        try kustomizeDelivery(environments.keys.map { "environment-\($0).yaml" })
        try commit("Deliver", by: "alice")
        try await untilServed()
        try applyDelivery()
        for name in environments.keys { try await untilPhase("environment", name, "Ready") }
    }

    /// The one Environment that is applied by hand: it brings all others.
    func applyDelivery() throws {
        try apply(
            """
            apiVersion: sluice.dev/v1alpha1
            kind: Environment
            metadata: {name: delivery}
            spec:
              source: {repository: "\(url)", path: delivery, interval: 2s, credentialsRef: {name: gitops-git}}
              destination: {namespace: \(namespace), allowedNamespaces: [\(namespace)]}
            """)
    }

    private func kustomizeDelivery(_ files: [String]) throws {
        try write(
            "delivery/kustomization.yaml",
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            generatorOptions: {disableNameSuffixHash: true}
            configMapGenerator:
            - name: allowed-signers
              files: [allowed_signers, groups]
            resources:
            \(files.sorted().map { "- \($0)" }.joined(separator: "\n"))
            """)
    }

    /// Commits an object of the delivery folder.
    func add(_ file: String, _ yaml: String, by person: String) throws {
        try pull()
        try write("delivery/\(file)", yaml)
        let list = Files.read("\(work)/delivery/kustomization.yaml")
        if !list.contains("- \(file)") { try write("delivery/kustomization.yaml", list + "- \(file)") }
        try commit("Change \(file)", by: person)
    }

    func approve(
        _ name: String, by person: String, decision: String = "Approve", signed: Bool = true,
        digest: String? = nil
    ) throws {
        let digest = try digest ?? field("promotion", name, ".status.planDigest")
        try pull()
        let file = "delivery/\(name).yaml"
        var text = Files.read("\(work)/\(file)")
        if !text.contains("approvals:") { text += "  approvals:\n" }
        text += "  - {user: \(person), decision: \(decision), planDigest: \"\(digest)\"}"
        try write(file, text)
        try commit("\(decision) \(name)", by: person, signed: signed)
    }

    func records(_ name: String) throws -> [String] {
        try kubectl(
            "get", "promotion", name, "-o",
            "jsonpath={range .status.approvals.records[*]}{.user} {.valid}{\"\\n\"}{end}"
        ).split(separator: "\n").map(String.init)
    }
}
