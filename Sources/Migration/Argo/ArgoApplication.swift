import Core
import KubernetesModel
import SluiceAPI

/// Reads one Application.
struct ArgoApplication {
    /// Argo CD's own cluster.
    private static let ownServer = "https://kubernetes.default.svc"
    private static let ownName = "in-cluster"

    private let object: ImportedObject
    private let projects: [String: ArgoProject]
    private var spec = EnvironmentSpec(source: EnvironmentSpec.Source(repository: "", path: ""))

    /// Nil for one that cannot be converted at all; the notes say why.
    static func draft(
        of object: ImportedObject, _ projects: [String: ArgoProject], _ notes: inout [ImportNote]
    ) -> EnvironmentDraft? {
        var application = ArgoApplication(object: object, projects: projects)
        application.metadata(&notes)
        return object.readSpec(&notes) { application.read(&$0) }
    }

    private init(object: ImportedObject, projects: [String: ArgoProject]) {
        self.object = object
        self.projects = projects
    }

    private mutating func metadata(_ notes: inout [ImportNote]) {
        if object.manifest.finalizers.contains(where: { $0.hasPrefix("resources-finalizer.argocd.argoproj.io") }) {
            spec.deletionPolicy = .prune
        }
        for key in object.manifest.annotations.keys.sorted() {
            let why: String? =
                switch key {
                case _ where key.hasPrefix("notifications.argoproj.io/"):
                    "notifications are not taken over"
                case _ where key.hasPrefix("argocd-image-updater.argoproj.io/"):
                    "new images come by Promotions or by commits of your pipeline"
                case Annotation.argoSyncWave: "Environments are not ordered among themselves; see spec.upstream"
                default: nil
                }
            if let why {
                let field = object.path / "metadata" / "annotations" / key
                notes.append(ImportNote(.leftOut, object, field.description, why))
            }
        }
    }

    private mutating func read(_ reader: inout FieldReader) -> EnvironmentDraft? {
        let project = reader.string("project")
        if let list = reader.take("sources")?.arrayValue {
            guard list.count == 1, !reader.has("source") else {
                reader.leftOut("sources", "several sources in one Application: nothing of it is converted")
                return abandon(&reader)
            }
            var only = FieldReader(["source": list[0]], at: reader.path)
            return read(&reader, source: &only, project: project)
        }
        var only = FieldReader(reader.take("source").map { ["source": $0] } ?? [:], at: reader.path)
        return read(&reader, source: &only, project: project)
    }

    private mutating func read(
        _ reader: inout FieldReader, source: inout FieldReader, project: String
    ) -> EnvironmentDraft? {
        let namesSource = source.has("source")
        var argo = ArgoSource()
        let isUsable = source.object("source") { argo.read(&$0) } ?? false
        reader.absorb(&source)
        guard isUsable else {
            // What cannot be rendered was told already.
            if !namesSource { reader.leftOut("source", "there is no source in Git: nothing of it is converted") }
            return abandon(&reader)
        }
        spec.source = argo.spec
        spec.render = argo.render
        let cluster = reader.object("destination") { destination(&$0) } ?? Cluster()
        spec.sync = ArgoSyncPolicy.manual
        let policy = reader.object("syncPolicy") { ArgoSyncPolicy(&$0) } ?? ArgoSyncPolicy()
        policy.write(into: &spec)
        spec.sync.ignoreDifferences = reader.objects("ignoreDifferences") { IgnoredDifference.read(&$0) }
        reader.leaveOut("info", "an Environment has no place for links and remarks; annotations do")
        reader.pass("revisionHistoryLimit")
        var draft = EnvironmentDraft(name: object.manifest.name, group: project, origin: object, spec: spec)
        restrict(&draft, cluster, project, &reader)
        if reader.isIncomplete { draft.spec.suspend = true }
        return draft
    }

    private struct Cluster {
        var server = ""
        var name = ""
    }

    private mutating func destination(_ reader: inout FieldReader) -> Cluster {
        var cluster = Cluster(server: reader.string("server"), name: reader.string("name"))
        spec.destination.namespace = reader.string("namespace")
        if spec.destination.namespace.isEmpty {
            reader.note("namespace", "objects that name no namespace go to the Environment's own")
        }
        let isOwn = cluster.server == ArgoApplication.ownServer || cluster.name == ArgoApplication.ownName
        if isOwn || (cluster.server.isEmpty && cluster.name.isEmpty) {
            return Cluster(server: ArgoApplication.ownServer, name: ArgoApplication.ownName)
        }
        let text = cluster.name.isEmpty ? cluster.server : cluster.name
        let host = text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
        let words = host.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
        spec.destination.kubeconfigRef = LocalReference(name: words.isEmpty ? "cluster" : String(words.prefix(200)))
        reader.leftOut(
            cluster.name.isEmpty ? "server" : "name",
            "make the Secret \(spec.destination.kubeconfigRef?.name ?? "") with a kubeconfig of this cluster in the key kubeconfig"
        )
        if cluster.name.isEmpty { cluster.name = cluster.server }
        return cluster
    }

    /// What the project allows.
    private func restrict(
        _ draft: inout EnvironmentDraft, _ cluster: Cluster, _ name: String, _ reader: inout FieldReader
    ) {
        guard let project = projects[name] else {
            draft.spec.destination.allowedNamespaces = ["default", ""].contains(name) ? ["*"] : []
            if !["default", ""].contains(name) {
                reader.leftOut(
                    "project",
                    "the AppProject \(name) is not among the files: only the destination's namespace is allowed, and no window holds"
                )
            }
            return
        }
        if !project.allows(repository: draft.spec.source.repository) {
            reader.leftOut("project", "the AppProject \(name) does not allow this repository")
        }
        var destination = draft.spec.destination
        destination.allowedNamespaces = project.namespaces(server: cluster.server, name: cluster.name)
        if destination.allowedNamespaces.isEmpty {
            reader.leftOut(
                "project",
                "the AppProject \(name) allows no namespace of this cluster; here the destination's own is allowed")
        }
        destination.clusterResources = project.clusterResources
        destination.namespacedResources = project.namespacedResources
        destination.orphans = project.orphans
        let account = project.serviceAccount(server: cluster.server, namespace: destination.namespace)
        destination.serviceAccountName = account.split(separator: ":").last.map(String.init) ?? ""
        if !account.isEmpty {
            reader.note(
                "project",
                "the service account \(account) must be in the Environment's namespace here, with rights in the destination's"
            )
        }
        draft.spec.destination = destination
        draft.windows = project.windows(
            application: object.manifest.name, namespace: destination.namespace, server: cluster.server,
            cluster: cluster.name)
        if !draft.windows.isEmpty, draft.spec.sync.selfHeal {
            reader.note(
                "syncPolicy",
                "drift is undone at all times, back to what was last synced; add SelfHeal to windows.operations to stop that while a window is shut"
            )
        }
    }

    /// Takes what is left, so that one note is enough.
    private func abandon(_ reader: inout FieldReader) -> EnvironmentDraft? {
        reader.passAll()
        return nil
    }
}
