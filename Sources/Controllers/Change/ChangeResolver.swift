package import Core
package import Git
internal import KubernetesModel
package import Kustomize
package import SluiceAPI

/// Works out what the items of a promotion mean at one commit: which files change how, and what that renders to.
package struct ChangeResolver: Sendable {
    /// The environment that is promoted into.
    package let environment: Environment
    /// All environments of its namespace by name, for `fromEnvironment`.
    package let environments: [String: Environment]
    /// The folders of apps that `path` copies from, by environment and by the app's name here.
    package let folders: [String: [String: FolderSnapshot]]

    package init(
        environment: Environment, environments: [String: Environment],
        folders: [String: [String: FolderSnapshot]] = [:]
    ) {
        self.environment = environment
        self.environments = environments
        self.folders = folders
    }

    /// - Throws: ``ChangeError`` when an item cannot be met: an unknown app, an overlay that does not render, an image
    ///   that the app does not have.
    package func resolve(
        _ spec: PromotionSpec, in tree: some FileTree, base: CommitID, cache: RenderCache,
        remote: any RemoteBases = NoRemoteBases()
    ) throws(ChangeError) -> Change {
        let path = AppPath(environment.spec.source.path)
        let apps = try discover(path, tree)
        var holdups: [Gate] = []
        var wishes: [String: AppChange.Wishes] = [:]
        for (index, item) in spec.items.enumerated() {
            try add(item, at: "spec.items[\(index)]", apps: apps, to: &wishes, holdups: &holdups)
        }
        var items: [PromotionStatus.ItemState] = []
        var edits: [String: [UInt8]] = [:]
        var removals: Set<String> = []
        var before: [Manifest] = []
        var after: [Manifest] = []
        for (app, wanted) in wishes.sorted(by: { $0.key < $1.key }) {
            let change = AppChange(
                app: app, path: path.path(of: app), wanted, render: environment.spec.render, remote: remote)
            let outcome = try change.resolve(in: tree, cache: cache)
            items += outcome.items
            edits.merge(outcome.edits) { _, new in new }
            removals.formUnion(outcome.removals)
            before += outcome.before
            after += outcome.after
        }
        return Change(
            base: base, items: items, edits: edits, removals: removals,
            diff: ChangeDiff(before: before, after: after), holdups: holdups)
    }

    private func discover(_ path: AppPath, _ tree: some FileTree) throws(ChangeError) -> [String] {
        do {
            return try path.apps(
                in: tree, environment: environment.metadata.name, include: GlobList(environment.spec.apps.include),
                exclude: GlobList(environment.spec.apps.exclude)
            ).map(\.name)
        } catch {
            throw ChangeError(RunReason.renderFailed.rawValue, "spec.source.path: \(error)")
        }
    }

    // MARK: Items

    private func add(
        _ item: PromotionSpec.Item, at field: String, apps: [String], to wishes: inout [String: AppChange.Wishes],
        holdups: inout [Gate]
    ) throws(ChangeError) {
        let globs = GlobList(item.app.isEmpty ? item.apps : [item.app])
        let matched = apps.filter { item.app.isEmpty ? globs.matches($0) : $0 == item.app }
        guard !matched.isEmpty else {
            let wanted = item.app.isEmpty ? item.apps.joined(separator: ", ") : item.app
            throw ChangeError(
                "AppNotFound", "\(field): environment \(environment.metadata.name) has no app that matches \(wanted)")
        }
        if let image = item.image {
            for app in matched { wishes[app, default: .init()].add(image, byRenderedName: false) }
            return
        }
        let source = item.path?.from ?? item.fromEnvironment
        guard let upstream = environments[source] else {
            let name = item.path == nil ? "fromEnvironment" : "path.from"
            throw ChangeError(
                RunReason.environmentNotFound.rawValue,
                "\(field).\(name): there is no environment \(source) in this namespace")
        }
        for app in matched {
            guard let live = upstream.app(app) else {
                // A release train takes the apps that are there; an app that is named must be there.
                if item.app.isEmpty { continue }
                throw ChangeError(
                    "AppNotFound", "\(field): app \(app) is not live in environment \(source)",
                    disposition: .transient)
            }
            if live.health != .healthy || live.sync != .synced {
                let state = "\(live.sync?.rawValue ?? "Unknown") and \(live.health?.rawValue ?? "Unknown")"
                holdups.append(
                    Gate(
                        name: .upstream, state: .waiting, reason: .upstreamUnhealthy,
                        message: "\(app) is \(state) in \(source)"))
            }
            if let copy = item.path {
                guard let folder = folders[source]?[app] else {
                    throw ChangeError(
                        "SourceNotReady", "\(field).path: the files of \(app) in \(source) cannot be read yet",
                        disposition: .transient)
                }
                wishes[app, default: .init()].copies.append((folder, PathSelection(copy), field))
                continue
            }
            for image in live.images.map(ImageReference.init) where !image.version.isEmpty {
                let wanted = PromotedImage(
                    name: image.name, newTag: image.digest.isEmpty ? image.tag : "", digest: image.digest)
                wishes[app, default: .init()].add(wanted, byRenderedName: true)
            }
        }
    }
}

extension Environment {
    /// What the environment says of an app that goes by this name elsewhere: where its path holds one app, it is that.
    package func app(_ name: String) -> EnvironmentStatus.App? {
        let own = spec.source.path.contains(AppPath.mark) ? name : metadata.name
        return status.apps.first { $0.name == own }
    }
}
