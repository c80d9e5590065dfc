import Core
import KubernetesModel
import SluiceAPI

/// Argo CD: Applications and their AppProjects (https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/).
struct ArgoImporter: Importer {
    static let group = "argoproj.io"

    func drafts(of objects: [ImportedObject], _ notes: inout [ImportNote]) -> [EnvironmentDraft] {
        var projects: [String: ArgoProject] = [:]
        for object in objects where object.gvk.groupKind == GroupKind(group: ArgoImporter.group, kind: "AppProject") {
            projects[object.manifest.name] = ArgoProject(object, &notes)
        }
        var drafts: [EnvironmentDraft] = []
        for object in objects {
            switch (object.gvk.group, object.gvk.kind) {
            case (ArgoImporter.group, "AppProject"): continue
            case (ArgoImporter.group, "Application"):
                if let draft = ArgoApplication.draft(of: object, projects, &notes) { drafts.append(draft) }
            case (ArgoImporter.group, "ApplicationSet"):
                notes.append(
                    ImportNote(
                        .leftOut, object, "",
                        "is not converted: give the Applications that it generated (kubectl get applications -o yaml); those of one stage become one Environment with {app} in its path"
                    ))
            default:
                notes.append(ImportNote(.leftOut, object, "", "is neither an Application nor an AppProject"))
            }
        }
        return drafts
    }
}
