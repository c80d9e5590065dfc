import Core
import KubernetesModel
import SluiceAPI

/// Reads one ApplicationSet (https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/).
///
/// | generator         | becomes                                                                     |
/// |-------------------|-----------------------------------------------------------------------------|
/// | `list`            | the Applications that it generates, each as if it had been given            |
/// | `git` directories | one Environment for each directory with one `*`, which is `{app}` in its path |
/// | anything else     | nothing: what it generates is known to Argo CD alone                        |
struct ArgoApplicationSet {
    private let object: ImportedObject
    private let projects: [String: ArgoProject]
    private var drafts: [EnvironmentDraft] = []

    static func drafts(
        of object: ImportedObject, _ projects: [String: ArgoProject], _ notes: inout [ImportNote]
    ) -> [EnvironmentDraft] {
        var set = ArgoApplicationSet(object: object, projects: projects)
        var more: [ImportNote] = []
        object.readSpec(&notes) { set.read(&$0, &more) }
        notes += more
        return set.drafts
    }

    private init(object: ImportedObject, projects: [String: ArgoProject]) {
        self.object = object
        self.projects = projects
    }

    private mutating func read(_ reader: inout FieldReader, _ notes: inout [ImportNote]) {
        let isGo = reader.bool("goTemplate") ?? false
        reader.pass("goTemplateOptions", "ignoreApplicationDifferences", "preservedFields")
        reader.leaveOut("strategy", "stages are promoted one after the other by spec.upstream and Promotions")
        reader.object("syncPolicy") { policy in
            policy.pass("applicationsSync")
            if policy.bool("preserveResourcesOnDeletion") != true {
                policy.note(
                    "preserveResourcesOnDeletion",
                    "Argo CD deletes what it deployed with the Application; here that is deletionPolicy: Prune")
            }
        }
        let template = reader.take("template") ?? [:]
        reader.miss("templatePatch", "write what it changes into the Environment")
        var isFiltered = false
        let generators: [(FieldPath, JSONObject)] = (reader.take("generators")?.arrayValue ?? []).enumerated().map {
            ((reader.path / "generators")[$0], $1.objectValue ?? JSONObject())
        }
        for (path, fields) in generators {
            var generator = FieldReader(fields, at: path)
            if generator.has("selector") {
                generator.miss("selector", "all that the generator gives is taken")
                isFiltered = true
            }
            for name in ["list", "git"] {
                generator.object(name) { inner in
                    if inner.has("template") {
                        inner.leftOut("template", "a template of its own: nothing of this generator is converted")
                        return inner.passAll()
                    }
                    let source = Source(template: template, isGo: isGo, path: inner.path)
                    name == "list" ? list(&inner, source, &notes) : directories(&inner, source, &notes)
                }
            }
            for kind in fields.keys where generator.has(kind) {
                generator.leftOut(
                    kind,
                    "what this generator gives is known to Argo CD alone: give the Applications (kubectl get applications -o yaml)"
                )
            }
            generator.passAll()
            reader.absorb(&generator)
        }
        if generators.isEmpty { reader.leftOut("generators", "there is none: nothing is converted") }
        if isFiltered || reader.isIncomplete {
            for index in drafts.indices { drafts[index].spec.suspend = true }
        }
    }

    /// What every generator needs to know.
    private struct Source {
        let template: JSONValue
        let isGo: Bool
        let path: FieldPath
    }

    // MARK: Generators

    private mutating func list(_ reader: inout FieldReader, _ source: Source, _ notes: inout [ImportNote]) {
        reader.miss("elementsYaml", "is computed by Argo CD")
        for element in reader.take("elements")?.arrayValue ?? [] {
            if let draft = draft(source, Self.flat(element), &notes) { drafts.append(draft) }
        }
    }

    /// `{"values": {"stage": "dev"}}` as `values.stage`.
    private static func flat(_ value: JSONValue, _ prefix: String = "") -> [String: String] {
        switch value {
        case .object(let object):
            var all: [String: String] = [:]
            for key in object.keys {
                guard let child = object[key] else { continue }
                all.merge(flat(child, prefix.isEmpty ? key : "\(prefix).\(key)")) { first, _ in first }
            }
            return all
        case .string(let text): return [prefix: text]
        case .null: return [:]
        default: return [prefix: value.jsonText]
        }
    }

