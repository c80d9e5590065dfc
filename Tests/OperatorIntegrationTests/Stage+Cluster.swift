import FoundationEssentials

extension Stage {
    @discardableResult
    func kubectl(_ arguments: String...) throws -> String { try kubectl(arguments) }

    @discardableResult
    func kubectl(_ arguments: [String], input: String = "") throws -> String {
        try Command.run(
            World.kubectl, ["--kubeconfig", World.kubeconfig, "--namespace", namespace] + arguments, input: input)
    }

    /// Applies objects; those that name no namespace belong to the stage's.
    func apply(_ yaml: String) throws { try kubectl(["apply", "-f", "-"], input: yaml) }

    /// A field of an object's, as a JSONPath; nothing where the object is not there.
    func field(_ kind: String, _ name: String, _ path: String, in other: String? = nil) throws -> String {
        try kubectl([
            "--namespace", other.map { "\(namespace)-\($0)" } ?? namespace, "get", kind, name, "--ignore-not-found",
            "-o", "jsonpath={\(path)}",
        ])
    }

    func phase(_ kind: String, _ name: String) throws -> String { try field(kind, name, ".status.phase") }

    func condition(_ kind: String, _ name: String, _ type: String, _ field: String = "status") throws -> String {
        try self.field(kind, name, ".status.conditions[?(@.type==\"\(type)\")].\(field)")
    }

    /// Waits until an object has come to one of the phases, and fails at once where it ends in another.
    func untilPhase(
        _ kind: String, _ name: String, _ wanted: String..., within limit: Duration = .seconds(40)
    ) async throws {
        let ends = [
            "Failed", "Rejected", "Superseded", "Expired", "Aborted", "RolledBack", "Succeeded", "Conflict", "NoOp",
        ]
        try await eventually("\(kind) \(name) is \(wanted.joined(separator: " or "))", within: limit) {
            let phase = try self.phase(kind, name)
            if kind != "environment", !wanted.contains(phase), ends.contains(phase) {
                throw Failure(
                    description: "\(kind) \(name) is \(phase): \(try self.field(kind, name, ".status.message"))")
            }
            return wanted.contains(phase)
        }
    }

    /// The image that an app runs in an environment.
    func image(_ app: String, _ environment: String) throws -> String {
        try field("deployment", app, ".spec.template.spec.containers[0].image", in: environment)
    }

    func prepareNamespace() throws {
        try kubectl("create", "namespace", namespace)
        try secret("gitops-git", password: World.gitPassword)
    }

    func secret(_ name: String, password: String) throws {
        try apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: \(name)}
            stringData: {username: "\(World.gitUsername)", password: "\(password)"}
            """)
    }

    /// An Environment over the apps' overlays of its name, which waits but a second to see that an app stays healthy.
    ///
    /// - Parameters:
    ///   - push: `spec.source.push`, in one line.
    ///   - more: further fields of `spec`, indented by two; a verification among them replaces that wait.
    func environment(
        _ name: String, path: String? = nil, branch: String = "main", credentials: String = "gitops-git",
        interval: String = "2s", push: String = "{}", more: String = ""
    ) -> String {
        """
        apiVersion: sluice.dev/v1alpha1
        kind: Environment
        metadata:
          name: \(name)
          namespace: \(namespace)
        spec:
          source:
            repository: \(url)
            branch: \(branch)
            path: \(path ?? "apps/{app}/overlays/\(name)")
            interval: \(interval)
            credentialsRef: {name: \(credentials)}
            push: \(push)
          destination:
            namespace: \(namespace)-\(name)
            createNamespace: true
            allowedNamespaces: ["\(namespace)-\(name)"]
        \(more.contains("verification:") ? "" : "  verification: {health: {stableFor: 1s}}")
        \(more)
        """
    }

    /// Waits for the CRDs, applies environments and waits until they are Ready.
    func applyEnvironments(_ environments: [String: String]) async throws {
        try await untilServed()
        for yaml in environments.values { try apply(yaml) }
        for name in environments.keys { try await untilPhase("environment", name, "Ready") }
    }

    func untilServed() async throws {
        try await eventually("the operator has registered its CRDs") {
            Files.read(self.sluice.log).contains("Caches are in step")
        }
    }

    /// A Promotion of one app's image; `approvals` are further fields of `spec`, indented by two.
    func promotion(_ name: String, into environment: String, item: String, more: String = "") -> String {
        """
        apiVersion: sluice.dev/v1alpha1
        kind: Promotion
        metadata:
          name: \(name)
          namespace: \(namespace)
        spec:
          environment: \(environment)
          reason: CHG-123
          items:
          - \(item)
        \(more)
        """
    }

    /// The ConfigMap of a Job that no controller brings to an end.
    static let smokeTemplate = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: smoke}
        data:
          job.yaml: |
            apiVersion: batch/v1
            kind: Job
            spec:
              parallelism: 0
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: smoke, image: company/smoke}]
        """

    func image(_ app: String, tag: String) -> String {
        "{app: \(app), image: {name: company/\(app), newTag: \(tag)}}"
    }

    func rollback(_ name: String, of environment: String, target: String, more: String = "") -> String {
        """
        apiVersion: sluice.dev/v1alpha1
        kind: Rollback
        metadata:
          name: \(name)
          namespace: \(namespace)
        spec:
          environment: \(environment)
          reason: INC-7
          target: \(target)
        \(more)
        """
    }
}
