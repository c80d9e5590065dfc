package import Core
internal import Git
package import HTTP
internal import Kustomize
package import Sync

/// What two renders differ in, without a cluster.
package enum TreeDiff {
    /// Compares two directories, each in a tree of its own.
    package static func between(
        _ old: (tree: DirectoryFileTree, path: String), _ new: (tree: DirectoryFileTree, path: String),
        bases: RemoteBaseStore
    ) async throws -> ObjectDiff {
        try await bases.rendering(for: nil, beside: nil) { remote in
            try ObjectDiff(
                before: Kustomize.build(old.tree, path: old.path, remote: remote).manifests.map(\.manifest),
                after: Kustomize.build(new.tree, path: new.path, remote: remote).manifests.map(\.manifest))
        }
    }

    /// Compares a directory of a local repository at a revision with a later one, or with what is on disk.
    ///
    /// - Parameters:
    ///   - root: the repository's work tree, an absolute path.
    ///   - path: the directory below it. Where one of the two does not have it, all objects of the other are new or gone.
    ///   - later: nil for the work tree as it is on disk.
    package static func between(
        _ earlier: String, _ later: String?, root: String, path: String, transport: any HTTPTransport,
        bases: RemoteBaseStore
    ) async throws -> ObjectDiff {
        try await TemporaryMirror.with(of: "file://\(root)", transport: transport) { repository in
            func objects(_ revision: String) async throws -> [RenderedManifest] {
                let commit = try await repository.fetch(revision: revision)
                return try await bases.rendering(for: nil, beside: nil) { remote in
                    try await repository.withTree(of: commit) { try Self.objects($0, path, remote) }
                }
            }
            let before = try await objects(earlier)
            let after =
                if let later { try await objects(later) } else {
                    try await bases.rendering(for: nil, beside: nil) { remote in
                        try Self.objects(DirectoryFileTree(root: root), path, remote)
                    }
                }
            return ObjectDiff(before: before.map(\.manifest), after: after.map(\.manifest))
        }
    }

    private static func objects(
        _ tree: some FileTree, _ path: String, _ remote: any RemoteBases
    ) throws -> [RenderedManifest] {
        guard try tree.resolve(path) != nil else { return [] }
        return try Kustomize.build(tree, path: path, remote: remote).manifests
    }
}
