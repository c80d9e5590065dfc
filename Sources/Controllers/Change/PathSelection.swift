package import SluiceAPI

/// Which paths of a folder a path promotion copies: those that are included, all where none is, without the excluded.
///
/// | include     | exclude           | `config/a.yaml` | `replicas.yaml` | `configs` |
/// |-------------|-------------------|-----------------|-----------------|-----------|
/// |             | `replicas.yaml`   | yes             | no              | yes       |
/// | `config/`   |                   | yes             | no              | no        |
/// | `config`    | `config/a.yaml`   | no              | no              | no        |
package struct PathSelection: Sendable, Hashable {
    private let include: [String]
    private let exclude: [String]

    package init(_ copy: PromotionSpec.PathCopy) {
        include = copy.include.map(Self.plain)
        exclude = copy.exclude.map(Self.plain)
    }

    package func contains(_ path: String) -> Bool {
        func covers(_ pattern: String) -> Bool { pattern.isEmpty || path == pattern || path.hasPrefix(pattern + "/") }
        return (include.isEmpty || include.contains(where: covers)) && !exclude.contains(where: covers)
    }

    /// A path without `.` and slashes that say nothing; empty for the folder itself.
    private static func plain(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
