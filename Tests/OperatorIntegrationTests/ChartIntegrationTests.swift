import FoundationEssentials
import Testing

/// The chart's objects before a real API server, and the operator with the rights that the chart gives it.
@Suite(World.isThere, Chart.canBeRendered, .serialized) struct ChartIntegrationTests {
    private func cluster(_ arguments: String..., input: String = "") throws -> String {
        try Command.run(World.kubectl, ["--kubeconfig", World.kubeconfig] + arguments, input: input)
    }

    @Test(arguments: ["default", "namespaced", "single", "full"])
    func `every object is accepted by the API server`(values: String) throws {
        let text = try Chart.render(
            "--values", "\(Chart.folder)/ci/\(values).yaml", "--namespace", "default", "--release", "chart-\(values)")
        #expect(text.contains("\"--remote-base=git.example.com:8443/platform/bases\"") == (values == "full"))
        let documents = Chart.builtIn(text)
        let kinds = documents.split(separator: "\n").filter { $0.hasPrefix("kind: ") }.count
        let answer = try cluster("apply", "--dry-run=server", "-f", "-", input: documents)
        #expect(answer.split(separator: "\n").count { $0.contains("(server dry run)") } == kinds)
    }

    @Test func `values that are wrong are refused with all their faults`() throws {
        #expect {
            try Chart.render("--set", "replicas=-1", "--set", "operator.logLevel=loud", "--set", "nonsense=1")
        } throws: { error in
            let text = "\(error)"
            return text.contains("replicas:") && text.contains("operator.logLevel:") && text.contains("nonsense")
        }
    }

    @Test func `pods run without privileges`() throws {
        let pod = try Chart.render("--only", "templates/deployment.yaml")
        for line in [
            "runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]",
            "type: RuntimeDefault",
        ] {
            #expect(pod.contains(line), "\(line)")
        }
    }

    /// Promotes and rolls back on a stage, with an operator that has the chart's service account and nothing else.
    ///
    /// - Parameter check: what else must hold while the rights are given.
    private func rehearse(_ stage: Stage, _ options: String..., check: (String) throws -> Void) async throws {
        let createsNamespace = options.isEmpty
        try await stage.untilServed()
        let account = "sluice-\(stage.namespace)"
        for template in ["serviceaccount", "rbac"] {
            // Cluster roles have no namespace, the others name theirs.
            _ = try cluster(
                "apply", "-f", "-",
                input: try Chart.render(
                    [
                        "--namespace", stage.namespace, "--set", "fullnameOverride=\(account)", "--only",
                        "templates/\(template).yaml",
                    ] + options))
        }
        defer {
            for kind in ["clusterrole", "clusterrolebinding"] {
                for name in [account, account + "-workloads"] {
                    _ = try? cluster("delete", kind, name, "--ignore-not-found", "--wait=false")
                }
            }
        }
        try stage.restart(
            kubeconfig: try stage.kubeconfig(of: account),
            flags: ["--skip-crds", "--lease-namespace", stage.namespace, "--lease-name", account])
        let dev = stage.environment("dev")
            .replacing(
                "    createNamespace: true",
                with: createsNamespace
                    ? "    createNamespace: true" : "    createNamespace: false\n    serviceAccountName: deployer")
        try await stage.applyEnvironments(["dev": dev])
        try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v2")))
        try await stage.untilPhase("promotion", "p", "Succeeded")
        try stage.apply(stage.rollback("r", of: "dev", target: "{promotion: p}"))
        try await stage.untilPhase("rollback", "r", "Succeeded")
        #expect(try stage.image("web", "dev") == "company/web:v1")
        #expect(try stage.kubectl("get", "events", "-o", "name") != "", "events can be written")
        #expect(try stage.forbidden() == [], "nothing that it tried was refused")
        try check("system:serviceaccount:\(stage.namespace):\(account)")
    }

    @Test func `the rights of a cluster-wide install suffice`() async throws {
        try await Stage.with { stage in
            try await rehearse(stage) { user in
                for (verb, resource, allowed) in [
                    ("create", "deployments.apps", true), ("create", "clusterroles.rbac.authorization.k8s.io", false),
                    ("escalate", "roles.rbac.authorization.k8s.io", false), ("delete", "namespaces", false),
                    ("create", "customresourcedefinitions.apiextensions.k8s.io", false), ("delete", "nodes", false),
                    ("impersonate", "users", false), ("impersonate", "groups", false),
                ] {
                    let may = try stage.may(user, verb, resource)
                    #expect(may == allowed, "\(verb) \(resource)")
                }
                let mayExecute = try stage.may(user, "create", "pods", subresource: "exec")
                #expect(!mayExecute)
            }
        }
    }

    @Test func `the rights of an install that only impersonates suffice, and reach no further`() async throws {
        try await Stage.with { stage in
            try stage.kubectl("create", "namespace", "\(stage.namespace)-dev")
            _ = try cluster(
                "apply", "-f", "-",
                input: """
                    apiVersion: v1
                    kind: ServiceAccount
                    metadata: {name: deployer, namespace: \(stage.namespace)}
                    ---
                    apiVersion: rbac.authorization.k8s.io/v1
                    kind: RoleBinding
                    metadata: {name: deployer, namespace: \(stage.namespace)-dev}
                    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
                    subjects: [{kind: ServiceAccount, name: deployer, namespace: \(stage.namespace)}]
                    """)
            try await rehearse(
                stage, "--values", "\(Chart.folder)/ci/namespaced.yaml", "--set", "watchNamespace=\(stage.namespace)"
            ) { user in
                for (verb, resource, place, allowed) in [
                    ("create", "deployments.apps", "\(stage.namespace)-dev", false),
                    ("list", "deployments.apps", "\(stage.namespace)-dev", true),
                    ("get", "secrets/gitops-git", stage.namespace, true),
                    ("get", "secrets/other", stage.namespace, false),
                    ("impersonate", "serviceaccounts/deployer", stage.namespace, true),
                    ("impersonate", "serviceaccounts/default", stage.namespace, false),
                    ("impersonate", "serviceaccounts/deployer", "kube-system", false),
                    ("patch", "environments.sluice.dev", "default", false), ("create", "namespaces", "default", false),
                ] {
                    let may = try stage.may(user, verb, resource, in: place)
                    #expect(may == allowed, "\(verb) \(resource) in \(place)")
                }
            }
        }
    }
}
