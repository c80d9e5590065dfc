internal import Core
internal import Git
internal import KubernetesModel
internal import Kustomize
internal import SluiceAPI
internal import Sync

/// Finds which apps of an environment a rollback touches, and which versions it takes out of service.
struct RollbackScope: Sendable {
    let environment: Environment
    let repository: GitRepository
    let renders: RenderCache
    let bases: RemoteBaseStore

    /// - Throws: ``ChangeError`` where nothing of the environment is touched; ``GitError``.
    func change(_ target: RollbackResolver.Target, only: [String], head: CommitID) async throws -> RollbackChange {
        let restoreFrom: CommitID
        var touched: Set<String> = []
        let known = try await apps(at: head)
        if let commit = target.restoreFrom {
            restoreFrom = commit
            touched = try await differing(known, commit, head)
        } else {
            guard let oldest = target.commits.last, let parent = try await repository.commitInfo(oldest).parents.first
            else {
                throw ChangeError("NothingToRevert", "\(target.what) is the first commit; there is nothing before it")
            }
            restoreFrom = parent
            for commit in target.commits {
                guard let parent = try await repository.commitInfo(commit).parents.first else { continue }
                touched.formUnion(try await differing(known, parent, commit))
            }
        }
        let wanted = GlobList(only.isEmpty ? ["*"] : only)
        let apps = known.filter { touched.contains($0.name) && wanted.matches($0.name) }
        guard !apps.isEmpty else {
            throw ChangeError(
                "NothingToRevert",
                "\(target.what) changed nothing in environment \(environment.metadata.name)"
                    + (only.isEmpty ? "" : " for \(only.joined(separator: ", "))"))
        }
        let names = apps.map(\.name)
        let now = try await versions(apps, at: head)
        let before = try await versions(apps, at: restoreFrom)
        return RollbackChange(
            base: head, commits: target.commits, restoreFrom: restoreFrom, paths: apps.map(\.path), apps: names,
            vetoes: RollbackResolver.vetoes(apps: names, now: now, before: before), what: target.what)
    }

    private func apps(at commit: CommitID) async throws -> [AppPath.App] {
        let spec = environment.spec
        let name = environment.metadata.name
        return try await repository.withTree(of: commit) { tree in
            try AppPath(spec.source.path).apps(
                in: tree, environment: name, include: GlobList(spec.apps.include), exclude: GlobList(spec.apps.exclude))
        }
    }

    /// The apps whose folders are not the same in two commits.
    private func differing(_ apps: [AppPath.App], _ a: CommitID, _ b: CommitID) async throws -> Set<String> {
        let old = try await folders(apps, at: a)
        let new = try await folders(apps, at: b)
        return Set(apps.map(\.name).filter { old[$0] != new[$0] })
    }

    private func folders(_ apps: [AppPath.App], at commit: CommitID) async throws -> [String: ContentID] {
        try await repository.withTree(of: commit) { tree in
            var ids: [String: ContentID] = [:]
            for app in apps { ids[app.name] = try tree.resolve(app.path)?.id }
            return ids
        }
    }

    /// The versions of the images that each app runs at a commit; one that does not render there has none.
    ///
    /// - Throws: ``KustomizeError`` where a remote base is not here yet, for then it is not known what they are.
    private func versions(_ apps: [AppPath.App], at commit: CommitID) async throws -> [String: [String]] {
        let options = RenderOptions(environment.spec.render)
        return try await bases.rendering(for: environment.namespacedName, beside: repository) { remote in
            try await repository.withTree(of: commit) { [renders] tree in
                var versions: [String: [String]] = [:]
                for app in apps {
                    let result: RenderResult
                    do throws(KustomizeError) {
                        result = try renders.render(tree, path: app.path, options: options, remote: remote)
                    } catch {
                        if error.code == .remoteUnavailable { throw error }
                        continue
                    }
                    let images = Set(result.manifests.flatMap { WorkloadImages.of($0.manifest) })
                    versions[app.name] = images.map { ImageReference($0).version }.filter { !$0.isEmpty }.sorted()
                }
                return versions
            }
        }
    }
}
