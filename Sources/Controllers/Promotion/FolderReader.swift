internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI

/// Reads the folders from which `path` items copy: as they are live upstream, in whatever repository that is.
struct FolderReader: Sendable {
    let context: OperatorContext

    /// The folders by environment and by the app's name in the environment that is promoted into.
    func folders(
        of spec: PromotionSpec, into target: Environment, _ environments: [String: Environment]
    ) async throws -> [String: [String: FolderSnapshot]] {
        var folders: [String: [String: FolderSnapshot]] = [:]
        for item in spec.items {
            guard let copy = item.path, let upstream = environments[copy.from],
                let source = context.sources.source(of: upstream.namespacedName)
            else { continue }
            let globs = GlobList(item.app.isEmpty ? item.apps : [item.app])
            for app in target.status.apps.map(\.name) where item.app == app || item.app.isEmpty && globs.matches(app) {
                guard folders[copy.from]?[app] == nil, let live = upstream.app(app),
                    let commit = CommitID(hex: live.revision)
                else { continue }
                let path = AppPath(upstream.spec.source.path).path(of: app)
                // Whole, for another item may want another part of it.
                folders[copy.from, default: [:]][app] = try await source.repository.withTree(of: commit) { tree in
                    try FolderSnapshot(of: path, in: tree, wants: { _ in true })
                }
            }
        }
        return folders
    }
}
