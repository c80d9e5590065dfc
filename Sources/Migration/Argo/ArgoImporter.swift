import Core
import KubernetesModel
import SluiceAPI

/// Argo CD: Applications, ApplicationSets and their AppProjects (https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/).
struct ArgoImporter: Importer {
    static let group = "argoproj.io"

    func drafts(of objects: [ImportedObject], _ notes: inout [ImportNote]) -> [EnvironmentDraft] {
        var projects: [String: ArgoProject] = [:]
        for object in objects where object.gvk.groupKind == GroupKind(group: ArgoImporter.group, kind: "AppProject") {
            projects[object.manifest.name] = ArgoProject(object, &notes)
        }
        var drafts: [EnvironmentDraft] = []
        let given = Set(
            objects.flatMap { object in
                (object.manifest.json["metadata"]?["ownerReferences"]?.arrayValue ?? [])
                    .filter { $0["kind"] == "ApplicationSet" }.compactMap { $0["name"]?.stringValue }
            })
        for object in objects {
            switch (object.gvk.group, object.gvk.kind) {
            case (ArgoImporter.group, "AppProject"): continue
            case (ArgoImporter.group, "Application"):
                if let draft = ArgoApplication.draft(of: object, projects, &notes) { drafts.append(draft) }
            case (ArgoImporter.group, "ApplicationSet"):
                guard !given.contains(object.manifest.name) else {
                    notes.append(
                        ImportNote(.note, object, "", "the Applications that it generated are given: they are read"))
                    continue
                }
                drafts += ArgoApplicationSet.drafts(of: object, projects, &notes)
            default:
                notes.append(ImportNote(.leftOut, object, "", "is no Application, ApplicationSet or AppProject"))
            }
        }
        return drafts
    }
}
