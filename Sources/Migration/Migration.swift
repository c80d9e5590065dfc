package import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Turns what Argo CD and Flux call an application into Environments, and names everything that they cannot say.
///
/// Pure: documents in, Environments and notes out. Nothing is dropped in silence: each field of the input is either
/// carried over or named in a note. An Environment whose source asks for something that changes *what* is deployed and
/// cannot be carried over comes out suspended, so that applying it does no harm.
package enum Migration {
    package struct Options: Sendable, Hashable {
        /// The namespace of the Environments; empty to leave it to whoever applies them.
        package var namespace = ""
        /// The Secret with the credentials for Git; empty for none.
        package var credentials = ""
        /// Makes one Environment of each application, where those of one stage would otherwise share one.
        package var separate = false

        package init() {}
    }

    package struct Result: Sendable, Hashable {
        /// In the order in which their applications were given.
        package let environments: [Manifest]
        package let notes: [ImportNote]
    }

    /// Converts Applications, with the AppProjects that they belong to.
    package static func argo(_ documents: [Manifest], options: Options = Options()) -> Result {
        convert(documents, options, importer: ArgoImporter())
    }

    /// Converts Kustomizations, with the GitRepositories that they refer to.
    package static func flux(_ documents: [Manifest], options: Options = Options()) -> Result {
        convert(documents, options, importer: FluxImporter())
    }

    private static func convert(_ documents: [Manifest], _ options: Options, importer: some Importer) -> Result {
        var notes: [ImportNote] = []
        let drafts = importer.drafts(of: ImportedObject.all(in: documents), &notes)
        let stages = StageFinder(separate: options.separate).stages(of: drafts)
        var environments: [Manifest] = []
        for stage in stages {
            var environment = Environment(
                metadata: ObjectMeta(name: stage.name, namespace: options.namespace), spec: stage.spec)
            if !options.credentials.isEmpty {
                environment.spec.source.credentialsRef = LocalReference(name: options.credentials)
            }
            notes += stage.notes
            let manifest = environment.withoutDefaults
            notes += Policy.validate(manifest: manifest, strict: true).map {
                ImportNote(
                    .leftOut, stage.members[0].origin, "", "Environment \(stage.name) is not valid yet: \($0.message)")
            }
            environments.append(manifest)
        }
        return Result(environments: environments, notes: notes.sorted { $0.document < $1.document })
    }
}

/// Reads the objects of one tool.
protocol Importer {
    /// One draft for each application that can be converted.
    func drafts(of objects: [ImportedObject], _ notes: inout [ImportNote]) -> [EnvironmentDraft]
}
