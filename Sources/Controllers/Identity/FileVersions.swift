package import Git
internal import KubernetesModel
package import SluiceAPI
internal import YAML

/// The versions of one object of this project's kinds in the file that holds it.
package struct FileVersions<Object: CustomResource>: Sendable {
    package struct Version: Sendable {
        package let commit: CommitInfo
        /// Nil where the file does not hold the object at that commit, or holds it malformed.
        package let object: Object?
    }

    /// How many versions of a file are looked at.
    private static var limit: Int { 200 }

    /// Newest first.
    package let versions: [Version]
    /// Whether they reach back to the file's beginning.
    package let complete: Bool

    package init(versions: [Version], complete: Bool) {
        self.versions = versions
        self.complete = complete
    }

    /// Reads the history of a file back from a commit.
    package static func read(
        _ name: String, from path: String, in repository: GitRepository, at head: CommitID
    ) async throws(GitError) -> FileVersions {
        let changes = try await repository.fileHistory(path, from: head, limit: limit)
        var versions: [Version] = []
        for change in changes {
            var object: Object?
            if let content = change.content {
                object = FileVersions.find(name, in: try await repository.contents(of: content), path: path)
            }
            versions.append(Version(commit: change.commit, object: object))
        }
        return FileVersions(versions: versions, complete: changes.count < limit)
    }

    /// The object with a name in a file, if it is there exactly once and can be read.
    private static func find(_ name: String, in bytes: [UInt8], path: String) -> Object? {
        guard let documents = try? YAML.documents(parsing: bytes, file: path) else { return nil }
        let manifests = documents.compactMap { try? $0.json(.goYAML3) }.map { Manifest($0) }
        let matching = manifests.filter { $0.gvk == Object.gvk && $0.name == name }
        guard matching.count == 1, let manifest = matching.first else { return nil }
        return try? Object(manifest: manifest)
    }

    /// Who introduced what `select` picks from the newest version, as it stands there now.
    package func introduction<Value: Equatable & Sendable>(_ select: (Object) -> Value?) -> CommitInfo? {
        guard let current = versions.first?.object.flatMap(select) else { return nil }
        return Introduction.commit(
            of: current,
            in: versions.map { Introduction.Version(commit: $0.commit, value: $0.object.flatMap(select)) },
            complete: complete)
    }

    /// The object as the newest version has it.
    package var current: Object? { versions.first?.object }
}
