internal import ControllerRuntime
package import Core
internal import Git
package import HTTP
package import KubernetesClient
internal import KubernetesModel
internal import Kustomize
package import SluiceAPI
package import Sync

/// What a sync of an Environment would change in its cluster, asked with the rights of whoever runs it; nothing is
/// changed.
package struct EnvironmentDiff: Sendable {
    /// One app's share.
    package struct App: Sendable {
        package let name: String
        package let diff: ObjectDiff
        /// Why the app, or an object of it, cannot be compared.
        package let problems: [String]
    }

    private let environment: Environment
    private let client: KubernetesClient
    private let transport: any HTTPTransport
    private let reader: DesiredStateReader

    /// - Parameters:
    ///   - client: of the cluster that holds the Environment.
    ///   - bases: what may be read of other repositories.
    /// - Throws: ``SyncError`` for a rule of `ignoreDifferences` that cannot be read.
    package init(
        _ environment: Environment, client: KubernetesClient, transport: any HTTPTransport, bases: RemoteBaseStore
    ) throws(SyncError) {
        self.environment = environment
        self.client = client
        self.transport = transport
        reader = DesiredStateReader(
            environment: environment, renders: RenderCache(), ignore: try IgnoreRules(environment.spec.sync),
            bases: bases)
    }

    /// Compares with a directory on disk, the root of a work tree. Remote bases are read without credentials.
    package func local(root: String, apps: GlobList) async throws -> [App] {
        let rendered = try await reader.bases.rendering(for: nil, beside: nil) { remote in
            try reader.render(DirectoryFileTree(root: root), remote: remote)
        }
        return try await compare(rendered, revision: "", apps)
    }

    /// Compares with Git; the Environment's own credentials are read from its Secret.
    ///
    /// - Parameter revision: a branch, a tag or a commit; nil for what the Environment follows.
    package func remote(revision: String?, apps: GlobList) async throws -> [App] {
        let source = environment.spec.source
        var credentials = GitCredentials.anonymous
        if let name = source.credentialsRef?.name {
            credentials = try GitCredentials(data: try await secret(name).data, secret: name)
        }
        return try await TemporaryMirror.with(
            of: source.repository, credentials: credentials, transport: transport
        ) { repository in
            let commit =
                if let revision { try await repository.fetch(revision: revision) } else {
                    try await repository.fetch(try source.reference()).commit
                }
            return try await compare(try await reader.render(commit, of: repository), revision: commit.hex, apps)
        }
    }

    private func compare(
        _ rendered: DesiredStateReader.Rendered, revision: String, _ chosen: GlobList
    ) async throws -> [App] {
        let name = environment.namespacedName
        let cluster = ClusterSync(
            client: try await target(), selector: "\(Label.environment)=\(TrackingID.label(for: name))")
        defer { cluster.index.forget(name) }
        let kinds = try await cluster.kinds(rendered.kinds)
        let desired = rendered.objects.map { reader.app($0.key, $0.value, revision: revision, kinds: kinds) }
        let wanted = Set(desired.flatMap { $0.objects.map(\.key) })
        let known = Set(environment.status.managedKinds.compactMap { GroupVersionKind($0) })
        try await cluster.index.setRules(reader.ignore, for: name)
        cluster.index.claim(wanted, for: name)
        try await cluster.index.watch(rendered.kinds.union(known), for: name)
        let departed = cluster.index.apps(of: name).subtracting(rendered.objects.keys)
            .subtracting(rendered.failures.keys).map { DesiredApp(nothingOf: $0, revision: revision) }
        var apps: [App] = []
        for app in desired + departed where chosen.matches(app.name) {
            let request = SyncRequest(
                environment: name, app: app, wanted: wanted, policy: SyncPolicy(environment.spec.sync),
                options: ApplyOptions(environment.spec.sync))
            let (diff, errors) = await cluster.diff(request)
            apps.append(App(name: app.name, diff: diff, problems: errors.map(\.message)))
        }
        for (app, failure) in rendered.failures where chosen.matches(app) {
            apps.append(App(name: app, diff: ObjectDiff(before: [], after: []), problems: [failure]))
        }
        return apps.sorted { $0.name < $1.name }
    }

    /// A client of the cluster that the Environment deploys to.
    private func target() async throws -> KubernetesClient {
        guard let name = environment.spec.destination.kubeconfigRef?.name else { return client }
        return KubernetesClient(
            configuration: try ClusterConfiguration(kubeconfigOf: try await secret(name), secret: name),
            transport: transport)
    }

    private func secret(_ name: String) async throws -> ReferenceContent {
        ReferenceContent(
            try await client.get(.secrets, namespace: environment.metadata.namespace, name: name))
    }
}
