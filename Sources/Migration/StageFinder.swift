import Core
import KubernetesModel
import SluiceAPI

/// Applications that become one Environment.
struct Stage {
    let name: String
    let spec: EnvironmentSpec
    let members: [EnvironmentDraft]
    let notes: [ImportNote]
}

/// Finds which applications are one stage of many apps, told apart by a folder of their paths.
///
/// `frontend-production` in `apps/frontend/overlays/production` is the app `frontend` in the stage `production`: the
/// folder is part of the application's name. It is believed where several applications say so: the same app in several
/// stages, or several apps in the same stage. What is left after that keeps an Environment of its own.
struct StageFinder {
    /// Makes one Environment of each application.
    let separate: Bool

    /// Folders that name stages or hold others, never apps.
    private static let ordinary: Set<String> = [
        "dev", "development", "test", "testing", "qa", "uat", "int", "integration", "stage", "staging", "preprod",
        "preproduction", "prod", "production", "live", "sandbox", "perf", "canary", "base", "bases", "overlay",
        "overlays", "environment", "environments", "env", "envs", "app", "apps", "cluster", "clusters", "deploy",
        "deployment", "k8s", "kubernetes", "kustomize", "manifests", "services",
    ]

    /// A draft with its app taken out of path and namespace; `app` is empty where none was found.
    private struct Member {
        var app: String
        var draft: EnvironmentDraft
        var spec: EnvironmentSpec
    }

    private struct Key: Hashable {
        let group: String
        let spec: EnvironmentSpec
        /// Told apart where nothing may be put together.
        let alone: Int?
    }

    func stages(of drafts: [EnvironmentDraft]) -> [Stage] {
        let groups = grouped(believed(drafts.map(member)))
        var wanted: [String: Int] = [:]
        for group in groups { wanted[name(of: group), default: 0] += 1 }
        var taken: Set<String> = []
        return groups.map { group in
            let short = name(of: group)
            var name = wanted[short] == 1 ? short : group[0].draft.name
            var number = 2
            while taken.contains(name) {
                name = "\(group[0].draft.name)-\(number)"
                number += 1
            }
            taken.insert(name)
            return stage(name, group)
        }
    }

    // MARK: Which app

    private func member(_ draft: EnvironmentDraft) -> Member {
        let components = draft.spec.source.path.split(separator: "/").map(String.init)
        let candidates = components.filter {
            !StageFinder.ordinary.contains($0) && $0 != draft.group && DashedName(draft.name).contains($0)
        }
        guard !separate, !draft.isStage, let app = candidates.max(by: { $0.count < $1.count }),
            components.count(where: { $0 == app }) == 1
        else { return Member(app: "", draft: draft, spec: draft.spec) }
        var spec = draft.spec
        spec.source.path = components.map { $0 == app ? "{app}" : $0 }.joined(separator: "/")
        spec.destination.namespace = DashedName(spec.destination.namespace).replacing(app, by: "{app}")
        return Member(app: app, draft: draft, spec: spec)
    }

    /// Takes back what only one application says.
    private func believed(_ members: [Member]) -> [Member] {
        var stagesOfApp: [String: Set<String>] = [:]
        var appsOfStage: [String: Set<String>] = [:]
        for member in members where !member.app.isEmpty {
            stagesOfApp[member.app, default: []].insert(member.spec.source.path)
            appsOfStage[member.spec.source.path, default: []].insert(member.app)
        }
        return members.map { member in
            let isSeen =
                (stagesOfApp[member.app]?.count ?? 0) > 1 || (appsOfStage[member.spec.source.path]?.count ?? 0) > 1
            return isSeen ? member : Member(app: "", draft: member.draft, spec: member.draft.spec)
        }
    }

    /// Members that differ in nothing but the app, in the order of the first of each.
    private func grouped(_ members: [Member]) -> [[Member]] {
        var order: [Key] = []
        var groups: [Key: [Member]] = [:]
        for (index, member) in members.enumerated() {
            var key = Key(group: member.draft.group, spec: member.spec, alone: member.app.isEmpty ? index : nil)
            if groups[key]?.contains(where: { $0.app == member.app }) == true {
                key = Key(group: key.group, spec: key.spec, alone: index)
            }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(member)
        }
        return order.compactMap { groups[$0] }
    }

    /// What is left of the application's name without the app; else the project's name, or the last folder's.
    private func name(of group: [Member]) -> String {
        let draft = group[0].draft
        guard !group[0].app.isEmpty else { return draft.name }
        let rest = DashedName(draft.name).removing(group[0].app)
        if !rest.isEmpty { return rest }
        if !draft.group.isEmpty, draft.group != "default" { return draft.group }
        return group[0].spec.source.path.split(separator: "/").last { $0 != "{app}" }.map(String.init) ?? draft.name
    }

    // MARK: Putting together

    private func stage(_ name: String, _ group: [Member]) -> Stage {
        var spec = group[0].spec
        var notes: [ImportNote] = []
        let apps = group.map(\.app)
        if apps != [""] {
            spec.apps.include = apps.sorted()
            for member in group {
                notes.append(
                    ImportNote(.note, member.draft.origin, "", "is the app \(member.app) of Environment \(name)"))
            }
        } else if name != group[0].draft.name {
            notes.append(ImportNote(.note, group[0].draft.origin, "", "is Environment \(name)"))
        }
        var reader = WindowWriter()
        for member in group { reader.add(member.draft.windows, app: member.app) }
        notes += reader.write(into: &spec, apps: apps)
        return Stage(name: name, spec: spec, members: group.map(\.draft), notes: notes)
    }
}

/// A name made of parts with dashes between them.
struct DashedName {
    let text: String

    init(_ text: String) { self.text = text }

    /// Where a text stands as whole parts.
    private func range(of part: String) -> Range<String.Index>? {
        guard !part.isEmpty else { return nil }
        return text.ranges(of: part).first { range in
            (range.lowerBound == text.startIndex || text[text.index(before: range.lowerBound)] == "-")
                && (range.upperBound == text.endIndex || text[range.upperBound] == "-")
        }
    }

    func contains(_ part: String) -> Bool { range(of: part) != nil }

    func replacing(_ part: String, by other: String) -> String {
        guard let range = range(of: part) else { return text }
        return text[..<range.lowerBound] + other + text[range.upperBound...]
    }

    /// Without the part and the dash that held it.
    func removing(_ part: String) -> String {
        replacing(part, by: "").split(separator: "-").joined(separator: "-")
    }
}
