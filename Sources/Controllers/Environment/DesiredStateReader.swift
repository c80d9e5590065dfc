package import Core
package import Git
internal import KubernetesClient
package import KubernetesModel
package import Kustomize
package import SluiceAPI
package import Sync

/// Renders an Environment's apps from a tree and makes of them what is wanted in the cluster.
package struct DesiredStateReader: Sendable {
    package let environment: Environment
    package let renders: RenderCache
    package let ignore: IgnoreRules
    package let bases: RemoteBaseStore

    package init(environment: Environment, renders: RenderCache, ignore: IgnoreRules, bases: RemoteBaseStore) {
        self.environment = environment
        self.renders = renders
        self.ignore = ignore
        self.bases = bases
    }

    /// What the apps render to, before the cluster was asked what it serves.
    package struct Rendered: Sendable {
        package var objects: [String: [RenderedObject]] = [:]
        package var failures: [String: String] = [:]
        /// Whether an app failed for a reason that passes: a remote base is not here yet.
        package var isPassing = false
        /// Folders where an app would be, if they were no submodules.
        package var submodules: [String] = []

        /// The kinds of all objects, each once.
        package var kinds: Set<GroupVersionKind> {
            Set(objects.values.flatMap { $0.map(\.manifest.gvk) })
        }
    }

    /// Renders every app of the environment at a commit; what has not changed since an earlier commit is reused.
    ///
    /// - Throws: ``GitError``, or ``FileTreeError`` when the path does not exist in the commit.
    package func render(_ commit: CommitID, of repository: GitRepository) async throws -> Rendered {
        try await bases.rendering(for: environment.namespacedName, beside: repository) { remote in
            try await repository.withTree(of: commit) { tree in try render(tree, remote: remote) }
        }
    }

    /// Renders every app of the environment from a tree.
    ///
    /// - Throws: ``FileTreeError`` when the path does not exist in the tree.
    package func render(_ tree: some FileTree, remote: any RemoteBases) throws -> Rendered {
        let spec = environment.spec
        let options = RenderOptions(spec.render)
        var rendered = Rendered()
        let path = AppPath(spec.source.path)
        rendered.submodules = try path.submodules(in: tree)
        let apps = try path.apps(
            in: tree, environment: environment.metadata.name, include: GlobList(spec.apps.include),
            exclude: GlobList(spec.apps.exclude))
        for app in apps {
            do throws(KustomizeError) {
                let result = try renders.render(tree, path: app.path, options: options, remote: remote)
                rendered.objects[app.name] = result.manifests.map {
                    Self.object($0, environment: environment.namespacedName)
                }
            } catch {
                rendered.failures[app.name] = error.message
                if error.code == .remoteUnavailable { rendered.isPassing = true }
            }
        }
        return rendered
    }

    /// Stamps objects of this project's own kinds with the place that they come from, which is where approvals are
    /// looked for.
    private static func object(_ rendered: RenderedManifest, environment: NamespacedName) -> RenderedObject {
        var manifest = rendered.manifest
        if manifest.gvk.group == SluiceGroup.name {
            manifest.setAnnotation(
                Annotation.origin, Origin(environment: environment, path: rendered.origin).annotation)
        }
        return RenderedObject(manifest, origin: rendered.origin)
    }

    /// What is wanted, once it is known what the cluster serves.
    package func desired(_ rendered: Rendered, at commit: CommitID, kinds: KindTable) -> EnvironmentMemory.Desired {
        var desired = EnvironmentMemory.Desired()
        desired.failures = rendered.failures
        desired.submodules = rendered.submodules
        for (app, objects) in rendered.objects {
            desired.versions[app] = EnvironmentObservation.AppVersion(
                revision: commit, desired: self.app(app, objects, revision: commit.hex, kinds: kinds))
        }
        return desired
    }

    /// What is wanted of one app.
    package func app(_ name: String, _ objects: [RenderedObject], revision: String, kinds: KindTable) -> DesiredApp {
        let destination = environment.spec.destination
        let namespace = destination.namespace(of: name)
        return DesiredApp(
            name: name, revision: revision, rendered: objects, environment: environment.namespacedName,
            namespace: namespace, kinds: kinds, scope: ScopePolicy(destination, namespace: namespace), ignore: ignore)
    }
}

extension EnvironmentSpec.Destination {
    /// The namespace of an app: `{app}` in the template stands for its name.
    package func namespace(of app: String) -> String {
        namespace.replacing(AppPath.mark, with: app)
    }
}
