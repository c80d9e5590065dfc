import Core
import KubernetesModel
import SluiceAPI

/// Flux: Kustomizations and their GitRepositories (https://fluxcd.io/flux/components/kustomize/kustomizations/).
struct FluxImporter: Importer {
    static let kustomization = GroupKind(group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization")
    static let repository = GroupKind(group: "source.toolkit.fluxcd.io", kind: "GitRepository")

    func drafts(of objects: [ImportedObject], _ notes: inout [ImportNote]) -> [EnvironmentDraft] {
        var repositories: [NamespacedName: FluxRepository] = [:]
        for object in objects where object.gvk.groupKind == FluxImporter.repository {
            repositories[object.manifest.namespacedName] = FluxRepository(object, &notes)
        }
        var drafts: [EnvironmentDraft] = []
        for object in objects {
            switch object.gvk.groupKind {
            case FluxImporter.repository: continue
            case FluxImporter.kustomization:
                if let draft = FluxKustomization.draft(of: object, repositories, &notes) { drafts.append(draft) }
            default:
                let why =
                    object.gvk.kind == "HelmRelease"
                    ? "Helm is not rendered: commit what helm template writes"
                    : "is neither a Kustomization nor a GitRepository"
                notes.append(ImportNote(.leftOut, object, "", why))
            }
        }
        return drafts
    }
}

/// What a GitRepository says about its Kustomizations.
struct FluxRepository {
    private(set) var source = EnvironmentSpec.Source(repository: "", path: "")
    private(set) var isSuspended = false
    private(set) var isIncomplete = false

    init(_ object: ImportedObject, _ notes: inout [ImportNote]) {
        object.readSpec(&notes) { read(&$0) }
    }

    private mutating func read(_ reader: inout FieldReader) {
        source.repository = reader.string("url")
        if let interval = reader.duration("interval") { source.interval = max(interval, .seconds(1)) }
        isSuspended = reader.bool("suspend") ?? false
        // Flux follows master where nothing is said.
        source.branch = "master"
        reader.object("ref") { reference(&$0) }
        reader.object("secretRef") { reader in
            let name = reader.string("name")
            source.credentialsRef = LocalReference(name: name)
            reader.note(
                "name",
                "in the Secret \(name) rename the keys identity to ssh-privatekey, bearerToken to token, caFile to ca.crt"
            )
        }
        reader.leaveOut("verify", "commits are verified by SSH signatures: see source.verify and its list of signers")
        reader.leaveOut("provider", "the Secret of credentialsRef must hold the credentials themselves")
        reader.leaveOut("proxySecretRef", "the operator's own HTTPS_PROXY is used")
        reader.miss("ignore", "files are left out by the kustomization, not by patterns")
        reader.miss("include", "repositories are not put together")
        reader.miss("recurseSubmodules", "submodules are not followed")
        reader.pass("timeout", "sparseCheckout", "gitImplementation")
        isIncomplete = reader.isIncomplete
    }

    private mutating func reference(_ reader: inout FieldReader) {
        let (branch, tag, semver) = (reader.string("branch"), reader.string("tag"), reader.string("semver"))
        let (commit, name) = (reader.string("commit"), reader.string("name"))
        // The order in which Flux takes them.
        if !commit.isEmpty {
            source.commit = commit
        } else if name.hasPrefix("refs/heads/") {
            source.branch = String(name.dropFirst("refs/heads/".count))
        } else if name.hasPrefix("refs/tags/") {
            source.tag = String(name.dropFirst("refs/tags/".count))
        } else if !name.isEmpty {
            reader.leftOut("name", "only refs/heads/ and refs/tags/ can be followed")
        } else if !semver.isEmpty {
            source.semver = semver
        } else if !tag.isEmpty {
            source.tag = tag
        }
        if !branch.isEmpty { source.branch = branch }
    }
}
