import KubernetesModel
import SluiceAPI

/// Reads an Application's source.
struct ArgoSource {
    private(set) var spec = EnvironmentSpec.Source(repository: "", path: "")
    private(set) var render = EnvironmentSpec.Render()

    /// - Returns: whether the source is something that can be rendered here.
    mutating func read(_ reader: inout FieldReader) -> Bool {
        for (key, why) in [
            ("chart", "a Helm chart: Helm is not rendered; commit what helm template writes"),
            ("helm", "Helm is not rendered; commit what helm template writes"),
            ("plugin", "plugins are not run"),
        ] where reader.has(key) {
            reader.leftOut(key, "\(why). Nothing of this Application is converted")
            reader.passAll()
            return false
        }
        spec.repository = reader.string("repoURL")
        spec.path = SourcePath.normalised(reader.string("path"))
        ArgoRevision(reader.string("targetRevision")).write(into: &spec, &reader)
        reader.object("kustomize") { kustomize(&$0) }
        reader.object("directory") { reader in
            reader.pass("recurse")
            reader.miss("jsonnet", "Jsonnet is not rendered")
            reader.miss("include", "write a kustomization.yaml that lists the files")
            reader.miss("exclude", "write a kustomization.yaml that lists the files")
        }
        reader.pass("ref", "name")
        if spec.repository.isEmpty {
            reader.leftOut("repoURL", "is missing: nothing of this Application is converted")
        }
        return !spec.repository.isEmpty
    }

    private mutating func kustomize(_ reader: inout FieldReader) {
        render.namePrefix = reader.string("namePrefix")
        render.nameSuffix = reader.string("nameSuffix")
        render.commonAnnotations = reader.map("commonAnnotations")
        if reader.bool("labelWithoutSelector") == true {
            reader.miss("commonLabels", "labels without selectors belong into the kustomization's labels")
        }
        render.commonLabels = reader.map("commonLabels")
        let images = reader.take("images")?.arrayValue ?? []
        render.images = images.compactMap { ImageText.override($0) }
        if render.images.count < images.count { reader.leftOut("images", "an entry is no image") }
        if !render.images.isEmpty {
            reader.note(
                "images",
                "goes before what promotions write: move the tags into the kustomization of the path and remove render.images"
            )
        }
        for key in ["patches", "components", "replicas", "namespace"] {
            reader.miss(key, "belongs into the kustomization of the path")
        }
        reader.pass(
            "version", "forceCommonLabels", "forceCommonAnnotations", "labelIncludeTemplates", "kubeVersion",
            "apiVersions")
    }
}

/// What a source follows, by Argo CD's rules for `targetRevision`.
///
/// | text                          | is           |
/// |-------------------------------|--------------|
/// | empty, `HEAD`                 | the branch `main`, with a note |
/// | 40 or 64 hexadecimal digits   | a commit     |
/// | `refs/heads/x`, `refs/tags/x` | that branch, that tag |
/// | `1.2.3`, `v1.2.3`             | a tag        |
/// | `1.*`, `>=1.2`, `^1`, `~1.2`  | a range      |
/// | anything else                 | a branch     |
struct ArgoRevision {
    private let text: String

    init(_ text: String) { self.text = text }

    func write(into spec: inout EnvironmentSpec.Source, _ reader: inout FieldReader) {
        let isHexadecimal = text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        if text.isEmpty || text == "HEAD" {
            reader.note("targetRevision", "HEAD is the repository's default branch: main is assumed")
        } else if isHexadecimal, text.count == 40 || text.count == 64 {
            spec.commit = text
        } else if text.hasPrefix("refs/heads/") {
            spec.branch = String(text.dropFirst("refs/heads/".count))
        } else if text.hasPrefix("refs/tags/") {
            spec.tag = String(text.dropFirst("refs/tags/".count))
        } else if text.contains(where: { "*^~<>=| ".contains($0) }) {
            spec.semver = text
        } else if isVersion {
            spec.tag = text
        } else {
            if isHexadecimal, text.count >= 7 {
                reader.leftOut(
                    "targetRevision",
                    "looks like the beginning of a commit id: write the whole of it into source.commit")
            }
            spec.branch = text
        }
    }

    private var isVersion: Bool {
        let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let core = digits.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
        return core.count == 3 && core.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
    }
}

/// Paths as an Environment has them.
enum SourcePath {
    /// Relative and without empty parts; `.` for the root.
    static func normalised(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}

/// Images as Argo CD writes them: `[name=]image[:tag][@digest]`, or an entry of a kustomization.
enum ImageText {
    static func override(_ value: JSONValue) -> ImageOverride? {
        if let text = value.stringValue { return override(text) }
        guard let name = value["name"]?.stringValue, !name.isEmpty else { return nil }
        return ImageOverride(
            name: name, newName: value["newName"]?.stringValue ?? "", newTag: value["newTag"]?.stringValue ?? "",
            digest: value["digest"]?.stringValue ?? "")
    }

    private static func override(_ text: String) -> ImageOverride? {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = sides.first, let last = sides.last else { return nil }
        let parts = last.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        var image = parts[0]
        var tag = ""
        if let colon = image.lastIndex(of: ":"), !image[colon...].contains("/") {
            tag = String(image[image.index(after: colon)...])
            image = image[..<colon]
        }
        let name = sides.count == 2 ? String(first) : String(image)
        guard !name.isEmpty, !image.isEmpty else { return nil }
        return ImageOverride(
            name: name, newName: sides.count == 2 && image != first ? String(image) : "", newTag: tag,
            digest: parts.count == 2 ? String(parts[1]) : "")
    }
}
