import KubernetesModel
import SluiceAPI

/// Reads one Kustomization.
struct FluxKustomization {
    private let object: ImportedObject
    private let repositories: [NamespacedName: FluxRepository]
    private var spec = EnvironmentSpec(source: EnvironmentSpec.Source(repository: "", path: ""))

    /// Nil for one that cannot be converted at all; the notes say why.
    static func draft(
        of object: ImportedObject, _ repositories: [NamespacedName: FluxRepository], _ notes: inout [ImportNote]
    ) -> EnvironmentDraft? {
        var kustomization = FluxKustomization(object: object, repositories: repositories)
        return object.readSpec(&notes) { kustomization.read(&$0) }
    }

    private init(object: ImportedObject, repositories: [NamespacedName: FluxRepository]) {
        self.object = object
        self.repositories = repositories
    }

    private mutating func read(_ reader: inout FieldReader) -> EnvironmentDraft? {
        let namesSource = reader.has("sourceRef")
        guard let repository = reader.object("sourceRef", { source(&$0) }) ?? nil else {
            if !namesSource { reader.leftOut("sourceRef", "nothing of it is converted") }
            reader.passAll()
            return nil
        }
        spec.source = repository.source
        spec.source.path = SourcePath.normalised(reader.string("path"))
        spec.suspend = (reader.bool("suspend") ?? false) || repository.isSuspended || repository.isIncomplete
        render(&reader)
        destination(&reader)
        sync(&reader)
        // Nothing is polled but Git, so that the interval of the reconciliation has no use here.
        reader.pass("interval", "retryInterval", "wait", "persistentClient", "ignoreMissingComponents", "validation")
        if reader.isIncomplete { spec.suspend = true }
        return EnvironmentDraft(name: object.manifest.name, group: "", origin: object, spec: spec)
    }

    private func source(_ reader: inout FieldReader) -> FluxRepository? {
        let (kind, name, namespace) = (reader.string("kind"), reader.string("name"), reader.string("namespace"))
        reader.pass("apiVersion")
        guard kind == FluxImporter.repository.kind else {
            reader.leftOut(
                "kind",
                "only a GitRepository can be followed, not \(kind.isEmpty ? "nothing" : kind): nothing of it is converted"
            )
            return nil
        }
        let key = NamespacedName(
            namespace: namespace.isEmpty ? object.manifest.namespace : namespace, name: name)
        // Files to be committed often leave the namespace to a kustomization.
        let found = repositories[key] ?? repositories.first { $0.key.name == name && repositories.count == 1 }?.value
        if found == nil {
            reader.leftOut("name", "the GitRepository \(name) is not among the files: nothing of it is converted")
        }
        return found
    }

    private mutating func render(_ reader: inout FieldReader) {
        spec.render.namePrefix = reader.string("namePrefix")
        spec.render.nameSuffix = reader.string("nameSuffix")
        let images = reader.take("images")?.arrayValue ?? []
        spec.render.images = images.compactMap { ImageText.override($0) }
        if !spec.render.images.isEmpty {
            reader.note(
                "images",
                "goes before what promotions write: move the tags into the kustomization of the path and remove render.images"
            )
        }
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902", "components"] {
            reader.miss(key, "belongs into the kustomization of the path")
        }
        reader.miss("postBuild", "variables are not substituted: kustomize's replacements do that")
        reader.miss("decryption", "encrypted Secrets are not decrypted: use an operator that does so in the cluster")
        reader.leaveOut("commonMetadata", "belongs into the kustomization's labels and commonAnnotations")
    }

    private mutating func destination(_ reader: inout FieldReader) {
        spec.destination.namespace = reader.string("targetNamespace")
        if !spec.destination.namespace.isEmpty {
            reader.note("targetNamespace", "is for objects that name no namespace; Flux puts all of them there")
        }
        spec.destination.createNamespace = false
        spec.destination.allowedNamespaces = ["*"]
        spec.destination.serviceAccountName = reader.string("serviceAccountName")
        reader.object("kubeConfig") { reader in
            reader.object("secretRef") { reader in
                let key = reader.string("key")
                spec.destination.kubeconfigRef = LocalReference(name: reader.string("name"))
                if !["", "value", "kubeconfig"].contains(key) {
                    reader.note("key", "rename the Secret's key \(key) to kubeconfig")
                }
            }
            reader.miss("configMapRef", "a cloud's own identity cannot be used: make a Secret with a kubeconfig")
        }
    }

    private mutating func sync(_ reader: inout FieldReader) {
        spec.sync.prune = reader.bool("prune") ?? false
        spec.sync.pruneLast = false
        spec.sync.replaceImmutable = reader.bool("force") ?? false
        if let timeout = reader.duration("timeout"), timeout > .seconds(0) { spec.sync.timeout = timeout }
        switch reader.string("deletionPolicy") {
        case "", "MirrorPrune": spec.deletionPolicy = spec.sync.prune ? .prune : .orphan
        case "Orphan": spec.deletionPolicy = .orphan
        default: spec.deletionPolicy = .prune
        }
        reader.leaveOut(
            "dependsOn",
            "Environments do not wait for each other; waves (sluice.dev/sync-wave) order the objects of one")
        reader.leaveOut("healthChecks", "the health of every object counts here")
        reader.leaveOut(
            "healthCheckExprs",
            "health follows the kind and kstatus conventions; sluice.dev/health: Ignore leaves an object out")
    }
}
