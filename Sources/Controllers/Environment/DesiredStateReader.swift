internal import Core
package import Git
internal import KubernetesClient
package import KubernetesModel
package import Kustomize
package import SluiceAPI
package import Sync

/// Renders an Environment's apps at a commit and makes of them what is wanted in the cluster.
package struct DesiredStateReader: Sendable {
    package let environment: Environment
    package let repository: GitRepository
    package let renders: RenderCache
    package let ignore: IgnoreRules

    package init(environment: Environment, repository: GitRepository, renders: RenderCache, ignore: IgnoreRules) {
        self.environment = environment
        self.repository = repository
        self.renders = renders
        self.ignore = ignore
    }

    /// What the apps render to, before the cluster was asked what it serves.
    package struct Rendered: Sendable {
        package var objects: [String: [RenderedObject]] = [:]
        package var failures: [String: String] = [:]

        /// The kinds of all objects, each once.
        package var kinds: Set<GroupVersionKind> {
            Set(objects.values.flatMap { $0.map(\.manifest.gvk) })
        }
    }

    /// Renders every app of the environment at a commit; what has not changed since an earlier commit is reused.
    ///
    /// - Throws: ``GitError``, or ``FileTreeError`` when the path does not exist in the commit.
    package func render(_ commit: CommitID) async throws -> Rendered {
        let spec = environment.spec
        let name = environment.metadata.name
        let options = RenderOptions(spec.render)
        let owner = environment.namespacedName
        return try await repository.withTree(of: commit) { [renders] tree in
            var rendered = Rendered()
            let apps = try AppPath(spec.source.path).apps(
                in: tree, environment: name, include: GlobList(spec.apps.include), exclude: GlobList(spec.apps.exclude))
            for app in apps {
                do throws(KustomizeError) {
                    let result = try renders.render(tree, path: app.path, options: options)
                    rendered.objects[app.name] = result.manifests.map { Self.object($0, environment: owner) }
                } catch {
                    rendered.failures[app.name] = error.message
                }
            }
            return rendered
        }
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
        let destination = environment.spec.destination
        for (app, objects) in rendered.objects {
            let namespace = destination.namespace(of: app)
            desired.versions[app] = EnvironmentObservation.AppVersion(
                revision: commit,
                desired: DesiredApp(
                    name: app, revision: commit.hex, rendered: objects, environment: environment.namespacedName,
                    namespace: namespace, kinds: kinds, scope: ScopePolicy(destination, namespace: namespace),
                    ignore: ignore))
        }
        return desired
    }
}

extension EnvironmentSpec.Destination {
    /// The namespace of an app: `{app}` in the template stands for its name.
    package func namespace(of app: String) -> String {
        namespace.replacing(AppPath.mark, with: app)
    }
}
