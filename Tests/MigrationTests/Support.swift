import KubernetesModel
import Migration
import SluiceAPI
import YAML

/// The documents of a text.
func manifests(_ yaml: String) throws -> [Manifest] {
    try YAML.documents(parsing: Array(yaml.utf8)).map { Manifest(try $0.json(.goYAML3)) }
}

/// A note without its place, one line.
func line(_ note: ImportNote) -> String {
    let field = note.field.isEmpty ? "" : "\(note.field): "
    return "\(note.severity.rawValue): \(note.subject): \(field)\(note.text)"
}

extension Migration.Result {
    /// The notes of what is lost.
    var leftOut: [String] { notes.filter { $0.severity == .leftOut }.map { "\($0.field): \($0.text)" } }

    /// The only Environment, typed.
    func onlyEnvironment() throws -> Environment? {
        guard environments.count == 1 else { return nil }
        return try Environment(manifest: environments[0])
    }
}

/// An Application with a source that can be followed, in the project `default`, and more of its spec.
func application(_ more: String = "", name: String = "web", path: String = "deploy/web") -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: \(name), namespace: argocd}
    spec:
      project: default
      source: {repoURL: "https://git.example.com/a.git", targetRevision: main, path: \(path)}
      destination: {server: "https://kubernetes.default.svc", namespace: web}
    \(more.split(separator: "\n").map { "  \($0)\n" }.joined())
    """
}

/// A project `p` that allows everything but what is said, and an Application `web` in it.
func project(_ spec: String, application more: String = "") -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: AppProject
    metadata: {name: p, namespace: argocd}
    spec:
      sourceRepos: ["*"]
    \(spec.split(separator: "\n").map { "  \($0)\n" }.joined())
    ---
    \(application(more).replacing("project: default", with: "project: p"))
    """
}