    private mutating func directories(_ reader: inout FieldReader, _ source: Source, _ notes: inout [ImportNote]) {
        reader.pass("requeueAfterSeconds", "pathParamPrefix")
        if reader.has("files") {
            reader.leftOut("files", "what stands in the files is not read: give the Applications that it generated")
            return reader.passAll()
        }
        let repository = reader.string("repoURL")
        let revision = reader.string("revision")
        let values = reader.map("values")
        var excluded: [[String]] = []
        var included: [[String]] = []
        for entry in reader.take("directories")?.arrayValue ?? [] {
            let path = (entry["path"]?.stringValue ?? "").split(separator: "/").map(String.init)
            if entry["exclude"]?.boolValue ?? false { excluded.append(path) } else { included.append(path) }
        }
        for path in included {
            let shown = path.joined(separator: "/")
            let stars = path.indices.filter { path[$0].contains("*") || path[$0].contains("?") }
            guard stars.count == 1, let star = stars.first, path[star] == "*" else {
                reader.leftOut(
                    "directories", "\(shown): {app} stands for one whole folder, so it takes a path with one * in it")
                continue
            }
            var apps = path
            apps[star] = AppMark.text
            guard var draft = draft(source, Self.parameters(of: apps, values, isGo: source.isGo), &notes) else {
                continue
            }
            if draft.spec.source.repository != repository {
                reader.leftOut(
                    "repoURL", "the directories are looked for in another repository than that of the template")
                continue
            }
            if draft.spec.source.path != apps.joined(separator: "/") {
                reader.leftOut("directories", "\(shown): the template deploys another path than the one that was found")
                continue
            }
            if !revision.isEmpty, revision != "HEAD", revision != draft.spec.source.branch,
                ![draft.spec.source.tag, draft.spec.source.semver, draft.spec.source.commit].contains(revision)
            {
                reader.note("revision", "directories were looked for at \(revision); here at what the source follows")
            }
            draft.spec.apps.exclude = exclusions(excluded, of: path, star, &reader)
            draft.isStage = true
            drafts.append(draft)
        }
    }

    /// The folders that are left out, as globs over the app.
    private func exclusions(
        _ excluded: [[String]], of path: [String], _ star: Int, _ reader: inout FieldReader
    ) -> [String] {
        excluded.compactMap { other in
            let isSame = other.count == path.count && path.indices.allSatisfy { $0 == star || other[$0] == path[$0] }
            if isSame { return other[star] }
            reader.leftOut(
                "directories", "\(other.joined(separator: "/")) is excluded in a way that spec.apps.exclude cannot say")
            return nil
        }
    }

    /// What a directory with `{app}` in it gives to the template.
    private static func parameters(of path: [String], _ values: [String: String], isGo: Bool) -> [String: String] {
        var all = ["path": path.joined(separator: "/"), "path.basename": path.last ?? ""]
        all["path.basenameNormalized"] = all["path.basename"]
        for (index, folder) in path.enumerated() { all["path[\(index)]"] = folder }
        var template = ArgoTemplate(isGo: isGo, parameters: all)
        for (key, value) in values { all["values.\(key)"] = template.fill(value) }
        return all
    }

    // MARK: Applications

    /// One generated Application; nil where it cannot be converted.
    private func draft(
        _ source: Source, _ parameters: [String: String], _ notes: inout [ImportNote]
    ) -> EnvironmentDraft? {
        var template = ArgoTemplate(isGo: source.isGo, parameters: parameters)
        guard case .object(var application) = template.fill(source.template) else { return nil }
        let place = object.path / "spec" / "template"
        guard template.unknown.isEmpty else {
            let unknown = template.unknown.sorted().map { "{{\($0)}}" }.joined(separator: ", ")
            notes.append(
                ImportNote(
                    .leftOut, object, place.description,
                    "\(unknown) cannot be filled in here: nothing that \(source.path) generates is converted"))
            return nil
        }
        application["apiVersion"] = .string(object.gvk.apiVersion)
        application["kind"] = "Application"
        let generated = ImportedObject(
            document: object.document, path: place, manifest: Manifest(.object(application)))
        guard var draft = ArgoApplication.draft(of: generated, projects, &notes) else { return nil }
        let name = DashedName(draft.name).removing(AppMark.text)
        draft.name = name.isEmpty ? object.manifest.name : name
        return draft
    }
}
